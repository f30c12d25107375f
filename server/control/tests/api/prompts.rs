//! Prompts as those who make them meet them: files of all kinds, hostile ones, texts that are spoken, listening, undoing.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use patchbay_codec::{measure, wav};
use patchbay_control::prompts::{row::prompt_use, sound};
use patchbay_kernel::{PromptId, TenantId};
use sea_orm::ActiveValue::Set;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::rig::{Rig, token};

on_both!(
    a_file_becomes_a_prompt_of_one_loudness,
    hostile_files_are_refused_in_words_and_hurt_nobody,
    a_text_is_spoken_and_heard_before_it_is_kept,
    an_endpoint_speaks_where_it_may_be_reached,
    a_removed_prompt_comes_back_and_a_used_one_stays,
);

/// A file with this tone.
pub fn tone(hz: u16, length: usize, rate: u32) -> Vec<u8> {
    // 30 dB below the loudest.
    let turn = |at: usize| at as f64 * f64::from(hz) / f64::from(rate) * std::f64::consts::TAU;
    let samples: Vec<i16> = (0..length).map(|at| (turn(at).sin() * 1_036.0) as i16).collect();
    wav::write_as(&samples, rate, 1)
}

async fn made(rig: &Rig, owner: &str, name: &str) -> String {
    rig.post("/v1/prompts", owner, json!({ "name": name })).await.is(201).id()
}

async fn a_file_becomes_a_prompt_of_one_loudness(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let id = made(&rig, &owner, "Greeting <script>alert(1)</script>").await;
    let path = format!("/v1/prompts/{id}/audio/en");
    rig.get(&path, &owner).await.is(404);
    let kept = rig.sound(&path, &owner, "audio/wav", tone(440, 96_000, 48_000)).await.is(200).json;
    let audio = &kept["audio"][0];
    assert_eq!((audio["language"].as_str(), audio["format"].as_str()), (Some("en"), Some("wav")));
    assert_eq!((audio["duration_ms"].as_i64(), audio["source"].as_str()), (Some(2_000), Some("upload")));
    assert!((100..120).contains(&audio["gain_ddb"].as_i64().unwrap()), "30 dB below becomes 19 below: {audio}");
    assert!(audio["wave"].as_array().unwrap().len() > 200);
    let (status, kind, bytes) = rig.bytes("GET", &path, &owner, None).await;
    assert_eq!((status, kind.as_str()), (200, "audio/wav"));
    let heard = wav::read(&bytes).unwrap();
    assert!(measure::share(&heard[2_000..14_000], 440) > 0.99 && heard.len().abs_diff(16_000) < 3);
    assert!((measure::level_dbfs(&heard[2_000..14_000]) + 19.0).abs() < 0.5);
    // Again, from the browser, in another length; and in another language.
    let again = rig.sound(&format!("{path}?source=recording"), &owner, "audio/wav", tone(440, 8_000, 8_000)).await;
    assert_eq!(again.is(200).json["audio"][0]["duration_ms"], 1_000);
    let chinese = format!("/v1/prompts/{id}/audio/zh-Hans");
    let two = rig.sound(&chinese, &owner, "application/octet-stream", tone(600, 8_000, 8_000)).await.is(200).json;
    assert_eq!(two["audio"].as_array().unwrap().len(), 2);
    // What a call is played: the language, its neighbour, whatever there is.
    let tenant: TenantId = rig.get("/v1/company", &owner).await.id().parse().unwrap();
    let tx = rig.db.tenant_read(tenant, rig.stamp()).await.unwrap();
    let prompt = id.parse::<PromptId>().unwrap().uuid();
    for (language, hz) in [("en", 440), ("zh-Hant", 600), ("zh-Hans", 600), ("fr", 440)] {
        let samples = {
            let audio = sound::best(&tx, prompt, language).await.unwrap().unwrap();
            sound::samples(rig.control.app().blobs.as_ref(), tenant, audio).await.unwrap()
        };
        assert!(measure::share(&samples[1_000..7_000], hz) > 0.99, "{language}");
    }
    drop(tx);
    rig.send("DELETE", &chinese, &owner, None, &[]).await.is(204);
    rig.get(&chinese, &owner).await.is(404);
    let listed = rig.get("/v1/prompts", &owner).await.is(200).json;
    assert_eq!((listed.as_array().unwrap().len(), listed[0]["audio"].as_array().unwrap().len()), (1, 1));
    let name = rig.patch(&format!("/v1/prompts/{id}"), &owner, json!({ "name": "Greeting" })).await.is(200);
    assert_eq!(name.json["name"], "Greeting");
    rig.post("/v1/prompts", &owner, json!({ "name": "Greeting" })).await.is(409);
    let agent = token(&rig.join(&owner, "agent@aster.example.com", "agent").await);
    rig.get("/v1/prompts", &agent).await.is(403);
}

