//! Letters leave through SMTP, and what was mailed is shown to nobody else.

use patchbay_control::{identity::totp, mail::send_due};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::mpsc,
};

use crate::rig::{PASSWORD, Rig, token};

/// Takes letters and hands them over as text. Source: RFC 5321 appendix D.
pub async fn post_office() -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (letters, taken) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let letters = letters.clone();
            tokio::spawn(async move {
                let (read, mut write) = socket.into_split();
                let mut lines = BufReader::new(read).lines();
                let (mut letter, mut reading) = (String::new(), false);
                write.write_all(b"220 here\r\n").await.unwrap();
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = match line.as_str() {
                        "." if reading => {
                            reading = false;
                            letters.send(std::mem::take(&mut letter)).unwrap();
                            "250 taken\r\n"
                        }
                        text if reading => {
                            letter += text;
                            letter.push('\n');
                            continue;
                        }
                        "DATA" => {
                            reading = true;
                            "354 go on\r\n"
                        }
                        "QUIT" => "221 bye\r\n",
                        _ => "250 fine\r\n",
                    };
                    write.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (url, taken)
}

/// The token in a letter's link, whose lines may be folded (RFC 2045 section 6.7).
fn token_in(letter: &str, path: &str) -> String {
    let plain = letter.replace("=\n", "").replace("=3D", "=");
    let rest = plain.split(&format!("{path}?token=")).nth(1).unwrap_or_else(|| panic!("{plain}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_are_mailed_and_seen_by_their_reader_alone() {
    let (smtp, mut letters) = post_office().await;
    let file = patchbay_testkit::sqlite().await;
    let rig = Rig::mailing(&file.url(), smtp).await;
    let made = rig.sign_up("Aster").await;
    assert_eq!(made.json["email_link"], json!(null));
    assert_eq!(send_due(rig.control.app()).await.unwrap(), 1);
    let letter = letters.recv().await.unwrap();
    assert!(letter.contains("To: \"Olga Owner\" <owner@aster.example.com>"), "{letter}");
    rig.post("/v1/email-check", "", json!({ "token": token_in(&letter, "/verify-email") })).await.is(204);
    let owner = token(&made);
    let invitation = json!({ "email": "bo@example.com", "role": "agent" });
    assert_eq!(rig.post("/v1/invitations", &owner, invitation).await.is(201).json["link"], json!(null));
    assert_eq!(rig.get("/v1/operator/pending-links", &rig.operator().await).await.is(200).json, json!([]));
    assert_eq!(send_due(rig.control.app()).await.unwrap(), 1);
    let link = token_in(&letters.recv().await.unwrap(), "/join");
    let accept = format!("/v1/invitations/by-token/accept?token={link}");
    let joined = rig.post(&accept, "", json!({ "name": "Bo", "password": PASSWORD })).await.is(200);
    assert_eq!(joined.json["me"]["user"]["email_verified"], true, "who has the link reads the mail");
    assert_eq!(send_due(rig.control.app()).await.unwrap(), 0, "each letter once");
    let theirs = token(&joined);
    let begun = rig.post("/v1/me/second-factor", &theirs, json!({ "password": PASSWORD })).await.is(200).json;
    let secret = totp::from_base32(begun["secret"].as_str().unwrap()).unwrap();
    let code = totp::at(&secret, rig.control.app().now().unix_s());
    rig.post("/v1/me/second-factor/confirm", &theirs, json!({ "code": code })).await.is(200);
    let path = format!("/v1/members/{}/second-factor/reset", joined.json["me"]["member"].as_str().unwrap());
    rig.send("POST", &path, &owner, None, &[]).await.is(204);
    assert_eq!(send_due(rig.control.app()).await.unwrap(), 1);
    let letter = letters.recv().await.unwrap();
    assert!(
        letter.contains("bo@example.com") && letter.contains("Olga Owner turned your second factor off"),
        "{letter}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_waits_for_a_post_office_that_is_down() {
    let file = patchbay_testkit::sqlite().await;
    let rig = Rig::mailing(&file.url(), "smtp://127.0.0.1:1".into()).await;
    rig.sign_up("Aster").await;
    assert_eq!(send_due(rig.control.app()).await.unwrap(), 1);
    assert_eq!(send_due(rig.control.app()).await.unwrap(), 0, "not again at once");
    rig.clock.pass_s(3);
    assert_eq!(send_due(rig.control.app()).await.unwrap(), 1, "but later");
}
