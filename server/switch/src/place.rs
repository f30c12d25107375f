//! A call that we place: both sides are dialled, and one task drives it as it does every other.

use std::sync::Arc;

use patchbay_call::LegNo;
use patchbay_kernel::{EndCause, SeatId};
use patchbay_media::Play;
use patchbay_plane::{LegRole, Party, PlaceAsk, Refusal};
use tokio::sync::mpsc;

use crate::{
    call_task::{CallTask, Seen},
    exchange::Exchange,
    supervise,
    ways::ways,
};

impl Exchange {
    /// Places the call; returns when its first side is dialled.
    pub(crate) async fn place_call(self: Arc<Self>, ask: PlaceAsk) -> Result<(), Refusal> {
        self.place_watched(ask).await.map(drop)
    }

    /// The same, with news of how it goes.
    pub(crate) async fn place_watched(
        self: Arc<Self>,
        ask: PlaceAsk,
    ) -> Result<mpsc::UnboundedReceiver<Seen>, Refusal> {
        let (tenant, seat_first) = (ask.tenant, ask.first == patchbay_plane::First::Seat);
        let no = |cause, text: &str| Refusal { cause, tenant: Some(tenant), text: text.to_owned() };
        if self.is_draining() {
            return Err(no(EndCause::Overloaded, "The node is about to end"));
        }
        // Calls that come in go first near the limit (`safety.md` section 4, overload order).
        if self.live.count() >= self.config.max_calls * 9 / 10 {
            return Err(no(EndCause::Overloaded, "The node carries nearly as many calls as it may"));
        }
        self.pace.take_of(tenant, self.now()).map_err(|whose| no(EndCause::Overloaded, whose))?;
        let (began, call) = ((self.now(), self.wall()), ask.call);
        let planned = tokio::time::timeout(self.config.route_within, self.outside.directory.place_plan(ask)).await;
        let late = |_| no(EndCause::Overloaded, "The directory does not answer in time");
        let mut plan = planned.map_err(late)??;
        let ways = ways(&self, &mut plan).await;
        let (door, inbox) = mpsc::unbounded_channel();
        let mut task = CallTask::place(self.clone(), (plan, ways), (door, inbox), began);
        let mut seen = task.watch();
        tracing::info!(call.id = %call, seat_first, "Call {call} is placed");
        tokio::spawn(supervise::run(self.clone(), task));
        match seen.recv().await {
            Some(Seen::Ended { cause, detail, .. }) => {
                let text = detail.unwrap_or_else(|| cause.code().replace('_', " "));
                Err(no(cause, &text))
            }
            Some(_) => Ok(seen),
            None => Err(no(EndCause::Internal, "The call broke")),
        }
    }
}

impl CallTask {
    /// Which side of the call people see in who is dialled in this stage.
    pub(crate) fn role_in(&self, stage: usize) -> LegRole {
        let called = self.plan.placed.is_none_or(|placed| (stage < placed.first_stages) == placed.called_first);
        if called { LegRole::Called } else { LegRole::Caller }
    }

    /// Who rings, as the devices of this seat are told: the other party.
    pub(crate) fn shown_to(&self, seat: SeatId) -> &Party {
        let own = self.plan.placed.is_some() && self.plan.caller.seat == Some(seat);
        if own { &self.plan.called } else { &self.plan.caller }
    }

    /// What a device of the seat for which the call is placed is told: that it is a call of its own, and whether to answer it by
    /// itself (RFC 5373; `answer-after` and `info=alert-autoanswer` are what desk phones of most makes heed).
    pub(crate) fn placed_headers(&self, seat: SeatId) -> Vec<(String, String)> {
        let Some(placed) = self.plan.placed.filter(|_| self.plan.caller.seat == Some(seat)) else { return Vec::new() };
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![header("X-Placed", if placed.called_first { "called-first" } else { "seat-first" })];
        if placed.auto_answer {
            let about = format!("<sip:{}>;answer-after=0", self.exchange.config.domain);
            headers.push(header("Answer-Mode", "Auto"));
            headers.push(("Call-Info".to_owned(), about));
            headers.push(header("Alert-Info", "<http://localhost>;info=alert-autoanswer"));
        }
        headers
    }

    /// Who was dialled first is the caller from now on.
    pub(crate) fn take_caller(&mut self, no: LegNo) {
        if let Some(side) = self.side(no) {
            side.no = LegNo::CALLER;
        }
    }

    /// What a caller that we dialled hears while the other side is dialled: early audio of `audio`, else our ringback.
    pub(crate) async fn entertain_caller(&mut self, audio: Option<LegNo>) {
        let Some(caller) = self.side(LegNo::CALLER).map(|side| side.leg) else { return };
        match audio {
            Some(from) => {
                self.exchange.media_stop_play(caller);
                self.join(from).await;
            }
            None => self.exchange.media_play(caller, Play::Ringback),
        }
    }

    /// Both sides have answered us: they talk.
    pub(crate) async fn join_placed(&mut self, winner: LegNo) {
        let Some(caller) = self.side(LegNo::CALLER).map(|side| side.leg) else { return };
        self.exchange.media_stop_play(caller);
        self.join(winner).await;
        self.see(Seen::Answered(caller));
        if self.call.is_held() {
            self.part().await;
        }
    }

    /// Why there is so little to tell of a placed call whose first side never answered.
    pub(crate) fn never_came(&self) -> Option<String> {
        let placed = self.plan.placed.filter(|_| self.call.awaits_caller())?;
        let (seat, called) = (&self.plan.caller.number, &self.plan.called.number);
        Some(if placed.called_first {
            format!("{called} was not reached, so that extension {seat} was not rung")
        } else {
            format!("extension {seat} was not reached, so that {called} was not dialled")
        })
    }
}
