//! The numbers of causes: what a person reads out on the telephone to whoever helps.
//!
//! A number is given once and never again. Hundreds: 1 people, 2 numbers, 3 the company's rules and limits, 4 gateways and audio,
//! 5 the platform.

use crate::EndCause;

impl EndCause {
    /// Its number.
    pub const fn number(self) -> u16 {
        match self {
            Self::CallerHungUp => 100,
            Self::CalleeHungUp => 101,
            Self::CallerCancelled => 102,
            Self::Busy => 110,
            Self::Declined => 111,
            Self::NoAnswer => 112,
            Self::Unreachable => 113,
            Self::EndedByApi => 120,
            Self::NotFound => 200,
            Self::BadNumber => 201,
            Self::Congested => 300,
            Self::Forbidden => 301,
            Self::Suspended => 302,
            Self::EmailUnverified => 303,
            Self::TooLong => 304,
            Self::FlowFailed => 305,
            Self::NoCredit => 306,
            Self::Capped => 307,
            Self::CarrierFailed => 400,
            Self::CarrierSilent => 401,
            Self::FlowLost => 402,
            Self::NoCommonMedia => 410,
            Self::MediaTimeout => 411,
            Self::NoSecureMedia => 412,
            Self::NodeLost => 500,
            Self::Shutdown => 501,
            Self::Overloaded => 502,
            Self::Internal => 510,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_causes_share_a_number() {
        let numbers: BTreeSet<u16> = EndCause::ALL.iter().map(|cause| cause.number()).collect();
        assert_eq!(numbers.len(), EndCause::ALL.len());
    }

    #[test]
    fn numbers_that_were_given_stay() {
        let given = [
            (EndCause::CallerHungUp, 100),
            (EndCause::Congested, 300),
            (EndCause::CarrierSilent, 401),
            (EndCause::Internal, 510),
        ];
        for (cause, number) in given {
            assert_eq!(cause.number(), number);
        }
    }
}
