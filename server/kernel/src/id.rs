//! Typed, prefixed, sortable ids: `ten_01jdc5...` can never be taken for `seat_01jdc5...`.
//!
//! The value is a UUID version 7 (RFC 9562 section 5.7), so ids sort by birth; the text is the prefix and 26 characters of
//! lower-case Crockford base 32, the alphabet without i, l, o and u.

use crate::{entropy::Entropy, time::Wall};
pub use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Text that is not an id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {0}_ and 26 characters")]
pub struct NotAnId(pub &'static str);

/// A new UUID version 7: 48 bits of milliseconds, 74 bits of chance.
pub fn uuid_v7(now: Wall, chance: &mut dyn Entropy) -> Uuid {
    let mut bytes = [0u8; 16];
    chance.fill(&mut bytes);
    bytes[..6].copy_from_slice(&now.unix_ms().to_be_bytes()[2..]);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    Uuid::from_bytes(bytes)
}

/// 26 characters for 128 bits, most significant first.
pub fn encode(id: Uuid) -> String {
    let value = id.as_u128();
    (0..26).rev().map(|i| ALPHABET[((value >> (i * 5)) & 31) as usize] as char).collect()
}

/// The inverse of [`encode`]; `None` for a wrong length, a foreign character or an overflow.
pub fn decode(text: &str) -> Option<Uuid> {
    if text.len() != 26 {
        return None;
    }
    text.bytes()
        .enumerate()
        .try_fold(0u128, |value, (at, byte)| {
            let digit = ALPHABET.iter().position(|c| *c == byte)? as u128;
            (at > 0 || digit < 8).then_some((value << 5) | digit)
        })
        .map(Uuid::from_u128)
}

/// Declares one id type per line: name, prefix, what it names.
#[macro_export]
macro_rules! id {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($crate::id::Uuid);

        impl $name {
            /// What the text of such an id begins with.
            pub const PREFIX: &'static str = $prefix;
            /// A new id, sortable by `now`.
            pub fn new(now: $crate::time::Wall, chance: &mut dyn $crate::entropy::Entropy) -> Self {
                Self($crate::id::uuid_v7(now, chance))
            }
            /// From a stored value. Not for text: parse that.
            pub const fn from_uuid(id: $crate::id::Uuid) -> Self { Self(id) }
            /// The value as stored.
            pub const fn uuid(self) -> $crate::id::Uuid { self.0 }
        }
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!($prefix, "_{}"), $crate::id::encode(self.0))
            }
        }
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result { core::fmt::Display::fmt(self, f) }
        }
        impl core::str::FromStr for $name {
            type Err = $crate::id::NotAnId;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.strip_prefix(concat!($prefix, "_")).and_then($crate::id::decode).map(Self).ok_or($crate::id::NotAnId($prefix))
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> { to.collect_str(self) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

id! {
    /// One company with its own data, realm, keys and bill.
    TenantId = "ten";
    /// A person who can sign in, in whichever companies.
    UserId = "usr";
    /// A person's place in one tenant.
    MemberId = "mem";
    /// A node of a company's organisation tree.
    DepartmentId = "dept";
    /// A working group of a company's members.
    TeamId = "team";
    /// A role that a company made itself.
    CustomRoleId = "role";
    /// A view of a list that a member keeps.
    SavedViewId = "view";
    /// An invitation to become a member.
    InvitationId = "inv";
    /// One signed-in session (a family of refresh tokens).
    SessionId = "ses";
    /// A platform operator's account.
    OperatorId = "opr";
    /// The paid licence that lets one member act as agent.
    SeatId = "seat";
    /// What rings on a seat: browser softphone or SIP phone.
    DeviceId = "dev";
    /// Place where gateways stand.
    SiteId = "site";
    /// A box or virtual unit that translates lines to SIP.
    GatewayId = "gw";
    /// One FXO port, E1 span, SIM slot or SIP channel group.
    GatewayPortId = "gwp";
    /// A service bought from a carrier.
    LineId = "line";
    /// A telephone number in the inventory.
    NumberId = "num";
    /// A check whose a number is that a company brings.
    NumberCheckId = "nck";
    /// An entry of a company's list of blocked or allowed callers.
    CallerRuleId = "clr";
    /// The customer's whole interaction.
    CallId = "call";
    /// One SIP or browser session inside a call.
    LegId = "leg";
    /// A queue of callers.
    QueueId = "que";
    /// What an agent can do.
    SkillId = "skl";
    /// Why an agent takes no calls.
    ReasonCodeId = "rsn";
    /// What came of a call.
    DispositionId = "dsp";
    /// A program's right to call the API for a company.
    ApiKeyId = "key";
    /// A short-lived right to be the softphone of one seat.
    SeatTokenId = "stk";
    /// A published or draft call script.
    FlowId = "flow";
    /// What was said in a call, kept.
    RecordingId = "rec";
    /// A call back that a caller was promised.
    CallbackId = "cb";
    /// A message that a caller left.
    VoicemailId = "vm";
    /// What callers are played.
    PromptId = "prm";
    /// A version of a flow, as it was published.
    FlowVersionId = "flv";
    /// One entry of a tenant's event log.
    EventId = "evt";
    /// A server of a company that is told of events.
    WebhookId = "whk";
    /// An event on its way to such a server.
    WebhookDeliveryId = "dlv";
    /// One row of the audit log.
    AuditId = "aud";
    /// One queued job.
    JobId = "job";
    /// One running process of the platform.
    NodeId = "node";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededEntropy;

    #[test]
    fn an_id_survives_its_text() {
        let id = TenantId::new(Wall::from_unix_ms(1_764_000_000_000), &mut SeededEntropy::new(7));
        let text = id.to_string();
        assert_eq!(text.len(), 30);
        assert_eq!(text.parse::<TenantId>().unwrap(), id);
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = TenantId::new(Wall::from_unix_ms(1), &mut SeededEntropy::new(7));
        assert!(id.to_string().parse::<SeatId>().is_err());
        assert!("ten_short".parse::<TenantId>().is_err());
        assert!(format!("ten_{}", "z".repeat(26)).parse::<TenantId>().is_err());
    }

    #[test]
    fn ids_sort_by_birth() {
        let mut chance = SeededEntropy::new(1);
        let early = CallId::new(Wall::from_unix_ms(1_000), &mut chance);
        let late = CallId::new(Wall::from_unix_ms(2_000), &mut chance);
        assert!(early < late && early.to_string() < late.to_string());
    }
}
