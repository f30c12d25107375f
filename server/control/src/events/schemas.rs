//! The catalogue as schemas of the API document and as the table of the reference.

use patchbay_tenancy::catalogue::{self, EventType, Field, Shape};
use utoipa::openapi::{
    Components, KnownFormat, ObjectBuilder, RefOr, SchemaFormat, Type,
    schema::{ArrayBuilder, Schema, SchemaType},
};

/// Adds `EventBody.seat.created` and so on, one for each type of event.
pub fn add(components: &mut Components) {
    for of in catalogue::ALL {
        components.schemas.insert(format!("EventBody.{}", of.kind), RefOr::T(body(of)));
    }
}

fn body(of: &EventType) -> Schema {
    let mut object = ObjectBuilder::new().description(Some(format!("Body of {}. {}", of.kind, of.about)));
    for field in of.fields() {
        object = object.property(field.name, property(field));
        if !field.optional {
            object = object.required(field.name);
        }
    }
    Schema::Object(object.build())
}

fn property(field: Field) -> Schema {
    let plain = match field.shape {
        Shape::Text | Shape::Id | Shape::Time => Type::String,
        Shape::Int => Type::Integer,
        Shape::Flag => Type::Boolean,
        Shape::Texts => {
            let text = ObjectBuilder::new().schema_type(Type::String);
            return Schema::Array(ArrayBuilder::new().items(text).build());
        }
    };
    let kind = if field.optional { SchemaType::from_iter([plain, Type::Null]) } else { SchemaType::new(plain) };
    let object = ObjectBuilder::new().schema_type(kind);
    let time = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    Schema::Object(if field.shape == Shape::Time { object.format(Some(time)) } else { object }.build())
}

/// The table of the reference (`infra/docs/events.md`), which a test compares with this.
pub fn reference() -> String {
    let mut text = String::from("| type | needs | body | when |\n|---|---|---|---|\n");
    for of in catalogue::ALL {
        let field = |field: Field| format!("`{}`{}", field.name, if field.optional { "?" } else { "" });
        let fields: Vec<String> = of.fields().map(field).collect();
        let fields = if fields.is_empty() { "-".to_owned() } else { fields.join(", ") };
        text.push_str(&format!("| `{}` | `{}` | {fields} | {} |\n", of.kind, of.needs(), of.about));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_lists_what_the_catalogue_does() {
        let page = include_str!("../../../../infra/docs/events.md");
        assert!(page.contains(&reference()), "put this into infra/docs/events.md:\n\n{}", reference());
    }
}
