//! Which Call-ID belongs to which leg, for those who look at the messages of a call.

use patchbay_call::LegNo;
use patchbay_kernel::{CallId, LegId};
use patchbay_media::MediaLegKind;
use patchbay_plane::{DeviceKind, LadderLeg, LegKind, LegRole, Principal, RoutePlan};
use patchbay_sip::{Message, Name};

use crate::{call_task::CallTask, exchange::Exchange};

impl Exchange {
    /// The caller's leg is the one whose INVITE this is.
    pub(crate) fn follow_caller(
        &self,
        (call, leg): (CallId, LegId),
        principal: &Principal,
        plan: Option<&RoutePlan>,
        invite: &Message,
    ) {
        let Some(call_id) = invite.get(Name::CallId) else { return };
        let (kind, known) = match principal {
            Principal::Device { kind: DeviceKind::Browser, .. } => (LegKind::Browser, None),
            Principal::Device { kind: DeviceKind::SipPhone, .. } => (LegKind::SipPhone, None),
            Principal::Gateway { gateway_port, .. } => (LegKind::Gateway, *gateway_port),
        };
        let gateway_port = plan.and_then(|plan| plan.caller_gateway_port).map(|(_, it)| it).or(known);
        self.signaling.names(LadderLeg { call, leg, role: LegRole::Caller, kind, gateway_port }, call_id);
    }

    /// A Call-ID that tells nothing. Source: RFC 3261 section 8.1.1.4.
    pub(crate) fn new_call_id(&self) -> String {
        format!("{:016x}{:016x}", self.chance(u64::MAX), self.chance(u64::MAX))
    }
}

impl CallTask {
    /// The Call-ID of the INVITE that we are about to send to this side.
    pub(crate) fn follow(&mut self, no: LegNo) -> Option<(String, String)> {
        let call = self.plan.call;
        let side = self.side(no)?;
        let kind = match (side.line, side.kind) {
            (Some(_), _) => LegKind::Gateway,
            (None, MediaLegKind::Browser) => LegKind::Browser,
            (None, MediaLegKind::Rtp { .. }) => LegKind::SipPhone,
        };
        let gateway_port = side.line.map(|(_, gateway_port)| gateway_port);
        let leg = LadderLeg { call, leg: side.leg, role: side.role, kind, gateway_port };
        let call_id = self.exchange.new_call_id();
        self.exchange.signaling.names(leg, call_id.as_bytes());
        Some(("Call-ID".to_owned(), call_id))
    }
}