async fn hostile_files_are_refused_in_words_and_hurt_nobody(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let id = made(&rig, &owner, "Greeting").await;
    let path = format!("/v1/prompts/{id}/audio/en");
    let mut bomb = wav::write(&vec![1; 5 << 19]);
    for (at, bytes) in [(24, 4_000u32.to_le_bytes()), (28, 4_000u32.to_le_bytes()), (32, [1, 0, 8, 0])] {
        bomb[at..at + 4].copy_from_slice(&bytes);
    }
    let page = b"<!doctype html><script>alert(document.cookie)</script>".to_vec();
    for (kind, bytes, status, code) in [
        ("audio/wav", Vec::new(), 422, "sound_format"),
        ("audio/mpeg", page.clone(), 422, "sound_format"),
        ("audio/wav", [b"PK\x03\x04".to_vec(), page.clone()].concat(), 422, "sound_format"),
        ("audio/flac", b"fLaC\0\0\0\x22".to_vec(), 422, "sound_damaged"),
        ("audio/ogg", [b"OggS".to_vec(), vec![0xff; 5_000]].concat(), 422, "sound_damaged"),
        ("audio/wav", bomb, 422, "sound_too_long"),
        ("audio/wav", wav::write(&[0; 8_000]), 422, "sound_silent"),
        ("audio/wav", vec![b'R'; (10 << 20) + 1], 413, "file_too_large"),
        ("text/html", tone(440, 8_000, 8_000), 415, "unsupported_media_type"),
    ] {
        let answer = rig.sound(&path, &owner, kind, bytes).await.is(status);
        assert_eq!(answer.code(), code, "{kind}");
    }
    // A polyglot that is a sound: what is given out is what we made of it, without the stowaway.
    let polyglot = [tone(440, 8_000, 8_000), page].concat();
    rig.sound(&path, &owner, "audio/wav", polyglot).await.is(200);
    let (_, kind, bytes) = rig.bytes("GET", &path, &owner, None).await;
    assert_eq!(kind, "audio/wav");
    assert!(!bytes.windows(8).any(|part| part == b"<script>"));
    for language in ["..%2f..%2fetc", "en%00", "EN", "en-<b>"] {
        let path = format!("/v1/prompts/{id}/audio/{}", language.replace('<', "%3c").replace('>', "%3e"));
        rig.sound(&path, &owner, "audio/wav", tone(440, 8_000, 8_000)).await.is(404);
    }
    // Ten decoders at once and somebody else's request beside them.
    let (router, sound) = (Arc::new(rig), tone(440, 400_000, 8_000));
    let many = (0..10).map(|_| {
        let (rig, path, owner, sound) = (router.clone(), path.clone(), owner.clone(), sound.clone());
        tokio::spawn(async move { rig.sound(&path, &owner, "audio/wav", sound).await.status })
    });
    let many: Vec<_> = many.collect();
    let other = token(&router.sign_up("Borage").await);
    router.get("/v1/company", &other).await.is(200);
    for one in many {
        assert!([200, 409, 503].contains(&one.await.unwrap()));
    }
}

