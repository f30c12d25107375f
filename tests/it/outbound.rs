//! A desk phone calls the world.

use patchbay_sip::End;
use patchbay_testkit::Happened;
use patchbay_tests::{
    Store,
    story::{ABROAD, NUMBER, Scene, both_hear},
};

#[tokio::test]
async fn a_call_goes_out_and_both_hear_each_other() {
    whole_call(Store::Sqlite).await;
}

/// From the first digit to the record, on this store.
pub async fn whole_call(store: Store) {
    let mut scene = Scene::sip_trunk(store, 10).await;
    let mut ours = scene.desk.dial(ABROAD).await;
    let mut theirs = scene.far.incoming().await;
    assert_eq!(theirs.caller().as_deref(), Some(NUMBER), "the displayed number");
    let uri = theirs.request_uri().unwrap();
    assert!(uri.starts_with(&format!("sip:{ABROAD}@")), "{uri}");
    theirs.ring();
    assert!(ours.ringing().await.0 >= 180);
    theirs.answer().await;
    assert_eq!(ours.answered().await, Ok(()));
    both_hear(&ours, &theirs).await;
    ours.hang_up();
    assert_eq!(theirs.ended().await, End::Bye);
    let record = scene.only_record().await;
    let summary = &record["summary"];
    assert_eq!(summary["direction"], "outbound");
    assert_eq!((&summary["called"], &summary["displayed"]), (&ABROAD.into(), &NUMBER.into()), "{summary}");
    assert_eq!(summary["cause"], "caller_hung_up");
    assert!(summary["talk_ms"].as_u64().unwrap() >= 1_000, "{summary}");
    both_legs(&record);
}

/// Each leg has figures of audio that came and went without loss.
fn both_legs(record: &serde_json::Value) {
    let legs = record["legs"].as_array().unwrap();
    assert_eq!(legs.len(), 2, "{record}");
    for (leg, kind) in legs.iter().zip(["sip_phone", "gateway"]) {
        assert_eq!(leg["kind"], kind);
        assert_eq!(leg["codec"], "PCMU", "{leg}");
        let figures = &leg["figures"];
        let count = |name: &str| figures[name].as_u64().unwrap();
        assert!(count("received") >= 50 && count("sent") >= 50, "{leg}");
        assert_eq!(count("lost"), 0, "{leg}");
        assert!(figures["mos"].as_f64().unwrap() > 3.5, "{leg}");
        let level = figures["level_dbfs"].as_f64().unwrap();
        assert!((-40.0..0.0).contains(&level), "{leg}");
    }
}

#[tokio::test]
async fn a_caller_who_gives_up_is_recorded_as_such() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let mut ours = scene.desk.dial(ABROAD).await;
    let mut theirs = scene.far.incoming().await;
    theirs.ring();
    ours.ringing().await;
    ours.hang_up();
    assert_eq!(theirs.ended().await, End::Cancel);
    let record = scene.only_record().await;
    assert_eq!(record["summary"]["cause"], "caller_cancelled");
    assert_eq!(record["summary"]["talk_ms"], 0);
}

#[tokio::test]
async fn the_far_end_s_refusal_reaches_the_caller_and_the_record() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    for (refusal, told, cause) in [(486, 486, "busy"), (603, 603, "declined"), (404, 404, "not_found")] {
        let mut ours = scene.desk.dial(ABROAD).await;
        scene.far.incoming().await.refuse(refusal);
        assert_eq!(ours.answered().await, Err(told));
        patchbay_tests::story::eventually(cause, async || {
            scene.company.owner.get("/v1/calls?limit=1").await["items"][0]["cause"] == cause
        })
        .await;
    }
}

#[tokio::test]
async fn hold_is_silence_and_keys_arrive() {
    let mut scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let (mut ours, mut theirs) = scene.talk(ABROAD).await;
    ours.press("15*#").await;
    assert_eq!(theirs.keys(4).await, "15*#");
    both_hear(&ours, &theirs).await;
    assert!(ours.hold().await);
    let held = theirs.wait("the hold", |it| matches!(it, Happened::Changed(true)).then_some(()));
    let _ = tokio::time::timeout(std::time::Duration::from_millis(500), held).await;
    theirs.hears_no_more(1_000).await.expect("silence on hold");
    assert!(ours.resume().await);
    both_hear(&ours, &theirs).await;
    theirs.hang_up();
    assert_eq!(ours.ended().await, End::Bye);
    assert_eq!(scene.only_record().await["summary"]["cause"], "callee_hung_up");
}
