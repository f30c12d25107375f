//! Why a gateway's light is what it is, and what went wrong last: codes with their figures, for consoles in any language.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::words::{GatewayConnection, GatewayErrorCode, LightCode};

/// Why a light is what it is. Fields beyond `code` are there when the code has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LightReason {
    /// What is so.
    pub code: LightCode,
    /// `registered`: where it is reached, host and UDP or TCP port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// `gateway_ports_registered`: how many are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up: Option<i64>,
    /// `gateway_ports_registered`: how many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<i64>,
    /// `registration_refused`: SIP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sip_code: Option<i64>,
    /// `registration_refused`: the far side's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrase: Option<String>,
}

impl LightReason {
    /// A reason that needs no figures.
    pub fn plain(code: LightCode) -> Self {
        Self { code, contact: None, up: None, of: None, sip_code: None, phrase: None }
    }

    /// Before anything was seen of a gateway.
    pub fn waiting(connection: GatewayConnection) -> Self {
        Self::plain(match connection {
            GatewayConnection::RegistersWithUs => LightCode::WaitingForRegistration,
            GatewayConnection::IpPeer => LightCode::WaitingForProbe,
            GatewayConnection::WeRegister => LightCode::WaitingForCarrier,
        })
    }

    /// As kept in the gateway's row.
    pub fn stored(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Out of the gateway's row; a row that tells none was not seen since the start.
    pub fn read(stored: &str) -> Self {
        serde_json::from_str(stored).unwrap_or_else(|_| Self::plain(LightCode::NotSeen))
    }
}

/// Something that went wrong with a gateway or gateway port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GatewayError {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What failed.
    pub code: GatewayErrorCode,
    /// SIP status, when one came.
    #[serde(default)]
    pub sip_code: Option<i64>,
    /// The far side's own words.
    #[serde(default)]
    pub phrase: Option<String>,
}

impl GatewayError {
    /// As kept in the row of the gateway or gateway port.
    pub fn stored(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Out of the row.
    pub fn read(stored: Option<&serde_json::Value>) -> Option<Self> {
        stored.and_then(|value| serde_json::from_value(value.clone()).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_survive_their_row() {
        let refused = LightReason {
            sip_code: Some(403),
            phrase: Some("No \"trunk\" here".into()),
            ..LightReason::plain(LightCode::RegistrationRefused)
        };
        assert_eq!(LightReason::read(&refused.stored()), refused);
        assert_eq!(LightReason::plain(LightCode::Answers).stored(), r#"{"code":"answers"}"#);
        assert_eq!(LightReason::read("Not seen since the start"), LightReason::plain(LightCode::NotSeen));
    }

    #[test]
    fn errors_survive_their_row() {
        let error = GatewayError {
            at: OffsetDateTime::UNIX_EPOCH,
            code: GatewayErrorCode::CallFailed,
            sip_code: Some(502),
            phrase: Some("Bad Gateway".into()),
        };
        assert_eq!(GatewayError::read(Some(&error.stored())), Some(error));
        assert_eq!(GatewayError::read(None), None);
    }
}
