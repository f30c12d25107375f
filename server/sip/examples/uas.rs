//! A far end for load tests: a user agent server on this core, one thread, one UDP socket. Rings and answers at once.
//!
//! `uas 127.0.0.1:5080`; ends with the process.

use std::{
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use patchbay_kernel::Tick;
use patchbay_sip::{Cmd, Event, FlowId, Output, Stack, StackConfig};

fn main() {
    let listen: SocketAddr = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("uas ADDRESS:UDP_PORT");
    let socket = UdpSocket::bind(listen).expect("the address is free");
    let config = StackConfig::new("far.example", &listen.to_string());
    let mut stack = Stack::new(config, [7; 32]);
    let started = Instant::now();
    let now = || Tick(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX));
    let sdp = format!(
        "v=0\r\no=far 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
        listen.ip()
    );
    let mut bytes = [0; 65_536];
    loop {
        let wait = stack.next_timeout().map_or(1_000_000, |at| at.since(now()).0).clamp(1_000, 1_000_000);
        socket.set_read_timeout(Some(Duration::from_micros(wait))).expect("a time-out above zero");
        if let Ok((length, peer)) = socket.recv_from(&mut bytes) {
            stack.datagram(FlowId::Udp(peer), &bytes[..length], now());
        }
        stack.timeout(now());
        while let Some(output) = stack.poll() {
            match output {
                Output::Send { flow, bytes } => drop(socket.send_to(&bytes, flow.peer())),
                Output::Event(event) => answer(&mut stack, event, &sdp, now()),
                Output::Close { .. } => {}
            }
        }
    }
}

fn answer(stack: &mut Stack, event: Event, sdp: &str, now: Tick) {
    match event {
        Event::Invite { leg, .. } => {
            stack.command(Cmd::Ring { leg, code: 180, sdp: None, extra: Vec::new() }, now);
            stack.command(Cmd::Answer { leg, sdp: Some(sdp.as_bytes().to_vec()), extra: Vec::new() }, now);
        }
        Event::Request { request, .. } | Event::Refer { request, .. } => {
            stack.command(Cmd::Respond { request, code: 200, extra: Vec::new() }, now);
        }
        Event::Offer { leg, .. } => stack.command(Cmd::Accept { leg, sdp: Some(sdp.as_bytes().to_vec()) }, now),
        _ => {}
    }
}
