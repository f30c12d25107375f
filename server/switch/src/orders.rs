//! [`plane::Switch`](patchbay_plane::Switch): what the control plane may order.

use std::net::SocketAddr;

use patchbay_kernel::{CallId, DeviceId, EndCause, GatewayId, MemberId, RecordingId, SeatId, TenantId};
use patchbay_plane::{
    Later, LiveCall, OrderAsk, ParkedCall, PlaceAsk, PlaneError, Principal, QueueBoard, RecordOrder, Refusal, Speaker,
    Switch, TestCallAsk, TestVerdict, Unobeyed, acd::distributor::WrapUp,
};

use crate::{call_task::CallMessage, exchange::Exchange, resolve::net, steer};

impl Switch for Exchange {
    fn hang_up(&self, tenant: TenantId, call: CallId, cause: EndCause) -> Later<'_, bool> {
        let door = self.live.door(tenant, call);
        Box::pin(async move { door.is_some_and(|door| door.send(CallMessage::HangUp(cause)).is_ok()) })
    }

    fn place(&self, ask: PlaceAsk) -> Later<'_, Result<(), Refusal>> {
        Box::pin(async move {
            let gone = || Refusal { cause: EndCause::Shutdown, tenant: None, text: "The switch has stopped".into() };
            self.me.upgrade().ok_or_else(gone)?.place_call(ask).await
        })
    }

    fn order(&self, ask: OrderAsk) -> Later<'_, Result<Option<CallId>, Unobeyed>> {
        let door = self.live.door(ask.tenant, ask.call);
        Box::pin(async move { steer::ask(door.ok_or(Unobeyed::NoCall)?, ask.seat, ask.order).await })
    }

    fn parked(&self, tenant: TenantId) -> Vec<ParkedCall> {
        self.parked_calls(tenant)
    }

    fn pick_up(&self, tenant: TenantId, slot: u16, seat: SeatId) -> Later<'_, Result<CallId, Unobeyed>> {
        Box::pin(self.pick_up_parked(tenant, slot, seat))
    }

    fn record(&self, tenant: TenantId, call: CallId, recording: RecordingId, order: RecordOrder) -> bool {
        let door = self.live.door(tenant, call);
        door.is_some_and(|door| door.send(CallMessage::Record(recording, order)).is_ok())
    }

    fn live(&self, tenant: Option<TenantId>) -> Vec<LiveCall> {
        self.live.list(tenant)
    }

    fn forget_device(&self, device: DeviceId, username: &str) {
        self.forget_username(username);
        let speaks_for =
            |principal: &Principal| matches!(principal, Principal::Device { device: it, .. } if *it == device);
        for flow in self.distrust(|_, credential| speaks_for(&credential.principal)) {
            self.signaling.close(flow);
        }
    }

    fn forget_gateway_account(&self, username: &str) {
        self.forget_username(username);
    }

    fn contacts(&self, username: &str) -> u32 {
        u32::try_from(self.registrar.count(username, self.now())).unwrap_or(u32::MAX)
    }

    fn reload_gateways(&self) {
        self.gateways.reload();
    }

    fn gateway_online(&self, gateway: GatewayId) -> bool {
        self.is_online(gateway)
    }

    fn speaker(&self, source: SocketAddr, transport: &str, request_uri: &str) -> Speaker {
        self.gateways.speaker(net(transport), source, request_uri)
    }

    fn test_call(&self, ask: TestCallAsk) -> Later<'_, Result<TestVerdict, PlaneError>> {
        Box::pin(async move {
            let exchange = self.me.upgrade().ok_or_else(|| PlaneError("the switch has stopped".into()))?;
            exchange.place_test(ask).await
        })
    }

    fn queues_changed(&self, tenant: TenantId) {
        self.queues.changed(tenant);
    }

    fn messages_changed(&self, tenant: TenantId, seat: SeatId) {
        self.lamps.changed(tenant, seat);
    }

    fn wrap_up(&self, tenant: TenantId, member: MemberId, wish: WrapUp) -> Later<'_, bool> {
        Box::pin(self.queues.wrap_up(tenant, member, wish))
    }

    fn queue_board(&self, tenant: TenantId) -> Later<'_, QueueBoard> {
        Box::pin(self.queues.board(tenant))
    }
}
