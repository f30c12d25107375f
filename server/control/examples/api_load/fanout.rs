//! From the commit of an event until each of a thousand pages has it.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::{StreamExt as _, future::join_all};
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::{House, client::Timing};

/// Pages that are open.
const PAGES: usize = 1_000;
/// Events that are told, one after the other.
const EVENTS: usize = 20;

/// When an event came, by its place in the log.
type Came = Arc<Mutex<Vec<(i64, Instant)>>>;

pub async fn run(house: &House) -> Timing {
    let came: Came = Arc::default();
    let mut readers = Vec::new();
    for some in (0..PAGES).collect::<Vec<_>>().chunks(50) {
        let opened = join_all(some.iter().map(|_| page(house, came.clone()))).await;
        readers.extend(opened);
    }
    let mut feed = house.rig.db.feed();
    let mut published = Vec::new();
    for turn in 0..EVENTS {
        let name = json!({ "name": format!("Aster {turn}") });
        let asked = house.rig.patch("/v1/company", &house.owner, name);
        let told = async {
            let row = feed.recv().await.unwrap();
            (row.seq, Instant::now())
        };
        let (answer, told) = tokio::join!(asked, told);
        answer.is(200);
        published.push(told);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let wanted = PAGES * EVENTS;
    for _ in 0..100 {
        if came.lock().unwrap().len() >= wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    readers.iter().for_each(tokio::task::JoinHandle::abort);
    let came = came.lock().unwrap();
    assert_eq!(came.len(), wanted, "every page hears every event once");
    let since = |seq: i64, at: Instant| {
        let (_, began) = published.iter().find(|(place, _)| *place == seq).unwrap();
        u64::try_from(at.saturating_duration_since(*began).as_micros()).unwrap()
    };
    let times = came.iter().map(|(seq, at)| since(*seq, *at)).collect();
    Timing::of(times, Duration::from_millis(300) * u32::try_from(EVENTS).unwrap())
}

async fn page(house: &House, came: Came) -> tokio::task::JoinHandle<()> {
    let ticket = house.rig.send("POST", "/v1/live/ticket", &house.owner, None, &[]).await.is(201).json;
    let url = format!("ws://{}/v1/live?ticket={}", house.ours, ticket["ticket"].as_str().unwrap());
    let mut socket = connect_async(url).await.unwrap().0;
    let hello = socket.next().await.unwrap().unwrap();
    assert!(hello.to_text().unwrap().contains("hello"), "{hello}");
    tokio::spawn(async move {
        while let Some(Ok(frame)) = socket.next().await {
            let at = Instant::now();
            let Message::Text(text) = frame else { continue };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if let Some(seq) = frame["event"]["seq"].as_i64() {
                came.lock().unwrap().push((seq, at));
            }
        }
    })
}
