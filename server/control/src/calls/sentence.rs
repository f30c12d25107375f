//! A call in one English sentence: "Answered by Ana after 6 s, talked 1:12, customer hung up". Pure.

use patchbay_kernel::EndCause;

use crate::kit::words::Direction;

/// What the sentence is made of.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Direction.
    pub direction: Direction,
    /// Who sits on the seat concerned.
    pub seat: Option<&'a str>,
    /// Milliseconds from the beginning to the answer.
    pub answered_after_ms: Option<i64>,
    /// Milliseconds from the beginning to the end.
    pub ended_after_ms: Option<i64>,
    /// Milliseconds of talk.
    pub talk_ms: i64,
    /// Why it ended; `None` while it lasts.
    pub cause: Option<EndCause>,
    /// The sentence of a limit or rule, where one decided.
    pub detail: Option<&'a str>,
    /// The side from which no audio came up to the end.
    pub unheard: Option<&'a str>,
    /// The side that our audio did not reach up to the end.
    pub unreached: Option<&'a str>,
}

/// The sentence, without a final stop.
pub fn sentence(told: &Told<'_>) -> String {
    match (told.answered_after_ms, told.cause) {
        (None, None) => "Has not been answered yet".into(),
        (Some(after), None) => format!("{}, still talking", answered(told, after)),
        (Some(after), Some(cause)) => {
            let unheard = told.unheard.map(|side| format!(", no audio received from {side}")).unwrap_or_default();
            let unreached = told.unreached.map(|side| format!(", our audio did not reach {side}")).unwrap_or_default();
            format!(
                "{}, talked {}{unheard}{unreached}, {}",
                answered(told, after),
                minutes(told.talk_ms),
                after_answer(told.direction, cause)
            )
        }
        (None, Some(cause)) => {
            let mut text = before_answer(told, cause);
            if let Some(detail) = told.detail {
                text = format!("{text}: {detail}");
            }
            text
        }
    }
}

fn answered(told: &Told<'_>, after_ms: i64) -> String {
    let by = match told.direction {
        Direction::Inbound | Direction::Internal => told.seat.map(|name| format!(" by {name}")),
        Direction::Outbound | Direction::Test => None,
    };
    format!("Answered{} after {}", by.unwrap_or_default(), seconds(after_ms))
}

/// Who the two sides are to the company.
const fn sides(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Inbound => ("customer", "agent"),
        Direction::Outbound => ("agent", "customer"),
        Direction::Internal => ("caller", "colleague"),
        Direction::Test => ("test", "far end"),
    }
}

fn after_answer(direction: Direction, cause: EndCause) -> String {
    let (caller, callee) = sides(direction);
    match cause {
        EndCause::CallerHungUp | EndCause::CallerCancelled => format!("{caller} hung up"),
        EndCause::CalleeHungUp => format!("{callee} hung up"),
        EndCause::EndedByApi => "ended by a colleague".into(),
        EndCause::TooLong => "ended at the longest allowed duration".into(),
        EndCause::MediaTimeout => "ended because no audio arrived any more".into(),
        EndCause::FlowLost => "ended because a connection was lost".into(),
        other => reason(other).into(),
    }
}

fn before_answer(told: &Told<'_>, cause: EndCause) -> String {
    let (caller, callee) = sides(told.direction);
    let after = told.ended_after_ms.map(|ms| format!(" after {}", seconds(ms))).unwrap_or_default();
    match cause {
        EndCause::CallerCancelled | EndCause::CallerHungUp => format!("Not answered, {caller} gave up{after}"),
        EndCause::NoAnswer => format!("Not answered{after}"),
        EndCause::Busy => format!("Not answered, {callee} was busy"),
        EndCause::Declined | EndCause::CalleeHungUp => format!("Declined by {callee}{after}"),
        other => format!("Did not get through, {}", reason(other)),
    }
}

const fn reason(cause: EndCause) -> &'static str {
    match cause {
        EndCause::CallerHungUp | EndCause::CallerCancelled => "the caller hung up",
        EndCause::CalleeHungUp => "the called party hung up",
        EndCause::Busy => "the called party was busy",
        EndCause::Declined => "the called party declined",
        EndCause::NoAnswer => "nobody answered",
        EndCause::Unreachable => "no telephone of the seat was signed in",
        EndCause::NotFound => "the number does not exist",
        EndCause::BadNumber => "the number cannot be understood",
        EndCause::Congested => "a limit was reached",
        EndCause::Forbidden => "a rule forbids it",
        EndCause::Suspended => "the company is suspended",
        EndCause::EmailUnverified => "the owner's e-mail address is not checked yet",
        EndCause::NoCredit => "the balance did not last",
        EndCause::Capped => "a spending limit of the company forbids it",
        EndCause::CarrierFailed => "the carrier failed",
        EndCause::CarrierSilent => "the gateway did not answer",
        EndCause::NoCommonMedia => "the two sides share no audio format",
        EndCause::NoSecureMedia => "encrypted audio is required and the other side did not agree to it",
        EndCause::MediaTimeout => "no audio arrived",
        EndCause::FlowLost => "a connection was lost",
        EndCause::TooLong => "the longest allowed duration was reached",
        EndCause::FlowFailed => "the company's flow led nowhere or reached a limit",
        EndCause::EndedByApi => "a colleague ended it",
        EndCause::NodeLost => "a server of the platform failed",
        EndCause::Shutdown => "the platform was restarted",
        EndCause::Overloaded => "the platform was overloaded",
        EndCause::Internal => "something failed on the platform's side",
    }
}

fn seconds(ms: i64) -> String {
    format!("{} s", (ms + 500) / 1_000)
}

fn minutes(ms: i64) -> String {
    let s = (ms + 500) / 1_000;
    format!("{}:{:02}", s / 60, s % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> Told<'static> {
        Told {
            direction: Direction::Inbound,
            seat: Some("Ana"),
            answered_after_ms: Some(6_200),
            ended_after_ms: Some(78_000),
            talk_ms: 71_800,
            cause: Some(EndCause::CallerHungUp),
            detail: None,
            unheard: None,
            unreached: None,
        }
    }

    #[test]
    fn calls_are_told_in_one_sentence() {
        let cases = [
            (told(), "Answered by Ana after 6 s, talked 1:12, customer hung up"),
            (
                Told { direction: Direction::Outbound, cause: Some(EndCause::CalleeHungUp), ..told() },
                "Answered after 6 s, talked 1:12, customer hung up",
            ),
            (
                Told { unheard: Some("gateway port 7"), ..told() },
                "Answered by Ana after 6 s, talked 1:12, no audio received from gateway port 7, customer hung up",
            ),
            (
                Told { unreached: Some("gateway port 7"), ..told() },
                "Answered by Ana after 6 s, talked 1:12, our audio did not reach gateway port 7, customer hung up",
            ),
            (Told { cause: None, ..told() }, "Answered by Ana after 6 s, still talking"),
            (
                Told {
                    answered_after_ms: None,
                    cause: Some(EndCause::CallerCancelled),
                    ended_after_ms: Some(9_000),
                    ..told()
                },
                "Not answered, customer gave up after 9 s",
            ),
            (
                Told {
                    answered_after_ms: None,
                    cause: Some(EndCause::Congested),
                    detail: Some("Line 7 carries one call at a time and is busy"),
                    ..told()
                },
                "Did not get through, a limit was reached: Line 7 carries one call at a time and is busy",
            ),
            (Told { answered_after_ms: None, cause: None, ..told() }, "Has not been answered yet"),
        ];
        for (told, wanted) in cases {
            assert_eq!(sentence(&told), wanted);
        }
    }
}
