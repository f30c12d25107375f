//! Whether what a program shows is good: pure, so that every reason can be tested.

use std::net::IpAddr;

use axum::http::StatusCode;
use ipnet::IpNet;
use patchbay_kernel::{Wall, secret::same};
use patchbay_tenancy::system::{FoundKey, FoundSeatToken};
use time::OffsetDateTime;

use super::row::texts;
use crate::kit::problem::Problem;

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such key, or another secret: told apart to nobody.
    Unknown,
    /// Taken back.
    Revoked,
    /// Its time is over.
    Expired,
    /// The key has a newer secret, and the time of the old one is over.
    Rotated,
    /// It may not come from there.
    Address,
    /// A page that may not use it.
    Page,
    /// The person who answers for it has left the company or is suspended.
    Orphaned,
    /// The seat was given back.
    SeatGone,
}

impl From<Refusal> for Problem {
    fn from(why: Refusal) -> Self {
        let out = |code, text| Self::new(StatusCode::UNAUTHORIZED, code, text);
        match why {
            Refusal::Unknown => out("key_unknown", "There is no such key, or it was changed on the way here."),
            Refusal::Revoked => out("key_revoked", "This key was revoked."),
            Refusal::Expired => out("key_expired", "This key has expired."),
            Refusal::Rotated => out("key_rotated", "This secret was replaced. Use the key's newer one."),
            Refusal::Orphaned => {
                out("key_orphaned", "Whoever made this key is no longer an active member. Let somebody take it over.")
            }
            Refusal::SeatGone => out("seat_released", "The seat of this token was given back."),
            Refusal::Address => {
                Self::new(StatusCode::FORBIDDEN, "address_refused", "This key may not be used from your address.")
            }
            Refusal::Page => {
                Self::new(StatusCode::FORBIDDEN, "origin_refused", "This token may not be used by this page.")
            }
        }
    }
}

/// Whether the key is good now, from there. Whoever does not know its secret learns nothing else of it.
pub fn key(found: &FoundKey, hash: &str, from: IpAddr, now: Wall) -> Result<(), Refusal> {
    if !same(&found.secret_hash, hash) {
        return Err(Refusal::Unknown);
    }
    if over(found.secret_ends_at, now) {
        return Err(Refusal::Rotated);
    }
    key_itself(found, now)?;
    if comes_from(&texts(&found.networks), from) { Ok(()) } else { Err(Refusal::Address) }
}

/// Whether the key is good now, whichever secret and address.
pub fn key_itself(found: &FoundKey, now: Wall) -> Result<(), Refusal> {
    if found.revoked_at.is_some() {
        return Err(Refusal::Revoked);
    }
    if over(found.expires_at, now) { Err(Refusal::Expired) } else { Ok(()) }
}

/// Whether the seat token is good now, for that page.
pub fn seat_token(found: &FoundSeatToken, hash: &str, origin: Option<&str>, now: Wall) -> Result<(), Refusal> {
    if !same(&found.secret_hash, hash) {
        return Err(Refusal::Unknown);
    }
    seat_token_itself(found, now)?;
    let pages = texts(&found.origins);
    let known = pages.is_empty() || origin.is_none_or(|page| pages.iter().any(|one| one.eq_ignore_ascii_case(page)));
    if known { Ok(()) } else { Err(Refusal::Page) }
}

/// Whether the seat token is good now, whichever page. It is worth no more than the key that made it.
pub fn seat_token_itself(found: &FoundSeatToken, now: Wall) -> Result<(), Refusal> {
    if found.revoked_at.is_some() || found.key_revoked_at.is_some() {
        return Err(Refusal::Revoked);
    }
    if over(Some(found.expires_at), now) || over(found.key_expires_at, now) {
        return Err(Refusal::Expired);
    }
    if found.seat_state == "active" { Ok(()) } else { Err(Refusal::SeatGone) }
}

fn over(at: Option<OffsetDateTime>, now: Wall) -> bool {
    at.is_some_and(|at| Wall::from_offset(at) <= now)
}

/// Whether an address lies in one of these networks; without any it may be anywhere. What cannot be read lets nobody in.
pub fn comes_from(networks: &[String], from: IpAddr) -> bool {
    networks.is_empty()
        || networks.iter().filter_map(|text| network(text)).any(|net| net.contains(&from.to_canonical()))
}

