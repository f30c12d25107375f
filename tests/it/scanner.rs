//! What a stranger can find out: not who exists, not what we are, and after a while nothing at all.

use std::{net::Ipv4Addr, time::Duration};

use patchbay_sip::Message;
use patchbay_tests::{Server, Store, story::Scene};

use crate::raw::{Wire, percentile};

/// Guesses at each name: fewer than what slows guesses at one name down.
const GUESSES: u32 = 45;

fn register(user: &str, n: u32, proof: &str) -> String {
    format!(
        "REGISTER sip:patchbay.local SIP/2.0\r\nVia: SIP/2.0/UDP thief.invalid;branch=z9hG4bK{user}{n};rport\r\n\
        From: <sip:{user}@patchbay.local>;tag=t{n}\r\nTo: <sip:{user}@patchbay.local>\r\nCall-ID: {user}{n}\r\n\
        CSeq: {n} REGISTER\r\nMax-Forwards: 70\r\nContact: <sip:{user}@thief.invalid>\r\n{proof}Content-Length: 0\r\n\r\n"
    )
}

/// A guess that is wrong, with a nonce of ours: the whole answer, and how long it took.
async fn guess(server: &Server, user: &str, n: u32) -> (Message, Duration) {
    // Few guesses from one source are not slowed down.
    let source = Ipv4Addr::new(127, 30, u8::from(user == "nobody"), u8::try_from(1 + n / 4).unwrap());
    let mut wire = Wire::udp((source, 0), server.sip_address()).await;
    wire.say(register(user, n * 2 + 1, "").as_bytes()).await;
    let challenge = wire.hear(Duration::from_secs(5)).await.expect("a challenge");
    let words = challenge.other("WWW-Authenticate").expect("a challenge").into_owned();
    let nonce = words.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a nonce");
    let proof = format!(
        "Authorization: Digest username=\"{user}\", realm=\"patchbay.local\", nonce=\"{nonce}\", uri=\"sip:patchbay.local\", \
        response=\"{n:032x}\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"c\"\r\n"
    );
    let began = tokio::time::Instant::now();
    wire.say(register(user, n * 2 + 2, &proof).as_bytes()).await;
    (wire.hear(Duration::from_secs(5)).await.expect("an answer"), began.elapsed())
}

/// Everything but what must differ: names, tags, nonces.
fn form(answer: &Message) -> Vec<String> {
    let mut lines = vec![format!("{:?} {}", answer.status(), answer.phrase())];
    for (name, value) in answer.headers() {
        let value = match name.to_ascii_lowercase().as_str() {
            "www-authenticate" => {
                let (before, after) = value.split_once("nonce=\"").expect("a nonce");
                format!("{before}{}", &after[after.find('"').expect("its end")..])
            }
            _ => String::new(),
        };
        lines.push(format!("{name}: {value}"));
    }
    lines
}

/// How unlikely it is that both samples are of one kind: the normal deviate of the rank sum (Mann and Whitney).
fn deviate(one: &[Duration], other: &[Duration]) -> f64 {
    let wins: f64 = one
        .iter()
        .flat_map(|a| {
            other.iter().map(move |b| {
                if a > b {
                    1.0
                } else if a == b {
                    0.5
                } else {
                    0.0
                }
            })
        })
        .sum();
    let (n, m) = (one.len() as f64, other.len() as f64);
    (wins - n * m / 2.0).abs() / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

#[tokio::test]
async fn a_name_that_exists_is_answered_like_one_that_does_not() {
    let scene = Scene::sip_trunk(Store::Sqlite, 10).await;
    let real = scene.company.phone.0.clone();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let mut forms = std::collections::BTreeSet::new();
    for n in 0..GUESSES {
        for (user, times) in [(real.as_str(), &mut known), ("nobody", &mut unknown)] {
            let (answer, took) = guess(&scene.server, user, n).await;
            forms.insert(form(&answer));
            // The first ones fill caches.
            if n >= 5 {
                times.push(took);
            }
        }
    }
    assert_eq!(forms.len(), 1, "{forms:#?}");
    let z = deviate(&known, &unknown);
    let medians = (percentile(&mut known, 50), percentile(&mut unknown, 50));
    // p > 0.01 is z < 2.58. On a busy machine two halves of one kind differ by chance, so the difference must show in the
    // medians as well.
    let apart = medians.0.abs_diff(medians.1);
    assert!(z < 2.58 || apart < medians.0.min(medians.1) / 4, "z = {z:.2}, medians {medians:?}");
}

#[tokio::test]
async fn a_stranger_never_learns_the_version_and_is_not_heard_after_a_while() {
    let server = Server::start(Store::Sqlite, false).await;
    let mut wire = Wire::udp((Ipv4Addr::new(127, 31, 0, 1), 0), server.sip_address()).await;
    let mut answered = 0;
    for n in 0..140 {
        let text = match n % 3 {
            0 => wire.options(n),
            1 => register(&format!("{n}"), 1, ""),
            _ => wire.options(n).replace("OPTIONS", "MESSAGE"),
        };
        wire.say(text.as_bytes()).await;
        let Ok(answer) = wire.hear(Duration::from_millis(if answered == n { 2_000 } else { 50 })).await else {
            continue;
        };
        answered += 1;
        for (name, value) in answer.headers() {
            let told = value.contains(env!("CARGO_PKG_VERSION")) || matches!(name.as_ref(), "Server" | "User-Agent");
            assert!(!told, "{name}: {value}");
        }
    }
    // One point for each challenge, three for each MESSAGE, none for OPTIONS: a hundred after 75 of them.
    assert!((70..=82).contains(&answered), "{answered} answers before silence");
    let mut other = Wire::udp((Ipv4Addr::new(127, 31, 0, 2), 0), server.sip_address()).await;
    other.say(other.options(1).as_bytes()).await;
    assert!(other.hear(Duration::from_secs(2)).await.is_ok(), "nobody else is concerned");
}
