//! Messages of callers: how they come into a box, who sees them, who is told, and how they go.

use patchbay_codec::tone::Sine;
use patchbay_control::{mail::send_due, recordings::keeper};
use patchbay_ivr::Target;
use patchbay_kernel::{RecordingId, VoicemailId};
use patchbay_plane::{MessageAsk, RecordingEnd, RecordingFault, RecordingOut};
use serde_json::{Value, json};

use crate::{
    mail::post_office,
    rig::{PASSWORD, Rig, token},
};

on_both!(
    a_message_is_received_heard_removed_and_brought_back,
    a_box_is_seen_by_whom_it_belongs_to,
    what_nobody_said_leaves_no_trace,
    removed_and_old_messages_are_forgotten_unless_they_are_held,
);

type Taken = (RecordingId, Box<dyn RecordingOut>);

/// What the switch gets for a caller who is to leave a message.
async fn asked(rig: &Rig, tenant: &str, call: &str, mailbox: Target) -> Option<Taken> {
    let ask = MessageAsk { tenant: tenant.parse().unwrap(), call: call.parse().unwrap(), mailbox };
    rig.control.keeper().message(ask).await.unwrap()
}

/// The caller says so many seconds of a tone.
async fn says(rig: &Rig, (id, mut out): Taken, seconds: usize) -> String {
    let told = tokio::task::spawn_blocking(move || {
        let mut voice = vec![0; seconds * 8_000];
        Sine::new(440, -12.0).fill(&mut voice);
        let stereo: Vec<i16> = voice.into_iter().flat_map(|sample| [sample, sample]).collect();
        for piece in stereo.chunks(4_000) {
            out.write(piece).unwrap();
        }
        out.end(RecordingEnd { ms: seconds as u64 * 1_000, ..RecordingEnd::default() });
    });
    told.await.unwrap();
    keeper::settle(rig.control.app()).await;
    VoicemailId::from_uuid(id.uuid()).to_string()
}

/// A message of three seconds in this box.
pub async fn left(rig: &Rig, tenant: &str, call: &str, mailbox: Target) -> String {
    let taken = asked(rig, tenant, call, mailbox).await.unwrap();
    says(rig, taken, 3).await
}

pub fn of_seat(seat: &str) -> Target {
    Target::Seat { seat: seat.to_owned() }
}

struct Company {
    owner: String,
    tenant: String,
    agent: String,
    member: String,
    seat: String,
    extension: String,
    team: String,
}

async fn company(rig: &Rig) -> Company {
    let owner = token(&rig.sign_up("Aster").await);
    let tenant = rig.get("/v1/company", &owner).await.id();
    let agent = rig.join(&owner, "agent@aster.example.com", "agent").await;
    let member = agent.json["me"]["member"].as_str().unwrap().to_owned();
    let seat = rig.post("/v1/seats", &owner, json!({ "member": member })).await.is(201);
    let extension = seat.json["extension"].as_str().unwrap().to_owned();
    let team = rig.post("/v1/teams", &owner, json!({ "name": "Morning", "members": [member] })).await.is(201).id();
    Company { owner, tenant, agent: token(&agent), member, seat: seat.id(), extension, team }
}

impl Company {
    async fn left(&self, rig: &Rig, mailbox: Target) -> String {
        let call = rig.call(&self.tenant, None).await;
        left(rig, &self.tenant, &call, mailbox).await
    }
}

