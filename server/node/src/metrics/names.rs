//! Every series and what it means.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

const COUNTERS: &[(&str, &str)] = &[
    ("patchbay_calls_started_total", "Calls whose start was recorded, by direction."),
    ("patchbay_calls_answered_total", "Calls that were answered."),
    ("patchbay_calls_ended_total", "Calls whose record was kept, by direction, cause and blame."),
    ("patchbay_call_talk_milliseconds_total", "Time from answer to end, by direction."),
    ("patchbay_legs_total", "Legs of ended calls, by what they ran on and whether they were answered."),
    ("patchbay_records_refused_total", "Times that the store did not take a record, which is offered again."),
    ("patchbay_ladders_total", "Calls whose SIP messages were kept, or let go for want of time."),
    ("patchbay_gateway_failures_total", "Calls that failed on the carrier's side."),
    ("patchbay_sip_messages_total", "SIP messages on the wire, by way, transport and method or class of status."),
    ("patchbay_sip_core_messages_total", "What the SIP core did with messages."),
    ("patchbay_sip_retransmissions_total", "SIP messages repeated by us, and repeats of peers that were absorbed."),
    ("patchbay_sip_socket_faults_total", "Datagrams dropped and connections closed by the sockets, by reason."),
    ("patchbay_rtp_packets_total", "RTP packets received and believed, sent, dropped as foreign or unreadable."),
    ("patchbay_media_worker_cpu_milliseconds_total", "Time on a processor, by media worker: its slope is the load."),
    ("patchbay_tokio_busy_milliseconds_total", "Time that the runtime's workers were busy."),
];

const GAUGES: &[(&str, &str)] = &[
    ("patchbay_calls", "Calls that are up or being set up."),
    ("patchbay_sip_legs", "SIP legs of calls."),
    ("patchbay_sip_dialogs", "INVITE sessions in the SIP core."),
    ("patchbay_sip_transactions", "SIP transactions alive, by side."),
    ("patchbay_sip_timers", "Entries of the SIP core's timer queue."),
    ("patchbay_sip_connections", "TCP, TLS and WebSocket connections open."),
    ("patchbay_sip_requests_waiting", "Requests of ours outside of calls that wait for their answer."),
    ("patchbay_websocket_flows", "Browsers whose WebSocket speaks for a device."),
    ("patchbay_registrations", "User names with a live contact: devices, accounts of gateways."),
    ("patchbay_records_waiting", "Records that the store has not taken yet."),
    ("patchbay_ladder_bytes", "SIP messages of calls in memory, and of INVITEs that are no call."),
    ("patchbay_media_legs", "Legs open in the media engine."),
    ("patchbay_media_legs_bridged", "Legs of them that are joined to another."),
    ("patchbay_media_udp_ports", "Pairs of UDP ports of the RTP range, used (or draining) and free."),
    ("patchbay_database_connections", "Connections to the store, by pool and state."),
    ("patchbay_tokio_tasks", "Tasks alive in the runtime."),
    ("patchbay_tokio_queue_depth", "Tasks that wait in the runtime's shared queue."),
    ("patchbay_process_resident_memory_bytes", "Memory of this process in RAM."),
    ("patchbay_process_open_files", "Files and sockets open."),
];

const HISTOGRAMS: &[(&str, &str)] = &[
    ("patchbay_http_request_seconds", "Time to the head of the answer, by method, route and class of status."),
    ("patchbay_call_ringing_delay_seconds", "Time from a call's start to its first ringing, by direction."),
];

/// Says what they mean.
pub fn describe() {
    for (name, help) in COUNTERS {
        describe_counter!(*name, *help);
    }
    for (name, help) in GAUGES {
        describe_gauge!(*name, *help);
    }
    for (name, help) in HISTOGRAMS {
        describe_histogram!(*name, Unit::Seconds, *help);
    }
}
