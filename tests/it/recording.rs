//! Calls are recorded, heard again by their company, sealed where they lie, and go on when nothing can be kept.

use std::path::{Path, PathBuf};

use patchbay_codec::{g711::Law, measure};
use patchbay_tests::{
    Store,
    story::{ABROAD, Scene, both_hear, eventually},
};
use reqwest::Method;
use serde_json::{Value, json};

async fn always(scene: &Scene) {
    let policy = json!({ "mode": "always", "keep_days": 30, "voicemail_keep_days": 30, "queues": [] });
    let (status, body) = scene.company.owner.call(Method::PUT, "/v1/recording-policy", Some(&policy)).await;
    assert!(status.is_success(), "{status} {body}");
}

/// The only recording, once it is no longer running.
async fn recording(scene: &Scene) -> Value {
    let list = async || scene.company.owner.get("/v1/recordings").await["items"].clone();
    eventually("the recording has ended", async || {
        list().await[0]["state"].as_str().is_some_and(|state| state != "recording")
    })
    .await;
    let all = list().await;
    assert_eq!(all.as_array().map(Vec::len), Some(1), "{all}");
    all[0].clone()
}

fn sealed_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sealed_files(&path, into);
        } else {
            into.push(path);
        }
    }
}

#[tokio::test]
async fn what_both_say_is_heard_again_and_lies_sealed() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    always(&scene).await;
    let (ours, mut theirs) = scene.talk(ABROAD).await;
    both_hear(&ours, &theirs).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    ours.hang_up();
    theirs.ended().await;
    let talked = scene.only_record().await["summary"]["talk_ms"].as_i64().unwrap();
    let kept = recording(&scene).await;
    assert_eq!(
        (&kept["state"], &kept["lost"], &kept["begun_by"]),
        (&"ready".into(), &0.into(), &"policy".into()),
        "{kept}"
    );
    let length = kept["duration_ms"].as_i64().unwrap();
    assert!((length - talked).abs() < 400, "{length} ms of {talked}");
    let play = format!("/v1/recordings/{}/play", kept["id"].as_str().unwrap());
    let link = scene.company.owner.post(&play, Value::Null).await;
    let url = format!("{}{}", scene.server.url(), link["url"].as_str().unwrap());
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "audio/wav");
    let wav = answer.bytes().await.unwrap();
    let stereo: Vec<i16> = wav[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    assert!((stereo.len() as i64 / 16 - length).abs() <= 1);
    // The customer is left and says 440 Hz, the seat is right and says 1000 Hz.
    let last = &stereo[stereo.len() - 2_000 * 16..stereo.len() - 300 * 16];
    for (side, hz, other) in [(0, 440, 1_000), (1, 1_000, 440)] {
        let heard: Vec<i16> = last.iter().skip(side).step_by(2).copied().collect();
        let (share, wrong) = (measure::share(&heard, hz), measure::share(&heard, other));
        assert!(share > 0.95 && wrong < 0.01, "side {side}: {share} of {hz} Hz, {wrong} of {other} Hz");
    }
    // On the disk it is nowhere in the clear: neither as it is played nor as it is packed.
    let mut files = Vec::new();
    sealed_files(&scene.server.folder().join("sounds"), &mut files);
    assert_eq!(files.len(), 1, "{files:?}");
    let sealed = std::fs::read(&files[0]).unwrap();
    assert!(sealed.len() as i64 >= length * 16, "all of it is there");
    let packed: Vec<u8> = last[..32].iter().map(|sample| Law::Mu.encode(*sample)).collect();
    let left: Vec<u8> = packed.iter().step_by(2).copied().collect();
    let played: Vec<u8> = last[..32].iter().flat_map(|sample| sample.to_le_bytes()).collect();
    for clear in [packed, left, played] {
        assert!(!sealed.windows(clear.len()).any(|piece| piece == clear), "{clear:?} lies in the clear");
    }
    let told = scene.company.owner.get("/v1/events?kind=recording.ready").await;
    assert_eq!(told["items"].as_array().map(Vec::len), Some(1), "{told}");
    let audit = scene.company.owner.get("/v1/audit?limit=1").await;
    assert_eq!(audit["items"][0]["action"], "recording.played", "{audit}");
}

#[tokio::test]
async fn a_store_that_takes_nothing_leaves_the_call_alone() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    always(&scene).await;
    let sounds = scene.server.folder().join("sounds");
    std::fs::create_dir_all(&sounds).unwrap();
    std::fs::write(sounds.join("recordings"), "a file where a folder should be").unwrap();
    let (ours, mut theirs) = scene.talk(ABROAD).await;
    both_hear(&ours, &theirs).await;
    let failed = recording(&scene).await;
    assert_eq!((&failed["state"], &failed["fault"]), (&"failed".into(), &"store_failed".into()), "{failed}");
    both_hear(&ours, &theirs).await;
    ours.hang_up();
    theirs.ended().await;
    assert_eq!(scene.only_record().await["summary"]["cause"], "caller_hung_up");
    let told = scene.company.owner.get("/v1/events?kind=recording.failed").await;
    assert_eq!(told["items"][0]["body"]["reason"], "store_failed", "{told}");
}
