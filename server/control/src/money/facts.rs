//! What of a call record matters for its price: its paid legs.
//!
//! A leg on a gateway is paid: the number that it dialled has the price, or, when it came in, the company's number that was called.
//! Times of one call are taken from one monotonic clock, so that their differences are lengths of talk.

use billing::{Facts, rate::Direction};
use kernel::Wall;
use patchbay_billing as billing;
use patchbay_kernel as kernel;
use patchbay_plane::{CallRecord, LegKind, LegRecord, LegRole};

/// The paid legs of a call, in their order. `inbound`: calls to numbers of the company are sold as well.
pub(super) fn paid(record: &CallRecord, inbound: bool) -> Vec<Facts> {
    let on_gateways = record.legs.iter().filter(|leg| leg.kind == LegKind::Gateway);
    on_gateways.filter_map(|leg| facts(record, leg, inbound)).collect()
}

fn facts(record: &CallRecord, leg: &LegRecord, inbound: bool) -> Option<Facts> {
    let dialled = leg.number.clone().or_else(|| {
        // Records from before legs knew: whoever was called by it was the one that was dialled.
        (leg.role == LegRole::Called).then(|| record.started.called.clone())
    });
    let (direction, number) = match dialled {
        Some(number) => (Direction::Outbound, number),
        None if inbound => (Direction::Inbound, record.started.called.clone()),
        None => return None,
    };
    let answered_at = leg.answered_at.or(if leg.role == LegRole::Caller { record.answered_at } else { None });
    let ended_at = leg.ended_at.unwrap_or(record.ended_at);
    let talk_ms = answered_at.map_or(0, |answered| length_ms(answered, ended_at));
    Some(Facts { call: record.started.call, leg: leg.leg, direction: Some(direction), number, answered_at, talk_ms })
}

fn length_ms(from: Wall, until: Wall) -> u64 {
    u64::try_from((until.0 - from.0).max(0) / 1_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scene::*;

    #[test]
    fn the_dialled_number_has_the_price_and_each_leg_its_own_length() {
        let mut record = record("+14155550100");
        record.legs = vec![
            leg(LegRole::Caller, LegKind::Browser, None, (Some(0), Some(60))),
            leg(LegRole::Called, LegKind::Gateway, Some("+4930123"), (None, Some(5))),
            leg(LegRole::Called, LegKind::Gateway, Some("+4930124"), (Some(5), Some(65))),
        ];
        let facts = paid(&record, true);
        let shown: Vec<_> = facts.iter().map(|it| (it.number.as_str(), it.answered_at.is_some(), it.talk_ms)).collect();
        assert_eq!(shown, [("+4930123", false, 0), ("+4930124", true, 60_000)]);
        assert!(facts.iter().all(|it| it.direction == Some(Direction::Outbound)));
    }

    #[test]
    fn a_forwarded_call_pays_both_ways_where_inbound_is_sold() {
        let mut record = record("+14155550100");
        record.answered_at = Some(Wall(1_000_000));
        record.legs = vec![
            leg(LegRole::Caller, LegKind::Gateway, None, (None, Some(31))),
            leg(LegRole::Called, LegKind::Service, None, (Some(1), Some(31))),
            leg(LegRole::Called, LegKind::Gateway, Some("+88212"), (Some(11), Some(31))),
        ];
        let of = |inbound| paid(&record, inbound).into_iter().map(|it| (it.number, it.talk_ms)).collect::<Vec<_>>();
        let out = ("+88212".to_owned(), 20_000);
        assert_eq!(of(true), [("+14155550100".to_owned(), 30_000), out.clone()]);
        assert_eq!(of(false), [out]);
    }

    mod scene {
        use kernel::{Blame, CallId, EndCause, LegId, TenantId, Uuid};
        use patchbay_plane::{CallStarted, Direction};

        use super::super::*;

        pub fn record(called: &str) -> CallRecord {
            let started = CallStarted {
                call: CallId::from_uuid(Uuid::from_u128(1)),
                tenant: TenantId::from_uuid(Uuid::from_u128(2)),
                direction: Direction::Outbound,
                caller: "101".into(),
                caller_name: None,
                called: called.into(),
                displayed: None,
                seat: None,
                number: None,
                gateway: None,
                gateway_port: None,
                at: Wall(0),
            };
            CallRecord {
                started,
                ringing_at: None,
                answered_at: None,
                ended_at: Wall(70_000_000),
                talk_ms: 0,
                cause: EndCause::CallerHungUp,
                blame: Blame::Caller,
                sip_status: None,
                detail: None,
                legs: Vec::new(),
                timeline: Vec::new(),
                flow: None,
            }
        }

        pub fn leg(
            role: LegRole,
            kind: LegKind,
            number: Option<&str>,
            (answered, ended): (Option<i64>, Option<i64>),
        ) -> LegRecord {
            let at = |s: i64| Wall(s * 1_000_000);
            LegRecord {
                leg: LegId::from_uuid(Uuid::from_u128(3)),
                role,
                kind,
                party: "Line 1".into(),
                number: number.map(str::to_owned),
                seat: None,
                device: None,
                gateway: None,
                gateway_port: None,
                started_at: at(0),
                answered_at: answered.map(at),
                ended_at: ended.map(at),
                cause: None,
                codec: None,
                figures: None,
            }
        }
    }
}
