//! Every reason why a call can end: its number, its name, whose doing. The words for people are the web app's.

use axum::Json;
use patchbay_kernel::{Blame as Whose, EndCause};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::words::Blame;

/// A reason why a call ends.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallCause {
    /// What people read out to whoever helps; given once, never changed.
    pub number: i64,
    /// `no_answer`: as in `cause` of a call.
    pub cause: String,
    /// Whose doing, when nothing more is known.
    pub blame: Blame,
    /// The SIP status that tells the caller so before an answer.
    pub sip_status: i64,
    /// The cause value of Q.850 in the Reason header.
    pub q850: i64,
}

impl From<EndCause> for CallCause {
    fn from(cause: EndCause) -> Self {
        Self {
            number: cause.number().into(),
            cause: cause.code().to_owned(),
            blame: match cause.blame() {
                Whose::Caller => Blame::Caller,
                Whose::Callee => Blame::Callee,
                Whose::Carrier => Blame::Carrier,
                Whose::Tenant => Blame::Tenant,
                Whose::Us => Blame::Us,
            },
            sip_status: cause.sip_status().into(),
            q850: cause.q850().into(),
        }
    }
}

/// Every reason why a call can end, by number.
#[utoipa::path(get, path = "/v1/call-causes", operation_id = "call_causes", tag = "calls", security(()),
    responses((status = 200, body = [CallCause])))]
pub async fn call_causes() -> Json<Vec<CallCause>> {
    let mut all: Vec<CallCause> = EndCause::ALL.iter().copied().map(CallCause::from).collect();
    all.sort_by_key(|cause| cause.number);
    Json(all)
}

crate::resource!(call_causes);

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The web app's words for causes: a name, what happened, what to do.
    const WORDS: [(&str, &str, &str, &str); 3] = [
        (
            "en",
            include_str!("../../../../web/src/locales/en/desk.json"),
            include_str!("../../../../web/src/locales/en/calls.json"),
            include_str!("../../../../web/src/locales/en/causes.json"),
        ),
        (
            "zh-Hans",
            include_str!("../../../../web/src/locales/zh-Hans/desk.json"),
            include_str!("../../../../web/src/locales/zh-Hans/calls.json"),
            include_str!("../../../../web/src/locales/zh-Hans/causes.json"),
        ),
        (
            "zh-Hant",
            include_str!("../../../../web/src/locales/zh-Hant/desk.json"),
            include_str!("../../../../web/src/locales/zh-Hant/calls.json"),
            include_str!("../../../../web/src/locales/zh-Hant/causes.json"),
        ),
    ];

    #[test]
    fn every_cause_has_a_name_a_sentence_and_advice_in_every_language() {
        for (language, desk, calls, causes) in WORDS {
            let [desk, calls, causes]: [Value; 3] =
                [desk, calls, causes].map(|text| serde_json::from_str(text).unwrap());
            let tables = [&desk["cause"], &calls["sentence"]["ended"], &causes["advice"]];
            for table in tables {
                let known: Vec<&str> = table.as_object().unwrap().keys().map(String::as_str).collect();
                for cause in EndCause::ALL {
                    let words = table[cause.code()].as_str().unwrap_or_default();
                    assert!(!words.is_empty(), "{language}: {} has no words", cause.code());
                }
                for code in known {
                    assert!(EndCause::from_code(code).is_some(), "{language}: {code} is no cause");
                }
            }
        }
    }
}
