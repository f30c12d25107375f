//! What is asked when somebody reads: the figures that the parts keep themselves.

use std::{sync::Arc, time::Duration};

use metrics::{counter, gauge};
use patchbay_media::Engine;
use patchbay_signaling::Signaling;
use patchbay_switch::{Exchange, figures::Figures};
use patchbay_tenancy::Database;
use tokio::time::timeout;

use super::process::{self, whole};
use crate::recorder::Recorder;

/// A part that does not answer within this time has no figures this once.
const PATIENCE: Duration = Duration::from_secs(2);

/// The parts.
pub struct Sources {
    /// SIP sockets and core.
    pub signaling: Signaling,
    /// Calls.
    pub exchange: Arc<Exchange>,
    /// RTP.
    pub media: Engine,
    /// The store.
    pub database: Database,
    /// SIP messages of calls.
    pub recorder: Arc<Recorder>,
    /// UDP ports of the RTP range, in pairs of RTP and RTCP.
    pub udp_ports: usize,
}

impl Sources {
    /// Reads every part once.
    pub async fn read(&self) {
        process::read();
        self.runtime();
        self.sockets();
        switch(self.exchange.figures());
        let (calls, strangers) = self.recorder.held();
        gauge!("patchbay_ladder_bytes", "of" => "calls").set(whole(calls));
        gauge!("patchbay_ladder_bytes", "of" => "strangers").set(whole(strangers));
        for pool in self.database.pools() {
            gauge!("patchbay_database_connections", "pool" => pool.pool, "state" => "idle").set(pool.idle);
            gauge!("patchbay_database_connections", "pool" => pool.pool, "state" => "used")
                .set(pool.open.saturating_sub(pool.idle));
        }
        if let Ok(Some(core)) = timeout(PATIENCE, self.signaling.stack_stats()).await {
            core_holds(&core);
        }
        if let Ok(media) = timeout(PATIENCE, self.media.stats()).await {
            gauge!("patchbay_media_legs").set(whole(media.legs));
            gauge!("patchbay_media_legs_bridged").set(whole(media.bridged));
            counter!("patchbay_rtp_packets_total", "what" => "received").absolute(media.received);
            counter!("patchbay_rtp_packets_total", "what" => "sent").absolute(media.sent);
            counter!("patchbay_rtp_packets_total", "what" => "dropped").absolute(media.refused);
            gauge!("patchbay_media_udp_ports", "state" => "used")
                .set(whole(self.udp_ports.saturating_sub(media.free_udp_ports)));
            gauge!("patchbay_media_udp_ports", "state" => "free").set(whole(media.free_udp_ports));
        }
    }

    fn runtime(&self) {
        let runtime = tokio::runtime::Handle::current().metrics();
        gauge!("patchbay_tokio_tasks").set(whole(runtime.num_alive_tasks()));
        gauge!("patchbay_tokio_queue_depth").set(whole(runtime.global_queue_depth()));
        for worker in 0..runtime.num_workers() {
            let busy = runtime.worker_total_busy_duration(worker).as_millis();
            let busy = u64::try_from(busy).unwrap_or(u64::MAX);
            counter!("patchbay_tokio_busy_milliseconds_total", "worker" => worker.to_string()).absolute(busy);
        }
    }

    fn sockets(&self) {
        let seen = self.signaling.stats();
        gauge!("patchbay_sip_connections").set(u32::try_from(seen.connections).unwrap_or(u32::MAX));
        let dropped = [
            ("rate", seen.rate_dropped),
            ("send_failed", seen.send_failed),
            ("connection_refused", seen.connections_refused),
            ("queue_overflown", seen.queues_overflown),
            ("write_timed_out", seen.writes_timed_out),
            ("read_timed_out", seen.reads_timed_out),
            ("unframed", seen.unframed),
            ("panic", seen.panics),
        ];
        for (why, count) in dropped {
            counter!("patchbay_sip_socket_faults_total", "why" => why).absolute(count);
        }
    }
}

fn switch(holds: Figures) {
    gauge!("patchbay_calls").set(whole(holds.calls));
    gauge!("patchbay_sip_legs").set(whole(holds.sip_legs));
    gauge!("patchbay_registrations", "of" => "devices").set(whole(holds.devices));
    gauge!("patchbay_registrations", "of" => "gateways").set(whole(holds.gateway_accounts));
    gauge!("patchbay_websocket_flows").set(whole(holds.browsers));
    gauge!("patchbay_sip_requests_waiting").set(whole(holds.requests));
    gauge!("patchbay_records_waiting").set(whole(holds.unkept_records));
}

fn core_holds(core: &patchbay_sip::Stats) {
    gauge!("patchbay_sip_dialogs").set(whole(core.legs));
    gauge!("patchbay_sip_transactions", "side" => "client").set(whole(core.client_transactions));
    gauge!("patchbay_sip_transactions", "side" => "server").set(whole(core.server_transactions));
    gauge!("patchbay_sip_timers").set(whole(core.timers));
    let counted = &core.counters;
    let done = [
        ("received", counted.received),
        ("dropped", counted.dropped),
        ("refused", counted.refused),
        ("absorbed", counted.absorbed),
        ("sent", counted.sent),
    ];
    for (what, count) in done {
        counter!("patchbay_sip_core_messages_total", "what" => what).absolute(count);
    }
    counter!("patchbay_sip_retransmissions_total", "side" => "ours").absolute(counted.repeated);
    counter!("patchbay_sip_retransmissions_total", "side" => "theirs").absolute(counted.absorbed);
}
