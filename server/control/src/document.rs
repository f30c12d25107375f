//! The API document around the resources: title, security schemes, and one error shape for all.

use std::sync::OnceLock;

use axum::{http::header, response::IntoResponse};
use patchbay_access::Permission;
use serde_json::json;
use utoipa::openapi::{
    Content, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, Type,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    schema::{ArrayItems, Schema},
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};
use utoipa::{PartialSchema, ToSchema};

use crate::kit::problem::ProblemBody;

/// The API document itself (OpenAPI 3.1), for generators of clients.
#[utoipa::path(get, path = "/v1/openapi.json", operation_id = "api_document", tag = "status", security(()),
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object)))]
pub async fn api_document() -> impl IntoResponse {
    static TEXT: OnceLock<String> = OnceLock::new();
    ([(header::CONTENT_TYPE, "application/json")], TEXT.get_or_init(crate::openapi).as_str())
}

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
    let secret = |text: &str| {
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(text)).build())
    };
    let mut document = OpenApiBuilder::new().info(info.build()).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("user", bearer("A member of a company; the scope names the permission."));
    components.add_security_scheme("api_key", secret("A program, with a key `pb_key_..` that has the scope."));
    components.add_security_scheme("seat_token", secret("A browser, with a token `pb_seat_..` of one seat."));
    components.add_security_scheme("operator", bearer("An operator of the platform."));
    let (mut name, mut schemas) = (Vec::new(), Vec::new());
    name.push(("Problem".to_owned(), ProblemBody::schema()));
    ProblemBody::schemas(&mut schemas);
    components.schemas.extend(name.into_iter().chain(schemas));
    let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    let response = ResponseBuilder::new().description("What went wrong (RFC 9457).");
    let response = response.content("application/problem+json", problem).build();
    components.responses.insert("Problem".into(), RefOr::T(response));
    crate::events::schemas::add(components);
    document
}

/// After the resources: every operation may answer with a problem, every scope that a program may have can be a key's, and every
/// create can be repeated; the document says so. That the handlers hold it is what the walk over the document tests.
pub fn finished(mut document: OpenApi) -> String {
    for item in document.paths.paths.values_mut() {
        if let Some(create) = &mut item.post
            && (create.responses.responses.contains_key("201") || begins_something(create))
            && !is_ticket(create)
        {
            create.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
        }
        let operations: [&mut Option<Operation>; 5] =
            [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            open_to_keys(operation);
        }
    }
    for (path, item) in &mut document.paths.paths {
        let reads = item.get.iter_mut().map(|operation| (operation, false));
        let changes = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten();
        for (operation, changes) in reads.chain(changes.map(|operation| (operation, true))) {
            for status in refusals(path, operation, changes) {
                let problem = RefOr::Ref(Ref::from_response_name("Problem"));
                operation.responses.responses.insert((*status).to_owned(), problem);
            }
        }
    }
    name_items(&mut document);
    let mut text = document.to_pretty_json().expect("a document of strings and lists is JSON");
    text.push('\n');
    text
}

/// Answered with 202, and yet done once.
fn begins_something(operation: &Operation) -> bool {
    operation.operation_id.as_deref() == Some("call_place")
}

/// How an operation may refuse: what the extractors before the handler and the rules in it answer. That there are no others,
/// `infra/scripts/schemathesis.sh` tries.
fn refusals(path: &str, operation: &Operation, changes: bool) -> Vec<&'static str> {
    let secured =
        operation.security.iter().flatten().any(|way| serde_json::to_value(way).is_ok_and(|way| way != json!({})));
    let parameters = operation.parameters.iter().flatten();
    let asks = parameters.filter_map(|one| if let RefOr::T(one) = one { Some(one) } else { None });
    let (mut named, mut asked) = (path.contains('{'), false);
    for one in asks {
        named |= one.parameter_in == ParameterIn::Path;
        asked |= one.parameter_in == ParameterIn::Query;
    }
    let body = operation.request_body.is_some();
    let all = [
        ("400", body || asked || changes),
        ("401", secured || changes),
        ("403", secured || changes),
        ("404", named || changes),
        ("409", changes),
        ("413", body),
        ("415", body),
        ("422", body || asked || changes),
        ("429", secured || changes || asked),
        ("default", true),
    ];
    all.into_iter().filter(|(_, may)| *may).map(|(status, _)| status).collect()
}

/// Tickets and sessions are good for seconds or are their own proof: asking again for one is right, repeating one is not.
fn is_ticket(operation: &Operation) -> bool {
    ["live_ticket", "softphone_ticket", "sign_up"].contains(&operation.operation_id.as_deref().unwrap_or_default())
}

fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Repeat the request with the same key and it is answered as before, not done again (kept for a day).",
        ))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).max_length(Some(255))))
        .build()
}

/// What a member needs a permission for, a key with that scope may do as well, unless it is for people alone.
fn open_to_keys(operation: &mut Operation) {
    let Some(ways) = &mut operation.security else { return };
    let listed: Vec<serde_json::Value> = ways.iter().filter_map(|way| serde_json::to_value(way).ok()).collect();
    let scope = listed.iter().find_map(|way| way.get("user")?.get(0)?.as_str()?.parse::<Permission>().ok());
    if let Some(scope) = scope.filter(|scope| scope.is_for_programs())
        && !listed.iter().any(|way| way.get("api_key").is_some())
    {
        ways.push(SecurityRequirement::new("api_key", [scope.to_string()]));
    }
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

crate::resource!(api_document);
