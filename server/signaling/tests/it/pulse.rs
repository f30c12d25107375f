//! A page that vanishes without a word.

use std::time::Duration;

use crate::support::{SystemClock, pipe::pipe, start};
use futures::{SinkExt, StreamExt};
use patchbay_kernel::Clock;
use patchbay_signaling::{Limits, WebSocketFrame};
use patchbay_sip::Event;
use tokio::time::timeout;

fn quick() -> Limits {
    Limits { ping_every: Duration::from_millis(300), pong_within: Duration::from_millis(100), ..Limits::default() }
}

#[tokio::test]
async fn a_silent_page_is_pinged_twice_and_then_gone() {
    let mut server = start(quick()).await;
    let (mut page, socket) = pipe();
    let clock = SystemClock::start();
    let flow = server.signaling.websocket(socket, "127.0.0.1:9".parse().unwrap());
    match server.next().await {
        Event::FlowDown { flow: down } => assert_eq!(down, flow),
        other => panic!("the flow goes down, not {other:?}"),
    }
    let took = clock.tick().as_ms();
    assert!((490..2_000).contains(&took), "300 + 2 * 100 ms, not {took}");
    let mut pings = 0;
    while let Some(Ok(frame)) = page.next().await {
        assert_eq!(frame, WebSocketFrame::Ping);
        pings += 1;
    }
    assert_eq!((pings, server.signaling.stats().pulses_lost, server.signaling.stats().connections), (2, 1, 0));
}

#[tokio::test]
async fn a_page_that_answers_pings_stays_and_its_keep_alives_are_answered() {
    let server = start(quick()).await;
    let (mut page, socket) = pipe();
    server.signaling.websocket(socket, "127.0.0.1:9".parse().unwrap());
    for _ in 0..4 {
        let asked = timeout(Duration::from_secs(5), page.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(asked, WebSocketFrame::Ping);
        page.send(WebSocketFrame::Pong).await.unwrap();
    }
    page.send(WebSocketFrame::Message(b"\r\n\r\n".to_vec())).await.unwrap();
    let answer = timeout(Duration::from_millis(250), page.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer, WebSocketFrame::Message(b"\r\n".to_vec()));
    assert_eq!((server.signaling.stats().pulses_lost, server.signaling.stats().connections), (0, 1));
}
