//! Why a call ended and whose doing it was; the one table to SIP and Q.850.

use serde::{Deserialize, Serialize};

/// Who ended the call, or made it fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// The party that dialled.
    Caller,
    /// The party that was dialled.
    Callee,
    /// A gateway, a line or the network behind it.
    Carrier,
    /// A rule or a setting of the company.
    Tenant,
    /// The platform.
    Us,
}

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $blame:ident, $sip:literal, $q850:literal;)*) => {
        /// Why a call ended. The text (`code`) is a contract: records, API and screens use it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum EndCause { $($(#[$doc])* #[serde(rename = $code)] $name,)* }

        impl EndCause {
            /// Every cause, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$name),*];
            /// The stable name: `no_answer`.
            pub const fn code(self) -> &'static str { match self { $(Self::$name => $code),* } }
            /// Whose doing, when nothing more is known.
            pub const fn blame(self) -> Blame { match self { $(Self::$name => Blame::$blame),* } }
            /// The SIP status that tells the caller so before an answer.
            pub const fn sip_status(self) -> u16 { match self { $(Self::$name => $sip),* } }
            /// The Q.850 cause value of the Reason header (RFC 3326).
            pub const fn q850(self) -> u8 { match self { $(Self::$name => $q850),* } }
            /// The cause with this stable name.
            pub fn from_code(code: &str) -> Option<Self> { match code { $($code => Some(Self::$name),)* _ => None } }
        }
    };
}

causes! {
    /// The caller hung up after talking.
    CallerHungUp = "caller_hung_up", Caller, 487, 16;
    /// The called party hung up after talking.
    CalleeHungUp = "callee_hung_up", Callee, 480, 16;
    /// The caller gave up before an answer.
    CallerCancelled = "caller_cancelled", Caller, 487, 16;
    /// The called party is busy.
    Busy = "busy", Callee, 486, 17;
    /// The called party refused.
    Declined = "declined", Callee, 603, 21;
    /// Nobody answered in time.
    NoAnswer = "no_answer", Callee, 480, 19;
    /// No device of the seat is signed in.
    Unreachable = "unreachable", Callee, 480, 20;
    /// No such number, extension or route.
    NotFound = "not_found", Caller, 404, 1;
    /// The number is written in a way that nothing understands.
    BadNumber = "bad_number", Caller, 484, 28;
    /// A limit of lines, seats or the company is reached.
    Congested = "congested", Tenant, 503, 34;
    /// A rule of the company or of the platform forbids the call.
    Forbidden = "forbidden", Tenant, 403, 21;
    /// The company is suspended or its trial has ended.
    Suspended = "suspended", Tenant, 403, 21;
    /// Real lines open once the address of the company's owner is checked.
    EmailUnverified = "email_unverified", Tenant, 403, 50;
    /// The balance does not last.
    NoCredit = "no_credit", Tenant, 402, 21;
    /// What may be spent is spent, or the destination is closed.
    Capped = "capped", Tenant, 403, 57;
    /// The company's flow led nowhere, or reached a limit that no flow may exceed.
    FlowFailed = "flow_failed", Tenant, 480, 31;
    /// The gateway or the carrier failed.
    CarrierFailed = "carrier_failed", Carrier, 502, 38;
    /// The gateway did not answer at all.
    CarrierSilent = "carrier_silent", Carrier, 504, 102;
    /// The two sides share no codec or no transport.
    NoCommonMedia = "no_common_media", Caller, 488, 88;
    /// Encrypted audio is required and the other side did not agree to it.
    NoSecureMedia = "no_secure_media", Carrier, 488, 58;
    /// No audio arrived for too long.
    MediaTimeout = "media_timeout", Carrier, 500, 38;
    /// The signalling connection of a party was lost.
    FlowLost = "flow_lost", Carrier, 500, 38;
    /// The call reached its longest allowed duration.
    TooLong = "too_long", Tenant, 500, 31;
    /// Somebody with the right to do so ended it through the API.
    EndedByApi = "ended_by_api", Tenant, 487, 31;
    /// The node that carried the call died.
    NodeLost = "node_lost", Us, 500, 41;
    /// The node shut down and could not wait longer.
    Shutdown = "shutdown", Us, 503, 41;
    /// The platform refused because it is overloaded.
    Overloaded = "overloaded", Us, 503, 42;
    /// A fault of the platform.
    Internal = "internal", Us, 500, 41;
}

impl EndCause {
    /// What a SIP failure of a called leg means. `from_gateway` tells a carrier's fault from a device's.
    /// Source: RFC 3261 section 21; a carrier's 5xx, 403 (lines barred) and 404 of a device are read as their side's fault.
    pub const fn from_sip(status: u16, from_gateway: bool) -> Self {
        match status {
            486 | 600 => Self::Busy,
            603 | 433 | 607 => Self::Declined,
            404 | 410 | 604 => Self::NotFound,
            484 | 485 => Self::BadNumber,
            480 if from_gateway => Self::NoAnswer,
            480 => Self::Unreachable,
            487 => Self::CallerCancelled,
            488 | 606 | 415 => Self::NoCommonMedia,
            408 if from_gateway => Self::CarrierSilent,
            408 => Self::NoAnswer,
            503 => Self::Congested,
            _ if from_gateway => Self::CarrierFailed,
            _ => Self::Unreachable,
        }
    }

    /// Whether another gateway port or gateway may be tried: only when the carrier is to blame, never when a person has
    /// decided (busy, declined, no answer) or the number does not exist.
    pub const fn may_fail_over(self) -> bool {
        matches!(self, Self::CarrierFailed | Self::CarrierSilent | Self::Congested | Self::FlowLost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_come_back() {
        for cause in EndCause::ALL {
            assert_eq!(EndCause::from_code(cause.code()), Some(*cause));
        }
    }

    #[test]
    fn a_person_s_decision_never_fails_over() {
        for status in [486, 600, 603, 404, 480, 484] {
            assert!(!EndCause::from_sip(status, true).may_fail_over(), "{status}");
        }
        for status in [500, 502, 503, 504, 408, 403] {
            assert!(EndCause::from_sip(status, true).may_fail_over(), "{status}");
        }
    }
}
