//! The API document around the resources: title, security schemes, and one error shape for all.

use utoipa::openapi::{
    Content, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
    path::Operation,
    schema::{ArrayItems, Schema},
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa::{PartialSchema, ToSchema};

use crate::kit::problem::ProblemBody;

/// Before the resources.
pub fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Patchbay")
        .version("1")
        .description(Some("The API of Patchbay, a cloud call centre."));
    let bearer = |text: &str| {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(text));
        SecurityScheme::Http(scheme.build())
    };
    let mut document = OpenApiBuilder::new().info(info.build()).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("user", bearer("A member of a company; the scope names the permission."));
    components.add_security_scheme("operator", bearer("An operator of the platform."));
    let (mut name, mut schemas) = (Vec::new(), Vec::new());
    name.push(("Problem".to_owned(), ProblemBody::schema()));
    ProblemBody::schemas(&mut schemas);
    components.schemas.extend(name.into_iter().chain(schemas));
    document
}

/// After the resources: every operation may answer with a problem, and says so.
pub fn finished(mut document: OpenApi) -> String {
    for item in document.paths.paths.values_mut() {
        let operations: [&mut Option<Operation>; 5] =
            [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
            let response = ResponseBuilder::new().description("problem").content("application/problem+json", problem);
            operation.responses.responses.insert("default".into(), RefOr::T(response.build()));
        }
    }
    name_items(&mut document);
    let mut text = document.to_pretty_json().expect("a document of strings and lists is JSON");
    text.push('\n');
    text
}

/// A page's rows are written out in the generated schema; the document names them instead: `Page_Number` lists `Number`.
fn name_items(document: &mut OpenApi) {
    let schemas = document.components.iter_mut().flat_map(|components| components.schemas.iter_mut());
    for (name, schema) in schemas {
        let Some(row) = name.strip_prefix("Page_") else { continue };
        if let RefOr::T(Schema::Object(page)) = schema
            && let Some(RefOr::T(Schema::Array(list))) = page.properties.get_mut("items")
        {
            list.items = ArrayItems::RefOrSchema(Box::new(RefOr::Ref(Ref::from_schema_name(row))));
        }
    }
}
