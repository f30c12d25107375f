//! Channel slots of a call, and its durable start: asked of the plane, never waited for without end.
//!
//! A store that hangs instead of failing must cost the caller a quick refusal, not a phone that says nothing (`safety.md` F04).

use std::future::Future;

use patchbay_call::{Input, LegInput, LegNo};
use patchbay_kernel::EndCause;
use patchbay_plane::{CapacityError, Resource, Target};

use crate::call_task::{CallTask, Seen, Wire};

impl CallTask {
    /// The company's and the caller's own slots.
    pub(crate) async fn admit(&self) -> Input {
        match self.acquire(self.plan.resources.clone()).await {
            Ok(()) => Input::Admitted,
            Err((label, cause)) => Input::NotAdmitted { label, cause },
        }
    }

    /// The slot of one branch.
    pub(crate) async fn take_slot(&mut self, leg: LegNo, stage: usize, branch: usize) -> Input {
        let Target::Trunk(trunk) = &self.plan.stages[stage].targets[branch] else {
            return Input::Leg(leg, LegInput::SlotGranted);
        };
        if let Some(most) = trunk.calls_per_second
            && !self.exchange.gateways.begins(trunk.gateway, most, self.exchange.now())
        {
            let label = format!("{} begins {most} call(s) a second and has just done so", trunk.resource.label);
            return Input::Leg(leg, LegInput::SlotRefused { label, cause: EndCause::Congested });
        }
        // What is shared first: the order in which everybody takes them.
        let mut resources = trunk.shared.clone();
        resources.push(trunk.resource.clone());
        let keys = resources.iter().map(|resource| resource.key.clone()).collect();
        let what = match self.acquire(resources).await {
            Ok(()) => {
                self.begin_side(leg, keys);
                LegInput::SlotGranted
            }
            Err((label, cause)) => LegInput::SlotRefused { label, cause },
        };
        Input::Leg(leg, what)
    }

    /// A slot that comes too late is given back by whoever waits for it still.
    async fn acquire(&self, resources: Vec<Resource>) -> Result<(), (String, EndCause)> {
        let (capacity, call) = (self.exchange.outside.capacity.clone(), self.plan.call);
        let keys: Vec<String> = resources.iter().map(|resource| resource.key.clone()).collect();
        let asked = capacity.clone();
        let mut granting = Box::pin(async move { asked.acquire(call, &resources).await });
        match tokio::time::timeout(self.exchange.config.route_within, &mut granting).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(why)) => Err(limit(&why)),
            Err(_) => {
                tracing::error!(call.id = %call, "Slots of call {call} were not granted in time");
                tokio::spawn(async move {
                    if granting.await.is_ok() {
                        for key in keys {
                            let _ = capacity.release(call, &key).await;
                        }
                    }
                });
                Err(("capacity is unknown".into(), EndCause::Overloaded))
            }
        }
    }

    /// Gives back the slot of a branch that failed.
    pub(crate) async fn release_slot(&mut self, leg: LegNo) {
        let call = self.plan.call;
        let keys = self.side(leg).map(|side| std::mem::take(&mut side.slots)).unwrap_or_default();
        if keys.is_empty() {
            return;
        }
        let capacity = self.exchange.outside.capacity.clone();
        let giving = async move {
            for key in &keys {
                capacity.release(call, key).await?;
            }
            Ok(())
        };
        self.give_back(giving).await;
    }

    /// Gives back everything that the call holds.
    pub(crate) async fn release_all(&self) {
        let (capacity, call) = (self.exchange.outside.capacity.clone(), self.plan.call);
        self.give_back(async move { capacity.release_all(call).await }).await;
    }

    /// Waits a while, so that the next call finds the line free; what takes longer goes on by itself.
    async fn give_back(&self, giving: impl Future<Output = Result<(), CapacityError>> + Send + 'static) {
        let call = self.plan.call;
        let giving = tokio::spawn(async move {
            if let Err(why) = giving.await {
                tracing::warn!(call.id = %call, error = %why, "Slots of call {call} wait for the sweep");
            }
        });
        let _ = tokio::time::timeout(self.exchange.config.route_within, giving).await;
    }

    /// The durable start of the call.
    pub(crate) async fn record_start(&self) -> Input {
        let call = self.plan.call;
        let writing = self.exchange.outside.sink.call_started(self.book.start());
        match tokio::time::timeout(self.exchange.config.route_within, writing).await {
            Ok(Ok(())) => {
                if let Some(Wire::Sip(leg)) = self.sides.first().map(|caller| caller.wire) {
                    self.exchange.signaling.underway(leg);
                }
                self.see(Seen::Begun);
                return Input::StartRecorded;
            }
            Ok(Err(why)) => {
                tracing::error!(call.id = %call, error = %why, "Call {call} was refused: its start could not be written");
            }
            Err(_) => tracing::error!(call.id = %call, "Call {call} was refused: its start was not written in time"),
        }
        Input::StartNotRecorded
    }
}

fn limit(why: &CapacityError) -> (String, EndCause) {
    match why {
        CapacityError::Full(hit) => (hit.to_string(), EndCause::Congested),
        CapacityError::Fenced => (why.to_string(), EndCause::Overloaded),
        CapacityError::Store(_) => ("capacity is unknown".into(), EndCause::Internal),
    }
}
