//! Gathers what a call's record will say while the call goes on.

use patchbay_kernel::{Blame, CallId, EndCause, LegId, Tick, Wall};
use patchbay_plane::{
    CallRecord, CallStarted, Direction, Figures, FlowRecord, LegKind, LegRecord, LegRole, Moment, MomentKind,
    RoutePlan, Target,
};

/// One record in the making.
#[derive(Clone, Debug)]
pub struct Book {
    started: CallStarted,
    began: Tick,
    began_at: Wall,
    ringing_at: Option<Wall>,
    answered: Option<(Tick, Wall)>,
    legs: Vec<LegRecord>,
    timeline: Vec<Moment>,
    flow: Option<FlowRecord>,
}

impl Book {
    /// Opens the book of this plan.
    pub fn open(plan: &RoutePlan, began: Tick, began_at: Wall) -> Self {
        Self::of(started(plan, began_at), began, began_at)
    }

    /// Opens the book of a call for which there is no plan.
    pub fn of(started: CallStarted, began: Tick, began_at: Wall) -> Self {
        Self {
            started,
            began,
            began_at,
            ringing_at: None,
            answered: None,
            legs: Vec::new(),
            timeline: Vec::new(),
            flow: None,
        }
    }

    /// What must be durable before ringing is reported.
    pub fn start(&self) -> &CallStarted {
        &self.started
    }

    /// Which call.
    pub fn call(&self) -> CallId {
        self.started.call
    }

    /// Whether it has rung.
    pub const fn has_rung(&self) -> bool {
        self.ringing_at.is_some()
    }

    /// Wall time of a tick of this call.
    pub fn wall(&self, now: Tick) -> Wall {
        Wall(self.began_at.0.saturating_add(i64::try_from(now.since(self.began).0).unwrap_or(i64::MAX)))
    }

    /// A leg begins.
    pub fn leg(&mut self, leg: LegId, role: LegRole, kind: LegKind, party: String, now: Tick) -> &mut LegRecord {
        self.legs.push(LegRecord {
            leg,
            role,
            kind,
            party,
            number: None,
            seat: None,
            device: None,
            gateway: None,
            gateway_port: None,
            started_at: self.wall(now),
            answered_at: None,
            ended_at: None,
            cause: None,
            codec: None,
            figures: None,
        });
        self.legs.last_mut().expect("a leg was just pushed")
    }

    /// The gateway port that now carries the call.
    pub fn line(&mut self, target: &Target) {
        if let Target::Trunk(trunk) = target {
            self.started.gateway = Some(trunk.gateway);
            self.started.gateway_port = Some(trunk.gateway_port);
        }
    }

    /// An entry of the timeline; ringing, answer and the ends of legs are kept apart too.
    pub fn note(&mut self, leg: Option<LegId>, kind: MomentKind, now: Tick) {
        let at = self.wall(now);
        let gone = |it: &LegRecord| Some(it.leg) == leg && it.ended_at.is_some();
        if matches!(kind, MomentKind::LegEnded { .. }) && self.legs.iter().any(gone) {
            return;
        }
        match &kind {
            MomentKind::Ringing => self.ringing_at = self.ringing_at.or(Some(at)),
            MomentKind::Answered => {
                // Of a call that a flow answered, the first answer is the call's; who is found later is the seat that it is about.
                self.answered = self.answered.or(Some((now, at)));
                if let Some(found) = self.legs.iter_mut().find(|it| Some(it.leg) == leg) {
                    found.answered_at = Some(at);
                    self.started.seat = self.started.seat.or(found.seat);
                }
            }
            MomentKind::FirstAnswered => {
                if let Some(leg) = leg {
                    self.caller_answered(leg, now);
                }
            }
            MomentKind::LegEnded { cause, .. } => {
                if let Some(found) = self.legs.iter_mut().find(|it| Some(it.leg) == leg) {
                    found.ended_at = Some(at);
                    found.cause = Some(*cause);
                }
            }
            MomentKind::Started
            | MomentKind::Trying { .. }
            | MomentKind::EarlyMedia
            | MomentKind::FirstAudio
            | MomentKind::Held
            | MomentKind::Resumed
            | MomentKind::Digit { .. }
            | MomentKind::FailedOver
            | MomentKind::LimitHit { .. }
            | MomentKind::Silent { .. }
            | MomentKind::Audible
            | MomentKind::Unheard { .. }
            | MomentKind::HeardAgain
            | MomentKind::TakenOver { .. }
            | MomentKind::Lost
            | MomentKind::Parked { .. }
            | MomentKind::PickedUp
            | MomentKind::Regained { .. }
            | MomentKind::Ended { .. } => {}
        }
        self.timeline.push(Moment { at_ms: now.since(self.began).as_ms(), leg, kind });
    }

    /// The way through the company's flow.
    pub fn flow(&mut self, flow: FlowRecord) {
        self.flow = Some(flow);
    }

    /// The last figures of a leg.
    pub fn figures(&mut self, leg: LegId, codec: Option<String>, figures: Option<Figures>) {
        if let Some(found) = self.legs.iter_mut().find(|it| it.leg == leg) {
            found.codec = codec.or(found.codec.take());
            found.figures = figures.or(found.figures.take());
        }
    }

    /// A leg was answered, and it is not the one that makes it a talk.
    pub fn caller_answered(&mut self, leg: LegId, now: Tick) {
        let at = self.wall(now);
        if let Some(found) = self.legs.iter_mut().find(|it| it.leg == leg) {
            found.answered_at = Some(at);
        }
    }

    /// Closes the book.
    pub fn close(
        mut self,
        (cause, blame): (EndCause, Blame),
        sip_status: Option<u16>,
        detail: Option<String>,
        now: Tick,
    ) -> CallRecord {
        let ended_at = self.wall(now);
        for leg in self.legs.iter_mut().filter(|leg| leg.ended_at.is_none()) {
            leg.ended_at = Some(ended_at);
            leg.cause = Some(cause);
        }
        CallRecord {
            ringing_at: self.ringing_at,
            answered_at: self.answered.map(|(_, at)| at),
            ended_at,
            talk_ms: self.answered.map_or(0, |(at, _)| now.since(at).as_ms()),
            cause,
            blame,
            sip_status,
            detail,
            legs: self.legs,
            timeline: self.timeline,
            flow: self.flow,
            started: self.started,
        }
    }
}

fn started(plan: &RoutePlan, at: Wall) -> CallStarted {
    let seat = match plan.direction {
        Direction::Inbound => plan.called.seat,
        Direction::Outbound | Direction::Internal | Direction::Test => plan.caller.seat,
    };
    let line = plan.caller_gateway_port;
    CallStarted {
        call: plan.call,
        tenant: plan.tenant,
        direction: plan.direction,
        caller: plan.caller.number.clone(),
        caller_name: plan.caller.name.clone(),
        called: plan.called.number.clone(),
        displayed: plan.displayed.as_ref().map(|number| number.as_str().to_owned()),
        seat: seat.or(plan.called.seat),
        number: plan.number,
        gateway: line.map(|(gateway, _)| gateway),
        gateway_port: line.map(|(_, gateway_port)| gateway_port),
        at,
    }
}
