//! Before the provider: which companies take an address by single sign-on, and where to send the browser.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use patchbay_tenancy::system::{single_sign_on, sso_domain, tenant};
use sea_orm::{ColumnTrait, Order};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{arrival::domain_of, attempt, provider};
use crate::{
    identity::{page::OurPage, sign_up::email},
    kit::{
        app::App,
        body::{Body, Check},
        problem::{Or404, Problem},
        source::Source,
    },
};

/// Companies that are named for one domain.
const SHOWN: u64 = 20;

/// Who wants to come in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct SignOnWho {
    /// Address at work, or the short name of the company.
    pub who: String,
}

/// A company that takes its people by single sign-on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignOnCompany {
    /// Name.
    pub company: String,
    /// Short name, for `POST /v1/sign-in/single-sign-on`.
    pub realm: String,
}

/// Where to.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct SignOnStart {
    /// Short name of the company.
    pub realm: String,
    /// Address, if it was typed: the provider need not ask again.
    pub email: Option<String>,
    /// Page to go to afterwards, such as `/calls`.
    pub return_to: Option<String>,
}

/// The provider's page.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignOnAddress {
    /// Where to send the browser.
    pub address: String,
}

/// Which companies take somebody by single sign-on.
#[utoipa::path(post, path = "/v1/sign-in/companies", operation_id = "single_sign_on_find", tag = "session",
    request_body = SignOnWho, security(()), responses((status = 200, body = [SignOnCompany])))]
pub async fn single_sign_on_find(
    State(app): State<App>,
    source: Source,
    Body(ask): Body<SignOnWho>,
) -> Result<Json<Vec<SignOnCompany>>, Problem> {
    app.limits.link(source)?;
    let who = email(&ask.who);
    let mut check = Check::default();
    check.need(!who.is_empty() && who.len() <= 254, "who", "required", "Your address at work.");
    check.done()?;
    let system = app.database.system();
    let ids = match domain_of(&who) {
        Some(domain) => {
            let rows = system.select::<sso_domain::Entity>().is(sso_domain::Column::Domain, domain);
            rows.limit(SHOWN).all().await?.into_iter().map(|row| row.tenant_id).collect()
        }
        None => {
            let rows = system.select::<tenant::Entity>().is(tenant::Column::Realm, who).all().await?;
            let mut ids = Vec::new();
            for row in rows {
                ids.extend(system.find::<single_sign_on::Entity>(row.id).await?.map(|found| found.tenant_id));
            }
            ids
        }
    };
    let rows = system.select::<tenant::Entity>().filter(tenant::Column::Id.is_in(ids));
    let rows = rows.is(tenant::Column::State, "active").order_by(tenant::Column::Name, Order::Asc).all().await?;
    Ok(Json(rows.into_iter().map(|row| SignOnCompany { company: row.name, realm: row.realm }).collect()))
}

/// Begin: an address of the company's provider to send the browser to, and a cookie that it comes back with.
#[utoipa::path(post, path = "/v1/sign-in/single-sign-on", operation_id = "single_sign_on_start", tag = "session",
    request_body = SignOnStart, security(()), responses((status = 200, body = SignOnAddress)))]
pub async fn single_sign_on_start(
    State(app): State<App>,
    _: OurPage,
    source: Source,
    Body(ask): Body<SignOnStart>,
) -> Result<Response, Problem> {
    app.limits.link(source)?;
    let system = app.database.system();
    let company = system.select::<tenant::Entity>().is(tenant::Column::Realm, email(&ask.realm)).one().await?;
    let company = company.filter(|row| row.state == "active").or_404()?;
    let row = system.find::<single_sign_on::Entity>(company.id).await?.or_404()?;
    let return_to = ask.return_to.filter(|path| is_ours(path));
    let found = provider::found(&app.outside, &row.issuer).await.map_err(|why| {
        tracing::warn!(company = company.realm, %why, "a company's sign-on provider could not be asked");
        Problem::conflict("sso_unreachable", "The sign-on service of this company cannot be reached.")
    })?;
    let (question, browser) = attempt::begun(&app, &row, return_to).await?;
    let hint = ask.email.as_deref().map(email).filter(|text| domain_of(text).is_some());
    let terms = attempt::terms(&app, &row)?;
    let address = found.address(&terms, &question, hint.as_deref()).map_err(Problem::internal)?;
    let cookie = attempt::cookie(&app, &browser)?;
    Ok(([(header::SET_COOKIE, cookie)], Json(SignOnAddress { address })).into_response())
}

/// A path on our own pages: what a browser reads as another site's is none.
fn is_ours(path: &str) -> bool {
    let plain = path.len() <= 500 && path.bytes().all(|byte| (b'!'..=b'~').contains(&byte) && byte != b'\\');
    plain && path.starts_with('/') && !path.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for path in ["/", "/calls?from=1#x", "/team/people"] {
            assert!(is_ours(path), "{path}");
        }
        for path in ["", "calls", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nx: y", "/\t/evil"]
        {
            assert!(!is_ours(path), "{path}");
        }
    }
}

crate::resource!(single_sign_on_find, single_sign_on_start);
