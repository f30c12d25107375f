//! A call with everything that is known of it: legs, quality, and what happened when.

use std::collections::BTreeMap;

use kernel::{EndCause, GatewayPortId, Uuid, Wall};
use patchbay_ivr::{Outcome, PathStep};
use patchbay_kernel as kernel;
use patchbay_plane::{
    CallRecord, Figures as Measured, FlowRecord, LegRecord, Moment as Happened, MomentKind, SurveyAnswer,
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    row::call,
    sentence::{Told, sentence},
    stays::QueueStay,
    summary::{CallSummary, SeatNames, summary},
};
use crate::kit::words::{Direction, LegKind, LegRole};

/// A call with everything that is known of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallDetail {
    /// In one line.
    pub summary: CallSummary,
    /// In one English sentence.
    pub sentence: String,
    /// Its sides.
    pub legs: Vec<Leg>,
    /// What happened, in order.
    pub timeline: Vec<Moment>,
    /// Its way through the company's flow, where it ran one and is over.
    pub flow: Option<CallFlow>,
    /// Its stays in queues that are over.
    pub queues: Vec<QueueStay>,
}

/// A call's way through its flow.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallFlow {
    /// `flow_..` at which it began.
    pub id: String,
    /// What it was called then.
    pub name: String,
    /// Node by node.
    pub path: Vec<PathStep>,
    /// How it came to its end.
    pub outcome: Option<Outcome>,
    /// Answers to the questions of surveys, in order.
    pub answers: Vec<CallAnswer>,
    /// Whether the caller agreed to be recorded; absent: nobody asked.
    pub consent: Option<bool>,
    /// Numbers to which a call back was promised.
    pub callbacks: Vec<String>,
}

/// An answer to a question of a survey.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallAnswer {
    /// Which question.
    pub question: String,
    /// The key that was pressed.
    pub score: i64,
}

/// One side of a call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Leg {
    /// `leg_..`
    pub id: String,
    /// Which side.
    pub role: LegRole,
    /// What it ran on.
    pub kind: LegKind,
    /// Number, extension or user name.
    pub party: String,
    /// `seat_..`
    pub seat: Option<String>,
    /// `gwp_..`
    pub gateway_port: Option<String>,
    /// Its name.
    pub gateway_port_label: Option<String>,
    /// Began.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// Was answered.
    #[serde(with = "time::serde::rfc3339::option")]
    pub answered_at: Option<OffsetDateTime>,
    /// Ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// Why.
    pub cause: Option<String>,
    /// Codec at the end.
    pub codec: Option<String>,
    /// Quality.
    pub figures: Option<Figures>,
}

/// Quality of one leg; received = from the party.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Figures {
    /// Packets from the party.
    pub received: i64,
    /// Packets to the party.
    pub sent: i64,
    /// Packets of the party that never arrived.
    pub lost: i64,
    /// Jitter in milliseconds.
    pub jitter_ms: f64,
    /// Round trip in milliseconds.
    pub rtt_ms: Option<f64>,
    /// Share lost of what we sent, 0 to 1.
    pub remote_loss: Option<f64>,
    /// Mean opinion score, 1 to 4.5.
    pub mos: Option<f64>,
    /// Loudness in dBFS.
    pub level_dbfs: Option<f64>,
    /// Milliseconds to the first packet.
    pub first_packet_ms: Option<i64>,
    /// MOS in steps of five seconds.
    pub mos_steps: Vec<f64>,
    /// The worst of them.
    pub mos_min: Option<f64>,
    /// Their mean.
    pub mos_avg: Option<f64>,
}

