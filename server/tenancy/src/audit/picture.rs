//! Rows as they are written into the audit log: by their columns, ids printed, secrets veiled.

use patchbay_kernel::{self as kernel, Uuid};
use ring::digest::{SHA256, digest};
use sea_orm::{EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn, Value as Cell, sea_query};
use serde_json::{Map, Value};
use time::format_description::well_known::Rfc3339;

use super::Change;

/// What stands in the stead of a secret.
pub const VEIL: &str = "(secret)";
/// Longest text of a column that is written down whole, in characters.
const LONGEST: usize = 400;
/// Longest JSON of a column that is written down whole, in bytes.
const JSON_LONGEST: usize = 4_000;
/// The company's own column, the same in all its rows.
const TENANT: &str = "tenant_id";

/// Whether what is in a column of this name opens something: a hash, a sealed text, or a link that is good once.
pub fn is_secret(column: &str) -> bool {
    ["hash", "secret", "password", "sealed", "ha1", "link", "cipher"].iter().any(|part| column.contains(part))
}

/// A row that is new.
pub(crate) fn made<E: EntityTrait>(row: &E::Model) -> Change {
    Change { table: table::<E>(), id: key::<E>(row), before: None, after: Some(whole::<E>(row)) }
}

/// A row that is gone.
pub(crate) fn gone<E: EntityTrait>(row: &E::Model) -> Change {
    Change { table: table::<E>(), id: key::<E>(row), before: Some(whole::<E>(row)), after: None }
}

/// A row that stays, by the columns that changed; `None` when none did.
pub(crate) fn changed<E: EntityTrait>(before: &E::Model, after: &E::Model) -> Option<Change> {
    let (mut old, mut new) = (Map::new(), Map::new());
    for column in E::Column::iter() {
        let (name, was, is) = (column.as_str(), before.get(column), after.get(column));
        if was != is {
            old.insert(name.to_owned(), shown(name, was));
            new.insert(name.to_owned(), shown(name, is));
        }
    }
    let is_other = !new.is_empty();
    is_other.then(|| Change { table: table::<E>(), id: key::<E>(after), before: Some(old), after: Some(new) })
}

fn whole<E: EntityTrait>(row: &E::Model) -> Map<String, Value> {
    let cells = E::Column::iter().map(|column| (column.as_str(), shown(column.as_str(), row.get(column))));
    let told = cells.filter(|(name, value)| *name != TENANT && *name != "id" && !value.is_null());
    told.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Name of the table.
pub(crate) fn table<E: EntityTrait>() -> String {
    E::default().table_name().to_owned()
}

/// The key as text: ids printed, several parts joined by `/`, the company left out.
fn key<E: EntityTrait>(row: &E::Model) -> String {
    let columns = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column);
    let parts = columns.filter(|column| column.as_str() != TENANT).map(|column| {
        let name = if column.as_str() == "id" { table::<E>() } else { column.as_str().to_owned() };
        match row.get(column) {
            Cell::Uuid(Some(id)) => printed(&name, id),
            cell => match shown(&name, cell) {
                Value::String(text) => text,
                other => other.to_string(),
            },
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A cell as it may be read.
fn shown(column: &str, cell: Cell) -> Value {
    match cell {
        cell if is_secret(column) => match sea_query::sea_value_to_json_value(&cell) {
            Value::Null => Value::Null,
            _ => VEIL.into(),
        },
        Cell::Uuid(Some(id)) => printed(column, id).into(),
        Cell::TimeDateTimeWithTimeZone(Some(at)) => at.format(&Rfc3339).unwrap_or_default().into(),
        Cell::String(Some(text)) if text.chars().count() > LONGEST => {
            format!("{}…", text.chars().take(LONGEST).collect::<String>()).into()
        }
        // A drawing of a megabyte has its own versions; the chain keeps that it changed.
        Cell::Json(Some(json)) if json.to_string().len() > JSON_LONGEST => {
            let text = json.to_string();
            format!("{} bytes, {:?}", text.len(), digest(&SHA256, text.as_bytes())).into()
        }
        Cell::Bytes(Some(bytes)) => format!("{} bytes", bytes.len()).into(),
        other => sea_query::sea_value_to_json_value(&other),
    }
}

/// An id as the API prints it, by the name of its column or table; one that the API has no name for stays a UUID.
fn printed(name: &str, id: Uuid) -> String {
    macro_rules! prefixes {
        ($($($name:literal)|+ => $kind:ident),* $(,)?) => {
            match name {
                $($($name)|+ => kernel::$kind::from_uuid(id).to_string(),)*
                _ => id.to_string(),
            }
        };
    }
    prefixes! {
        "tenant" => TenantId,
        "user_id" | "user_account" | "created_by" | "invited_by" | "changed_by" | "published_by" => UserId,
        "member_id" | "member" => MemberId,
        "invitation" => InvitationId,
        "session_id" | "session" => SessionId,
        "operator_id" | "operator_account" => OperatorId,
        "seat_id" | "seat" | "destination_seat" => SeatId,
        "device_id" | "device" => DeviceId,
        "site_id" | "site" => SiteId,
        "gateway_id" | "gateway" => GatewayId,
        "gateway_port_id" | "gateway_port" | "gateway_port_rental" => GatewayPortId,
        "tenant_site" => SiteId,
        "tenant_gateway" => GatewayId,
        "number_check" => NumberCheckId,
        "line" => LineId,
        "number_id" | "number" | "tenant_number" => NumberId,
        "flow_id" | "flow" => FlowId,
        "flow_version" => FlowVersionId,
        "call_id" | "call" => CallId,
        "api_key_id" | "api_key" => ApiKeyId,
        "seat_token" => SeatTokenId,
        "webhook_id" | "webhook" => WebhookId,
        "job" => JobId,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::user_account;

    fn person() -> user_account::Model {
        user_account::Model {
            id: Uuid::from_u128(7),
            email: "ada@example.com".into(),
            name: "Ada".into(),
            password_hash: "$argon2id$one".into(),
            email_verified_at: None,
            locale: "en".into(),
            created_at: time::OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_change_shows_what_changed_and_no_secret() {
        let (before, mut after) = (person(), person());
        assert_eq!(changed::<user_account::Entity>(&before, &after), None);
        (after.name, after.password_hash) = ("Ada L.".into(), "$argon2id$two".into());
        let change = changed::<user_account::Entity>(&before, &after).unwrap();
        assert_eq!(change.id, kernel::UserId::from_uuid(before.id).to_string());
        assert_eq!(serde_json::json!(change.before), serde_json::json!({ "name": "Ada", "password_hash": VEIL }));
        assert_eq!(serde_json::json!(change.after), serde_json::json!({ "name": "Ada L.", "password_hash": VEIL }));
    }

    #[test]
    fn a_new_row_shows_what_it_has() {
        let after = made::<user_account::Entity>(&person()).after.unwrap();
        assert_eq!((&after["email"], &after["password_hash"]), (&Value::from("ada@example.com"), &Value::from(VEIL)));
        assert_eq!(after["created_at"], "1970-01-01T00:00:00Z");
        assert!(!after.contains_key("email_verified_at") && !after.contains_key("id"));
    }

    #[test]
    fn long_texts_are_cut() {
        let text = shown("note", Cell::String(Some("ä".repeat(1_000))));
        assert_eq!(text.as_str().unwrap().chars().count(), LONGEST + 1);
    }
}
