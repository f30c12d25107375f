//! The shop: numbers that a company can claim now.

use axum::Json;
use kernel::NumberId;
use patchbay_access::{Read, resource::of};
use patchbay_kernel as kernel;
use patchbay_tenancy::system::{ShopFilter, ShopNumber as Found};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::words::*;
use crate::kit::{
    body::Ask,
    cursor::{self, Page},
    may::May,
    money::Money,
    problem::Problem,
};

/// A number that can be claimed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShopNumber {
    /// `num_..`
    pub id: String,
    /// With plus.
    pub e164: String,
    /// ISO 3166 code.
    pub country: String,
    /// Area in words.
    pub area: Option<String>,
    /// Kind.
    pub kind: NumberKind,
    /// Price per month.
    pub monthly: Money,
    /// Price once.
    pub setup: Money,
    /// The gateway port's name.
    pub gateway_port_label: String,
    /// The gateway's.
    pub gateway_label: String,
    /// What it comes over.
    pub line_kind: LineKind,
    /// Whether its gateway port is rented along with it.
    pub includes_gateway_port: bool,
    /// Until when the company holds it, if it does.
    #[serde(with = "time::serde::rfc3339::option")]
    pub held_until: Option<OffsetDateTime>,
}

/// What is looked for, and which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// ISO 3166 code.
    country: Option<String>,
    /// Kind of number.
    kind: Option<NumberKind>,
    /// Digits that must occur in it: `555`. With `+` in front it begins so: `+1415`. With `*` for any digits the whole number
    /// must fit: `*0100` ends so. Other characters are passed over.
    pattern: Option<String>,
    /// Text that must occur in the name of its area.
    area: Option<String>,
    /// Rows of a page.
    limit: Option<i64>,
    /// From the page before.
    cursor: Option<String>,
}

/// Numbers that can be claimed now.
#[utoipa::path(get, path = "/v1/numbers/shop", operation_id = "number_shop", tag = "numbers", params(Wanted),
    security(("user" = ["numbers:read"])), responses((status = 200, body = Page<ShopNumber>)))]
pub async fn number_shop(
    may: May<Read<of::Number>>,
    Ask(want): Ask<Wanted>,
) -> Result<Json<Page<ShopNumber>>, Problem> {
    let limit = cursor::limit(want.limit);
    let filter = ShopFilter {
        country: want.country.map(|country| country.to_ascii_uppercase()),
        kind: want.kind.map(|kind| kind.as_str().to_owned()),
        pattern: want.pattern,
        area: want.area.filter(|area| !area.trim().is_empty()),
        after: want.cursor.as_deref().map(cursor::read).transpose()?,
        limit: u32::try_from(limit + 1).unwrap_or(u32::MAX),
    };
    let found = may.app.database.system().shop_numbers(may.tenant(), may.app.now(), &filter).await?;
    Ok(Json(Page::cut(found.into_iter().map(offered).collect(), limit, |number| number.e164.clone())))
}

fn offered(found: Found) -> ShopNumber {
    ShopNumber {
        id: NumberId::from_uuid(found.id).to_string(),
        e164: found.e164,
        country: found.country,
        area: found.area,
        kind: NumberKind::stored(&found.kind),
        monthly: Money::stored(found.monthly_micros, &found.currency),
        setup: Money::stored(found.setup_micros, &found.currency),
        gateway_port_label: found.gateway_port_label,
        gateway_label: found.gateway_label,
        line_kind: GatewayPortKind::stored(&found.gateway_port_kind).line_kind(),
        includes_gateway_port: found.includes_gateway_port,
        held_until: found.held_until,
    }
}

crate::resource!(number_shop);