/// One entry of the timeline.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Moment {
    /// Milliseconds since the call began.
    pub at_ms: i64,
    /// `leg_..`
    pub leg: Option<String>,
    /// `started`, `trying`, `ringing`, `early_media`, `answered`, `first_answered`, `first_audio`, `held`, `resumed`, `digit`, `leg_ended`,
    /// `taken_over`, `failed_over`, `limit_hit`, `silent`, `audible`, `unheard`, `heard_again`, `lost`, `regained`, `parked`,
    /// `picked_up`, `ended`.
    pub kind: String,
    /// Party or gateway port, of `trying` and `taken_over`.
    pub party: Option<String>,
    /// Of `digit`.
    pub digit: Option<String>,
    /// Of `leg_ended` and `ended`.
    pub cause: Option<String>,
    /// Of `leg_ended`.
    pub sip_status: Option<i64>,
    /// Of `limit_hit`.
    pub label: Option<String>,
    /// Of `silent` and `unheard`, and of `regained`: how long nothing was heard of the party.
    pub for_ms: Option<i64>,
    /// Of `silent`: `never` (no packet ever came), `stopped` (none any more), `lost` (the side's own reports say that it sends:
    /// the packets are lost on the way). Of `unheard`: `reported` (its reports say that nothing of ours arrives), `cut` (neither
    /// reports nor checks of the way come any more).
    pub why: Option<String>,
}

/// As shown. A record that cannot be read leaves legs and timeline empty.
pub fn detail(
    row: &call::Model,
    seats: &SeatNames,
    ports: &BTreeMap<Uuid, String>,
    queues: Vec<QueueStay>,
) -> CallDetail {
    let record: Option<CallRecord> = row.record.clone().and_then(|json| serde_json::from_value(json).ok());
    let (legs, timeline, flow) = record.map(|record| (record.legs, record.timeline, record.flow)).unwrap_or_default();
    let after =
        |at: Option<OffsetDateTime>| at.map(|at| Wall::from_offset(at).ms_since(Wall::from_offset(row.started_at)));
    let told = Told {
        direction: Direction::stored(&row.direction),
        seat: row.seat_id.and_then(|id| seats.get(id)),
        answered_after_ms: after(row.answered_at),
        ended_after_ms: after(row.ended_at),
        talk_ms: row.talk_ms,
        cause: row.cause.as_deref().and_then(EndCause::from_code),
        detail: row.detail.as_deref(),
        unheard: unheard(&legs, &timeline, ports),
        unreached: unreached(&legs, &timeline, ports),
    };
    CallDetail {
        summary: summary(row, seats),
        sentence: sentence(&told),
        legs: legs.iter().map(|leg| show_leg(leg, ports)).collect(),
        timeline: timeline.iter().filter_map(moment).collect(),
        flow: flow.map(way),
        queues,
    }
}

fn way(of: FlowRecord) -> CallFlow {
    let answer = |it: SurveyAnswer| CallAnswer { question: it.question, score: it.score.into() };
    CallFlow {
        id: of.flow,
        name: of.name,
        path: of.path,
        outcome: of.outcome,
        answers: of.answers.into_iter().map(answer).collect(),
        consent: of.consent,
        callbacks: of.callbacks.into_iter().map(|it| it.number).collect(),
    }
}

/// The side that was silent when the call ended: its gateway port's name, or what it is known by.
fn unheard<'a>(legs: &'a [LegRecord], timeline: &[Happened], ports: &'a BTreeMap<Uuid, String>) -> Option<&'a str> {
    let last = timeline.iter().rfind(|moment| {
        matches!(moment.kind, MomentKind::Silent { .. } | MomentKind::Audible | MomentKind::FirstAudio)
    })?;
    let silent = matches!(last.kind, MomentKind::Silent { .. });
    name(legs.iter().find(|leg| silent && Some(leg.leg) == last.leg)?, ports)
}

/// The side that our audio did not reach when the call ended.
fn unreached<'a>(legs: &'a [LegRecord], timeline: &[Happened], ports: &'a BTreeMap<Uuid, String>) -> Option<&'a str> {
    let last =
        timeline.iter().rfind(|moment| matches!(moment.kind, MomentKind::Unheard { .. } | MomentKind::HeardAgain))?;
    let lasting = matches!(last.kind, MomentKind::Unheard { .. });
    name(legs.iter().find(|leg| lasting && Some(leg.leg) == last.leg)?, ports)
}