async fn listed(rig: &Rig, who: &str, query: &str) -> Vec<String> {
    let list = rig.get(&format!("/v1/voicemails{query}"), who).await.is(200).json;
    list["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

async fn a_message_is_received_heard_removed_and_brought_back(rig: Rig) {
    let it = company(&rig).await;
    let call = rig.call(&it.tenant, None).await;
    let extension = Target::Extension { extension: it.extension.clone() };
    let taken = asked(&rig, &it.tenant, &call, extension).await.unwrap();
    assert!(listed(&rig, &it.owner, "").await.is_empty(), "while it is being left");
    let id = says(&rig, taken, 3).await;
    let path = format!("/v1/voicemails/{id}");
    let got = rig.get(&path, &it.agent).await.is(200).json;
    assert_eq!((got["state"].as_str(), got["duration_ms"].as_i64()), (Some("new"), Some(3_000)));
    assert_eq!((got["seat"].as_str(), got["call"].as_str()), (Some(it.seat.as_str()), Some(call.as_str())));
    assert_eq!(got["wave"].as_array().unwrap().len(), 24, "one place for each eighth of a second");
    let told = rig.get("/v1/events?kind=voicemail.received", &it.owner).await.is(200).json;
    let body = &told["items"][0]["body"];
    assert_eq!((body["seat"].as_str(), body["duration_ms"].as_i64()), (Some(it.seat.as_str()), Some(3_000)));
    let summary = |who: String| {
        let rig = &rig;
        async move { rig.get("/v1/voicemails/summary", &who).await.is(200).json }
    };
    assert_eq!(summary(it.agent.clone()).await, json!({ "mine_new": 1, "new": 1, "all": 1 }));
    // Whoever listens out of curiosity makes nothing old; whoever it was left for does.
    rig.send("POST", &format!("{path}/play"), &it.owner, None, &[]).await.is(200);
    assert_eq!(summary(it.owner.clone()).await, json!({ "mine_new": 0, "new": 1, "all": 1 }));
    let link = rig.send("POST", &format!("{path}/play"), &it.agent, None, &[]).await.is(200).json;
    let (status, kind, bytes) = rig.bytes("GET", link["url"].as_str().unwrap(), "", None).await;
    assert_eq!((status, kind.as_str(), bytes.len()), (200, "audio/wav", 44 + 3 * 32_000));
    let got = rig.get(&path, &it.agent).await.is(200).json;
    assert_eq!((got["state"].as_str(), got["heard_by"].as_str()), (Some("heard"), Some(it.member.as_str())));
    let audit = rig.get("/v1/audit", &it.owner).await.is(200).text;
    assert!(audit.matches("voicemail.played").count() >= 2, "who listened is known: {audit}");
    let again = rig.patch(&path, &it.agent, json!({ "heard": false })).await.is(200).json;
    assert_eq!((again["state"].as_str(), &again["heard_at"]), (Some("new"), &Value::Null));
    rig.delete(&path, &it.agent).await.is(204);
    rig.delete(&path, &it.agent).await.is(404);
    assert!(listed(&rig, &it.agent, "").await.is_empty());
    assert_eq!(listed(&rig, &it.agent, "?state=removed").await, [id.as_str()]);
    let back = rig.send("POST", &format!("{path}/restore"), &it.agent, None, &[]).await.is(200).json;
    assert_eq!(back["state"], "new");
    assert_eq!(
        rig.send("POST", &format!("{path}/restore"), &it.agent, None, &[]).await.is(409).code(),
        "voicemail_there"
    );
    assert_eq!(listed(&rig, &it.agent, &format!("?call={call}&state=new&mine=true")).await, [id.as_str()]);
    assert!(listed(&rig, &it.agent, "?state=heard").await.is_empty());
    // The sound's own end is the end of the message.
    let sound = RecordingId::from_uuid(id.parse::<VoicemailId>().unwrap().uuid());
    rig.delete(&format!("/v1/recordings/{sound}"), &it.owner).await.is(204);
    rig.get(&path, &it.agent).await.is(404);
}

async fn a_box_is_seen_by_whom_it_belongs_to(rig: Rig) {
    let it = company(&rig).await;
    let other = rig.join(&it.owner, "other@aster.example.com", "agent").await;
    let member = other.json["me"]["member"].as_str().unwrap().to_owned();
    rig.post("/v1/seats", &it.owner, json!({ "member": member })).await.is(201);
    let other = token(&other);
    let own = it.left(&rig, of_seat(&it.seat)).await;
    let team = it.left(&rig, Target::Team { team: it.team.clone() }).await;
    let mut both = [team.as_str(), own.as_str()];
    both.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(listed(&rig, &it.agent, "").await, both);
    assert_eq!(listed(&rig, &it.owner, &format!("?team={}", it.team)).await, [team.as_str()]);
    assert_eq!(listed(&rig, &it.owner, &format!("?seat={}", it.seat)).await, [own.as_str()]);
    assert!(listed(&rig, &other, "").await.is_empty());
    for id in [&own, &team] {
        let path = format!("/v1/voicemails/{id}");
        rig.get(&path, &other).await.is(404);
        rig.send("POST", &format!("{path}/play"), &other, None, &[]).await.is(404);
        rig.patch(&path, &other, json!({ "heard": true })).await.is(404);
        rig.delete(&path, &other).await.is(404);
    }
    // Boxes that are not there take nothing.
    let call = rig.call(&it.tenant, None).await;
    let nobody = [
        Target::Extension { extension: "999999".into() },
        Target::Number { number: "+14155550100".into() },
        of_seat("seat_00000000000000000000000000"),
        Target::Team { team: "nonsense".into() },
    ];
    for target in nobody {
        assert!(asked(&rig, &it.tenant, &call, target).await.is_none());
    }
}

async fn what_nobody_said_leaves_no_trace(rig: Rig) {
    let it = company(&rig).await;
    let call = rig.call(&it.tenant, None).await;
    let recordings = format!("/v1/recordings?call={call}");
    for fault in [RecordingFault::Empty, RecordingFault::CallOver] {
        let (_, out) = asked(&rig, &it.tenant, &call, of_seat(&it.seat)).await.unwrap();
        out.end(RecordingEnd::failed(fault));
        keeper::settle(rig.control.app()).await;
        assert_eq!(rig.get(&recordings, &it.owner).await.is(200).json["items"], json!([]), "{fault:?}");
    }
    // What was said and is lost is told.
    let (id, mut out) = asked(&rig, &it.tenant, &call, of_seat(&it.seat)).await.unwrap();
    out.write(&[900; 16_000]).unwrap();
    out.end(RecordingEnd { ms: 1_000, lost: 0, fault: Some(RecordingFault::StoreFull) });
    keeper::settle(rig.control.app()).await;
    assert!(listed(&rig, &it.owner, "").await.is_empty());
    let told = rig.get("/v1/events?kind=recording.failed", &it.owner).await.is(200).json;
    assert_eq!(told["items"][0]["entity_id"], id.to_string());
    assert_eq!(told["items"][0]["body"]["reason"], "store_full");
    // A call that is recorded, too, is another matter.
    rig.switch.talks(&it.tenant, &call);
    let taken = asked(&rig, &it.tenant, &call, of_seat(&it.seat)).await.unwrap();
    rig.post(&format!("/v1/calls/{call}/recording"), &it.owner, json!({ "order": "start" })).await.is(200);
    says(&rig, taken, 1).await;
    assert_eq!(listed(&rig, &it.owner, "").await.len(), 1);
}

async fn removed_and_old_messages_are_forgotten_unless_they_are_held(rig: Rig) {
    let it = company(&rig).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(it.left(&rig, of_seat(&it.seat)).await);
    }
    let sound = |id: &str| RecordingId::from_uuid(id.parse::<VoicemailId>().unwrap().uuid());
    let hold = json!({ "legal_hold": true });
    rig.patch(&format!("/v1/recordings/{}", sound(&ids[0])), &it.owner, hold).await.is(200);
    for id in &ids[..2] {
        rig.delete(&format!("/v1/voicemails/{id}"), &it.owner).await.is(204);
    }
    rig.clock.pass_s(8 * 86_400);
    keeper::forget(rig.control.app()).await.unwrap();
    let owner = token(&rig.sign_in("owner@aster.example.com", PASSWORD).await);
    assert_eq!(listed(&rig, &owner, "?state=removed").await, [ids[0].as_str()], "a hold outlasts a removal");
    assert_eq!(listed(&rig, &owner, "").await, [ids[2].as_str()]);
    let blobs = rig.control.app().blobs.as_ref();
    let tenant: patchbay_kernel::TenantId = it.tenant.parse().unwrap();
    let file = |id: &str| format!("recordings/{}/{}.sealed", tenant.uuid(), sound(id).uuid());
    assert!(blobs.get(&file(&ids[1])).await.is_err(), "its sound is gone");
    assert!(blobs.get(&file(&ids[0])).await.is_ok());
    rig.clock.pass_s(23 * 86_400);
    keeper::forget(rig.control.app()).await.unwrap();
    let owner = token(&rig.sign_in("owner@aster.example.com", PASSWORD).await);
    assert!(listed(&rig, &owner, "").await.is_empty(), "thirty days are over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_seat_says_how_its_person_is_told() {
    let (smtp, mut letters) = post_office().await;
    let file = patchbay_testkit::sqlite().await;
    let rig = Rig::mailing(&file.url(), smtp).await;
    let owner = token(&rig.sign_up("Aster").await);
    let me = rig.get("/v1/members", &owner).await.is(200).json[0]["id"].as_str().unwrap().to_owned();
    let seat = rig.post("/v1/seats", &owner, json!({ "member": me })).await.is(201).id();
    let tenant = rig.get("/v1/company", &owner).await.id();
    let team = rig.post("/v1/teams", &owner, json!({ "name": "All", "members": [me] })).await.is(201).id();
    send_due(rig.control.app()).await.unwrap();
    letters.recv().await.unwrap();
    let path = format!("/v1/seats/{seat}");
    for (how, letter, link) in [("link", true, true), ("notice", true, false), ("off", false, false)] {
        let seen = rig.patch(&path, &owner, json!({ "voicemail_notice": how })).await.is(200).json;
        assert_eq!(seen["voicemail_notice"], how);
        let call = rig.call(&tenant, None).await;
        let target = if link { of_seat(&seat) } else { Target::Team { team: team.clone() } };
        let id = left(&rig, &tenant, &call, target).await;
        assert_eq!(send_due(rig.control.app()).await.unwrap(), usize::from(letter), "{how}");
        if letter {
            let text = letters.recv().await.unwrap().replace("=\n", "").replace("=3D", "=");
            assert!(text.contains("owner@aster.example.com") && text.contains("0:03"), "{text}");
            assert_eq!(text.contains(&format!("/voicemail?message={id}")), link, "{text}");
        }
    }
}