/// `203.0.113.0/24`, `2001:db8::/32`, or a single address.
pub fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)).map(|net| net.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_kernel::Uuid;
    use serde_json::json;

    const NOW: Wall = Wall(1_000_000_000);

    fn at(s: i64) -> Option<OffsetDateTime> {
        Some(NOW.plus_s(s).to_offset())
    }

    fn found() -> FoundKey {
        FoundKey {
            tenant_id: Uuid::nil(),
            id: Uuid::nil(),
            secret_id: Uuid::nil(),
            secret_hash: "abc".into(),
            secret_ends_at: None,
            scopes: json!([]),
            networks: json!([]),
            created_by: Uuid::nil(),
            expires_at: None,
            revoked_at: None,
        }
    }

    fn from(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_key_is_good_within_its_time_and_networks() {
        let here = from("203.0.113.9");
        let narrow = FoundKey { networks: json!(["203.0.113.0/24", "2001:db8::/32"]), ..found() };
        let cases = [
            (found(), "abc", Ok(())),
            (found(), "abd", Err(Refusal::Unknown)),
            (FoundKey { revoked_at: at(-1), ..found() }, "abc", Err(Refusal::Revoked)),
            (FoundKey { revoked_at: at(-1), ..found() }, "abd", Err(Refusal::Unknown)),
            (FoundKey { expires_at: at(1), ..found() }, "abc", Ok(())),
            (FoundKey { expires_at: at(0), ..found() }, "abc", Err(Refusal::Expired)),
            (FoundKey { secret_ends_at: at(1), ..found() }, "abc", Ok(())),
            (FoundKey { secret_ends_at: at(0), ..found() }, "abc", Err(Refusal::Rotated)),
            (narrow.clone(), "abc", Ok(())),
        ];
        for (found, hash, wanted) in cases {
            assert_eq!(key(&found, hash, here, NOW), wanted, "{found:?}");
        }
        for there in ["203.0.114.9", "2001:db9::1", "::1"] {
            assert_eq!(key(&narrow, "abc", from(there), NOW), Err(Refusal::Address), "{there}");
        }
        assert_eq!(key(&narrow, "abc", from("::ffff:203.0.113.4"), NOW), Ok(()), "IPv4 in IPv6");
        assert_eq!(key(&narrow, "abc", from("2001:db8:7::1"), NOW), Ok(()));
    }

    #[test]
    fn networks_are_read_strictly() {
        for text in ["10.0.0.0/8", "10.1.2.3/8", "192.0.2.7", "2001:db8::/48", "::1"] {
            assert!(network(text).is_some(), "{text}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0", "localhost", "10.0.0.0/8/8", "::/129"] {
            assert!(network(text).is_none(), "{text}");
        }
        assert_eq!(network("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
        assert!(!comes_from(&["nonsense".into()], from("10.0.0.1")), "an unreadable list lets nobody in");
    }

    #[test]
    fn a_seat_token_dies_with_its_key_its_seat_and_its_time() {
        let token = FoundSeatToken {
            tenant_id: Uuid::nil(),
            tenant_state: "active".into(),
            id: Uuid::nil(),
            seat_id: Uuid::nil(),
            seat_state: "active".into(),
            secret_hash: "abc".into(),
            origins: json!(["https://crm.example.com"]),
            expires_at: NOW.plus_s(10).to_offset(),
            revoked_at: None,
            created_by: Uuid::nil(),
            key_revoked_at: None,
            key_expires_at: None,
        };
        let ask = |token: &FoundSeatToken, origin| seat_token(token, "abc", origin, NOW);
        assert_eq!(ask(&token, Some("https://CRM.example.com")), Ok(()));
        assert_eq!(ask(&token, None), Ok(()), "no browser");
        assert_eq!(ask(&token, Some("https://evil.example.com")), Err(Refusal::Page));
        assert_eq!(ask(&FoundSeatToken { key_revoked_at: at(-5), ..token.clone() }, None), Err(Refusal::Revoked));
        assert_eq!(ask(&FoundSeatToken { key_expires_at: at(0), ..token.clone() }, None), Err(Refusal::Expired));
        assert_eq!(
            ask(&FoundSeatToken { seat_state: "released".into(), ..token.clone() }, None),
            Err(Refusal::SeatGone)
        );
        assert_eq!(seat_token(&token, "abc", None, NOW.plus_s(10)), Err(Refusal::Expired));
    }
}