/// A side as a reader knows it: its gateway port's name, or its party.
fn name<'a>(leg: &'a LegRecord, ports: &'a BTreeMap<Uuid, String>) -> Option<&'a str> {
    let label = leg.gateway_port.and_then(|port| ports.get(&port.uuid()));
    Some(label.unwrap_or(&leg.party))
}

fn show_leg(leg: &LegRecord, ports: &BTreeMap<Uuid, String>) -> Leg {
    let port: Option<GatewayPortId> = leg.gateway_port;
    Leg {
        id: leg.leg.to_string(),
        role: LegRole::stored(&word(&leg.role)),
        kind: LegKind::stored(&word(&leg.kind)),
        party: leg.party.clone(),
        seat: leg.seat.map(|id| id.to_string()),
        gateway_port: port.map(|id| id.to_string()),
        gateway_port_label: port.and_then(|id| ports.get(&id.uuid()).cloned()),
        started_at: leg.started_at.to_offset(),
        answered_at: leg.answered_at.map(Wall::to_offset),
        ended_at: leg.ended_at.map(Wall::to_offset),
        cause: leg.cause.map(|cause| cause.code().to_owned()),
        codec: leg.codec.clone(),
        figures: leg.figures.as_ref().map(figures),
    }
}

/// The word that the record itself is written with.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|json| json.as_str().map(str::to_owned)).unwrap_or_default()
}

fn figures(of: &Measured) -> Figures {
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Figures {
        received: whole(of.received),
        sent: whole(of.sent),
        lost: whole(of.lost),
        jitter_ms: of.jitter_ms,
        rtt_ms: of.rtt_ms,
        remote_loss: of.remote_loss,
        mos: of.mos,
        level_dbfs: of.level_dbfs,
        first_packet_ms: of.first_packet_ms.map(whole),
        mos_steps: of.mos_steps.clone(),
        mos_min: of.mos_min,
        mos_avg: of.mos_avg,
    }
}

/// Through its JSON: the fields of all kinds of moments are one flat list there.
fn moment(of: &Happened) -> Option<Moment> {
    let json = serde_json::to_value(of).ok()?;
    let text = |key: &str| json.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    let number = |key: &str| json.get(key).and_then(serde_json::Value::as_i64);
    Some(Moment {
        at_ms: number("at_ms")?,
        leg: text("leg"),
        kind: text("kind")?,
        party: text("party"),
        digit: text("digit"),
        cause: text("cause"),
        sip_status: number("sip_status"),
        label: text("label"),
        for_ms: number("for_ms"),
        why: text("why"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_plane::{Quiet, Unreached};

    #[test]
    fn moments_are_flat() {
        let ended = MomentKind::LegEnded { cause: EndCause::Busy, sip_status: Some(486) };
        let shown = moment(&Happened { at_ms: 7, leg: None, kind: ended }).unwrap();
        assert_eq!(
            (shown.kind.as_str(), shown.cause.as_deref(), shown.sip_status),
            ("leg_ended", Some("busy"), Some(486))
        );
        let digit = moment(&Happened { at_ms: 7, leg: None, kind: MomentKind::Digit { digit: '#' } }).unwrap();
        assert_eq!(digit.digit.as_deref(), Some("#"));
        let silent = MomentKind::Silent { for_ms: 7_000, why: Quiet::Never };
        let silent = moment(&Happened { at_ms: 7, leg: None, kind: silent }).unwrap();
        assert_eq!((silent.for_ms, silent.why.as_deref()), (Some(7_000), Some("never")));
        let unheard = MomentKind::Unheard { for_ms: 9_000, why: Unreached::Reported };
        let unheard = moment(&Happened { at_ms: 7, leg: None, kind: unheard }).unwrap();
        assert_eq!((unheard.kind.as_str(), unheard.for_ms), ("unheard", Some(9_000)));
        assert_eq!(unheard.why.as_deref(), Some("reported"));
    }
}