async fn a_text_is_spoken_and_heard_before_it_is_kept(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let settings = rig.get("/v1/speech", &owner).await.is(200).json;
    assert_eq!((settings["engine"].as_str(), settings["has_key"].as_bool()), (Some("installed"), Some(false)));
    let ask = json!({ "text": "Welcome", "language": "en" });
    for _ in 0..2 {
        let (status, kind, bytes) = rig.bytes("POST", "/v1/speech/preview", &owner, Some(ask.clone())).await;
        assert_eq!((status, kind.as_str()), (200, "audio/wav"));
        assert_eq!(wav::read(&bytes).unwrap().len() / 800, 7, "one for each letter");
    }
    let id = made(&rig, &owner, "Greeting").await;
    let path = format!("/v1/prompts/{id}/speech/en");
    let kept = rig.send("PUT", &path, &owner, Some(json!({ "text": " Welcome ", "voice": "low" })), &[]).await.is(200);
    let audio = &kept.json["audio"][0];
    assert_eq!((audio["text"].as_str(), audio["voice"].as_str()), (Some("Welcome"), Some("low")));
    assert_eq!((audio["source"].as_str(), audio["duration_ms"].as_i64()), (Some("speech"), Some(700)));
    for (bad, field) in [
        (json!({ "text": " ", "language": "en" }), "text"),
        (json!({ "text": "x".repeat(2_001), "language": "en" }), "text"),
        (json!({ "text": "x", "language": "en", "voice": "nobody" }), "voice"),
        (json!({ "text": "x", "language": "$(reboot)" }), "language"),
        (json!({ "text": "x", "language": "en", "pace": 900 }), "pace"),
    ] {
        let answer = rig.post("/v1/speech/preview", &owner, bad).await.is(422);
        assert_eq!(answer.json["errors"][0]["field"], field, "{}", answer.text);
    }
}

/// Speaks as OpenAI's endpoint does; counts who asked with the right key.
async fn endpoint(asked: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/v1/audio/speech", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = Vec::new();
            while !text.ends_with(b"}") {
                let mut some = [0; 2_048];
                let count = stream.read(&mut some).await.unwrap();
                text.extend(&some[..count]);
            }
            let text = String::from_utf8(text).unwrap();
            let ask: serde_json::Value = serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap();
            let good = text.contains("authorization: Bearer sk-canary") && ask["response_format"] == "wav";
            asked.fetch_add(1, SeqCst);
            let (status, body) = match good && ask["voice"] == "nova" {
                true => ("200 OK", tone(1_000, 24_000, 24_000)),
                false => ("401 Unauthorized", b"{}".to_vec()),
            };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(&[head.into_bytes(), body].concat()).await.unwrap();
        }
    });
    url
}

async fn an_endpoint_speaks_where_it_may_be_reached(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let asked = Arc::new(AtomicUsize::new(0));
    let url = endpoint(asked.clone()).await;
    let set = json!({ "url": url, "key": "sk-canary", "model": "tts-1-hd", "voices": ["nova"] });
    let shown = rig.send("PUT", "/v1/speech", &owner, Some(set), &[]).await.is(200);
    assert!(shown.json["has_key"] == true && !shown.text.contains("sk-canary"), "{}", shown.text);
    let ask = json!({ "text": "Hello", "language": "en" });
    for _ in 0..3 {
        let (status, _, bytes) = rig.bytes("POST", "/v1/speech/preview", &owner, Some(ask.clone())).await;
        assert_eq!(status, 200);
        let heard = wav::read(&bytes).unwrap();
        assert!(measure::share(&heard[1_000..7_000], 1_000) > 0.99, "what the endpoint said");
    }
    assert_eq!(asked.load(SeqCst), 1, "the same saying is asked for once");
    // The key does not follow to another address.
    let elsewhere = json!({ "url": url.replace("/speech", "/other"), "voices": ["nova"] });
    let shown = rig.send("PUT", "/v1/speech", &owner, Some(elsewhere), &[]).await.is(200);
    assert_eq!(shown.json["has_key"], false);
    let failed = rig.post("/v1/speech/preview", &owner, ask).await.is(502);
    assert_eq!(failed.code(), "speech_failed");
    // Where addresses inside are closed, they are no endpoint.
    let strict = rig.strict().await;
    let guarded = Rig { router: strict.router(), ..rig };
    for url in ["http://127.0.0.1/v1", "https://127.0.0.1/v1", "https://169.254.169.254/v1", "https://[::1]/", "x"] {
        let answer = guarded.send("PUT", "/v1/speech", &owner, Some(json!({ "url": url })), &[]).await.is(422);
        assert_eq!(answer.json["errors"][0]["field"], "url", "{url}");
    }
    let ask = json!({ "text": "Goodbye", "language": "en" });
    assert!(guarded.post("/v1/speech/preview", &owner, ask).await.status >= 500, "nor is one that was set before");
    let back = guarded.send("PUT", "/v1/speech", &owner, Some(json!({})), &[]).await.is(200);
    assert_eq!(back.json["engine"], "installed");
}

