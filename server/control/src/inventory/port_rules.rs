//! How numbers are written on a gateway port, and a test of what would be sent.

use axum::Json;
use kernel::{DialString, E164, GatewayPortId};
use patchbay_gateway as boxes;
use patchbay_kernel as kernel;
use patchbay_tenancy::system::gateway_port;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kit::{
    body::{Body, Check, Id},
    operator::Operator,
    problem::{Or404, Problem},
    words::words,
};

words! {
    /// How a number is written.
    NumberFormat {
        /// With plus: `+14155550132`.
        Plus = "plus",
        /// International without plus.
        Digits = "digits",
        /// As a subscriber of the country dials.
        National = "national",
        /// The national number alone at home.
        NationalBare = "national_bare",
        /// With the country's international prefix.
        InternationalPrefix = "international_prefix",
    }
}

/// Habits of one list at most.
const MOST_HABITS: usize = 20;
/// Characters of a part of a habit at most.
const LONGEST: usize = 24;

/// One habit: when a number begins with `starts`, `strip` characters are dropped and `prepend` put before the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberHabit {
    /// What the number begins with; empty: any number.
    #[serde(default)]
    pub starts: String,
    /// Characters to drop, 0 to 24.
    #[serde(default)]
    pub strip: i64,
    /// What is put before the rest.
    #[serde(default)]
    pub prepend: String,
}

/// How numbers are written on a gateway port, where it differs from what its make of box wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayPortRules {
    /// Format of the dialled number; absent: the profile's.
    #[serde(default)]
    pub numbers: Option<NumberFormat>,
    /// Format of the displayed number; absent: the profile's.
    #[serde(default)]
    pub displayed_numbers: Option<NumberFormat>,
    /// Habits of the dialled number; the first that fits is applied last of all. At most 20.
    #[serde(default)]
    pub called: Vec<NumberHabit>,
    /// Habits of the displayed number.
    #[serde(default)]
    pub displayed: Vec<NumberHabit>,
}

impl GatewayPortRules {
    /// Out of the row; a row without any has none.
    pub fn stored(row: Option<&serde_json::Value>) -> Self {
        row.and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default()
    }

    /// What is wrong with a wish.
    pub fn judge(&self, check: &mut Check, field: &str) {
        for (name, habits) in [("called", &self.called), ("displayed", &self.displayed)] {
            let place = format!("{field}.{name}");
            check.need(habits.len() <= MOST_HABITS, &place, "length", "At most 20 habits.");
            let dialable = |text: &str| {
                text.len() <= LONGEST && text.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'+' | b'*' | b'#'))
            };
            let fine = |habit: &NumberHabit| {
                dialable(&habit.starts) && dialable(&habit.prepend) && (0..=LONGEST as i64).contains(&habit.strip)
            };
            check.need(habits.iter().all(fine), &place, "not_dialable", "Digits, +, * and #, at most 24 characters.");
        }
    }

    /// As kept in the row and as calls use it.
    pub fn rules(&self) -> boxes::TrunkRules {
        let format = |format: Option<NumberFormat>| {
            format.map(|format| match format {
                NumberFormat::Plus => boxes::NumberFormat::Plus,
                NumberFormat::Digits => boxes::NumberFormat::Digits,
                NumberFormat::National => boxes::NumberFormat::National,
                NumberFormat::NationalBare => boxes::NumberFormat::NationalBare,
                NumberFormat::InternationalPrefix => boxes::NumberFormat::InternationalPrefix,
            })
        };
        let habit = |habit: &NumberHabit| boxes::Rewrite {
            starts: habit.starts.clone(),
            strip: usize::try_from(habit.strip).unwrap_or(0),
            prepend: habit.prepend.clone(),
        };
        boxes::TrunkRules {
            numbers: format(self.numbers),
            displayed_numbers: format(self.displayed_numbers),
            called: self.called.iter().map(habit).collect(),
            displayed: self.displayed.iter().map(habit).collect(),
        }
    }
}

/// A call that is not placed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberPreviewNew {
    /// What is dialled.
    pub called: String,
    /// The number to display, with plus; absent: none.
    pub displayed: Option<String>,
    /// Rules to try in place of those that are kept.
    pub rules: Option<GatewayPortRules>,
}

/// What would be sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NumberPreview {
    /// The Request-URI; an account that would be called stands in brackets.
    pub request_uri: String,
    /// From.
    pub from: String,
    /// Further headers that carry numbers or choose the gateway port.
    pub headers: Vec<PreviewHeader>,
    /// What was dialled, as the platform understands it; absent for short codes.
    pub understood: Option<String>,
}

/// A header.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PreviewHeader {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// What would be sent through a gateway port for these numbers. Nothing is called and nothing kept.
#[utoipa::path(post, path = "/v1/operator/gateway-ports/{id}/preview", operation_id = "gateway_port_preview", tag = "operator",
    params(("id" = String, Path)), request_body = NumberPreviewNew, security(("operator" = [])),
    responses((status = 200, body = NumberPreview)))]
pub async fn gateway_port_preview(
    operator: Operator,
    Id(id): Id<GatewayPortId>,
    Body(ask): Body<NumberPreviewNew>,
) -> Result<Json<NumberPreview>, Problem> {
    operator.read().find::<gateway_port::Entity>(id.uuid()).await?.or_404()?;
    let called: DialString = ask
        .called
        .parse()
        .map_err(|_| Problem::field("called", "not_dialable", "Digits, * and #, with or without a plus."))?;
    let displayed = ask.displayed.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let displayed: Option<E164> = displayed
        .map(str::parse)
        .transpose()
        .map_err(|_| Problem::field("displayed", "e164", "A number with plus and country code."))?;
    if let Some(rules) = &ask.rules {
        let mut check = Check::default();
        rules.judge(&mut check, "rules");
        check.done()?;
    }
    let rules = ask.rules.as_ref().map(GatewayPortRules::rules);
    let found = operator.app.directory()?.preview(id, &called, displayed.as_ref(), rules).await?;
    let no_account = || Problem::conflict("no_account", "This gateway port has no account to be reached by.");
    let found = found.ok_or_else(no_account)?;
    Ok(Json(NumberPreview {
        request_uri: found.request_uri,
        from: found.from,
        headers: found.headers.into_iter().map(|(name, value)| PreviewHeader { name, value }).collect(),
        understood: found.understood.map(|number| number.as_str().to_owned()),
    }))
}

crate::resource!(gateway_port_preview);
