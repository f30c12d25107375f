//! A company under test.

use patchbay_acd::{
    Strategy,
    distributor::{Person, QueueRules, Wish},
};
use patchbay_kernel::{CallId, MemberId, QueueId, SeatId, Uuid, time::Span};

pub fn call(no: u32) -> CallId {
    CallId::from_uuid(Uuid::from_u128(0xca_0000 + u128::from(no)))
}

pub fn queue(no: u32) -> QueueId {
    QueueId::from_uuid(Uuid::from_u128(0xc0_0000 + u128::from(no)))
}

pub fn member(no: u32) -> MemberId {
    MemberId::from_uuid(Uuid::from_u128(0xa0_0000 + u128::from(no)))
}

/// Signed in since the beginning, with a phone.
pub fn person(no: u32) -> Person {
    Person {
        member: member(no),
        seat: SeatId::from_uuid(Uuid::from_u128(0x5e_0000 + u128::from(no))),
        skills: Vec::new(),
        wish: Wish::Ready,
        wished_at: 1,
        reachable: true,
        writes_up: None,
    }
}

pub fn rules(no: u32, members: &[u32]) -> QueueRules {
    QueueRules {
        queue: queue(no),
        strategy: Strategy::LongestIdle,
        ring: Span::secs(20),
        wrap_up: Span::secs(30),
        disposition_required: false,
        max_length: None,
        max_wait: None,
        overflow: None,
        announce_position: false,
        announce_wait: false,
        announce_every: Span::secs(60),
        sticky_hold: Span::default(),
        rare_hold: Span::secs(45),
        skills: Vec::new(),
        members: members.iter().map(|no| member(*no)).collect(),
    }
}