async fn a_removed_prompt_comes_back_and_a_used_one_stays(rig: Rig) {
    let owner = token(&rig.sign_up("Aster").await);
    let id = made(&rig, &owner, "Greeting").await;
    let (path, audio) = (format!("/v1/prompts/{id}"), format!("/v1/prompts/{id}/audio/en"));
    rig.sound(&audio, &owner, "audio/wav", tone(440, 8_000, 8_000)).await.is(200);
    rig.send("DELETE", &path, &owner, None, &[]).await.is(204);
    for gone in [&path, &audio] {
        rig.get(gone, &owner).await.is(404);
    }
    assert_eq!(rig.get("/v1/prompts", &owner).await.is(200).json, json!([]));
    let restore = format!("{path}/restore");
    rig.send("POST", &restore, &owner, None, &[]).await.is(200);
    assert_eq!(rig.bytes("GET", &audio, &owner, None).await.0, 200, "with its sound");
    let tenant: TenantId = rig.get("/v1/company", &owner).await.id().parse().unwrap();
    let tx = rig.db.tenant(tenant, rig.stamp()).await.unwrap();
    let (used, user) = (tx.new_id(), tx.new_id());
    let row = prompt_use::ActiveModel {
        id: Set(used),
        prompt_id: Set(id.parse::<PromptId>().unwrap().uuid()),
        user_kind: Set("flow".into()),
        user_id: Set(user),
        name: Set("Main menu".into()),
        ..Default::default()
    };
    tx.insert(row).await.unwrap();
    tx.commit().await.unwrap();
    let refused = rig.send("DELETE", &path, &owner, None, &[]).await.is(409);
    assert_eq!(refused.code(), "in_use");
    assert!(refused.text.contains("Main menu"), "{}", refused.text);
    let shown = rig.get(&path, &owner).await.is(200).json;
    assert_eq!(shown["used_by"], json!([{ "kind": "flow", "name": "Main menu" }]));
    // Another name may be taken by then, and after 30 days it is too late.
    let second = made(&rig, &owner, "Closing").await;
    rig.send("DELETE", &format!("/v1/prompts/{second}"), &owner, None, &[]).await.is(204);
    let third = made(&rig, &owner, "Closing").await;
    let taken = rig.send("POST", &format!("/v1/prompts/{second}/restore"), &owner, None, &[]).await.is(409);
    assert_eq!(taken.code(), "name_taken");
    rig.clock.pass_s(31 * 86_400);
    let owner = token(&rig.sign_in("owner@aster.example.com", crate::rig::PASSWORD).await);
    rig.send("DELETE", &format!("/v1/prompts/{third}"), &owner, None, &[]).await.is(204);
    rig.send("POST", &format!("/v1/prompts/{second}/restore"), &owner, None, &[]).await.is(404);
}
