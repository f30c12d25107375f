//! The company's own settings.

use axum::Json;
use patchbay_access::{Read, Write, resource::of};
use patchbay_tenancy::system::tenant;
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    identity::{
        me::{check_locale, show_company},
        second_factor,
        shapes::Company,
        sign_up::check_country,
    },
    kit::{
        body::{Body, Check},
        may::May,
        problem::{Or404, Problem},
        words::SecondFactorState,
    },
};

/// Changes of the company; absent fields stay.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CompanyPatch {
    /// Name.
    pub name: Option<String>,
    /// ISO 3166 code: how national numbers are read.
    pub country: Option<String>,
    /// IANA name.
    pub timezone: Option<String>,
    /// Language.
    pub locale: Option<String>,
    /// Whether its people need a second factor. Who asks for it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_second_factor: Option<bool>,
}

/// The company of this session.
#[utoipa::path(get, path = "/v1/company", operation_id = "company", tag = "company",
    security(("user" = ["company:read"])), responses((status = 200, body = Company)))]
pub async fn company(may: May<Read<of::Company>>) -> Result<Json<Company>, Problem> {
    let row = may.app.database.system().find::<tenant::Entity>(may.tenant().uuid()).await?;
    Ok(Json(show_company(row.or_404()?)))
}

/// Change the company's settings.
#[utoipa::path(patch, path = "/v1/company", operation_id = "company_patch", tag = "company", request_body = CompanyPatch,
    security(("user" = ["company:write"])), responses((status = 200, body = Company)))]
pub async fn company_patch(
    may: May<Write<of::Company>>,
    Body(ask): Body<CompanyPatch>,
) -> Result<Json<Company>, Problem> {
    checked(&ask)?;
    if ask.require_second_factor == Some(true) {
        let own = second_factor::state(&may.app, may.caller.user.uuid()).await?;
        if own.state != SecondFactorState::On {
            return Err(Problem::conflict("second_factor_off", "Turn on your own second factor first."));
        }
    }
    let tx = may.app.database.system().begin(may.app.stamp(may.caller.actor())).await?;
    let mut row = tx.find::<tenant::Entity>(may.tenant().uuid()).await?.or_404()?.into_active_model();
    let changed = serde_json::to_value(&ask).map_err(Problem::internal)?;
    ask.name.into_iter().for_each(|name| row.name = Set(name.trim().to_owned()));
    ask.country.into_iter().for_each(|country| row.country = Set(country));
    ask.timezone.into_iter().for_each(|timezone| row.timezone = Set(timezone));
    ask.locale.into_iter().for_each(|locale| row.locale = Set(locale));
    ask.require_second_factor.into_iter().for_each(|required| row.require_second_factor = Set(required));
    let row = tx.update(row).await?;
    let mut tx = tx.enter(may.tenant()).await?;
    tx.changed("company.updated", "company", &may.tenant().to_string(), changed).await?;
    tx.commit().await?;
    Ok(Json(show_company(row)))
}

fn checked(ask: &CompanyPatch) -> Result<(), Problem> {
    let mut check = Check::default();
    ask.name.iter().for_each(|name| check.name(name, "name"));
    ask.country.iter().for_each(|country| check_country(&mut check, country));
    ask.locale.iter().for_each(|locale| check_locale(&mut check, locale));
    if let Some(zone) = &ask.timezone {
        check.need(is_zone(zone), "timezone", "invalid", "The name of a time zone, such as America/New_York.");
    }
    check.done()
}

/// The shape of an IANA name: the database of zones is the browser's.
fn is_zone(text: &str) -> bool {
    let part = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+');
        !part.is_empty() && part.bytes().all(fits)
    };
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::is_zone;

    #[test]
    fn zones_have_a_shape() {
        for good in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"] {
            assert!(is_zone(good), "{good}");
        }
        for bad in ["", "/x", "Europe//Berlin", "9/9", "a b", "Europe/<x>"] {
            assert!(!is_zone(bad), "{bad}");
        }
    }
}

crate::resource!(company, company_patch);
