//! Departments, teams, and how far a data scope lets somebody see.

use patchbay_kernel::{CallId, SeatId, TenantId};
use patchbay_plane::{Direction, LiveCall, LiveState};
use serde_json::{Value, json};

use crate::rig::{Answer, Rig, token};

on_both!(
    a_scope_bounds_every_listing_and_every_single_read,
    a_scope_bounds_what_is_changed,
    nobody_gives_a_wider_view_than_their_own,
    a_tree_is_grown_moved_and_cut,
    teams_are_made_of_members_in_sight,
    the_log_is_seen_as_far_as_the_scope,
);

/// Somebody with a seat and a call.
struct Person {
    token: String,
    member: String,
    seat: String,
    device: String,
    call: String,
}

/// Sales above its teams: `head` in Sales, `lead` and `ann` in East below it and in one team, `bob` in East without a team, `zoe`
/// outside.
struct House {
    owner: String,
    tenant: String,
    sales: String,
    east: String,
    other: String,
    team: String,
    head: Person,
    lead: Person,
    ann: Person,
    bob: Person,
    zoe: Person,
}

async fn person(rig: &Rig, owner: &str, tenant: &str, name: &str, role: &str) -> Person {
    let session = rig.join(owner, &format!("{name}@example.com"), role).await;
    let member = session.json["me"]["member"].as_str().unwrap().to_owned();
    let seat = rig.post("/v1/seats", owner, json!({ "member": member })).await.is(201).id();
    let device = rig.post(&format!("/v1/seats/{seat}/devices"), owner, json!({ "label": "Desk" })).await.is(201);
    let device = device.json["device"]["id"].as_str().unwrap().to_owned();
    let call = rig.call(tenant, Some(&seat)).await;
    Person { token: token(&session), member, seat, device, call }
}

async fn department(rig: &Rig, by: &str, name: &str, parent: Option<&str>) -> String {
    rig.post("/v1/departments", by, json!({ "name": name, "parent": parent })).await.is(201).id()
}

async fn change(rig: &Rig, by: &str, who: &Person, what: Value) -> Answer {
    rig.patch(&format!("/v1/members/{}", who.member), by, what).await
}

async fn house(rig: &Rig) -> House {
    let session = rig.sign_up("Aster").await;
    let (owner, tenant) = (token(&session), session.json["me"]["company"]["id"].as_str().unwrap().to_owned());
    let sales = department(rig, &owner, "Sales", None).await;
    let east = department(rig, &owner, "East", Some(&sales)).await;
    let other = department(rig, &owner, "Other", None).await;
    let mut people = Vec::new();
    for (name, role) in
        [("head", "admin"), ("lead", "supervisor"), ("ann", "agent"), ("bob", "agent"), ("zoe", "agent")]
    {
        people.push(person(rig, &owner, &tenant, name, role).await);
    }
    let [head, lead, ann, bob, zoe] = people.try_into().ok().unwrap();
    change(rig, &owner, &head, json!({ "department": sales, "scope": "subtree" })).await.is(200);
    change(rig, &owner, &lead, json!({ "department": east, "scope": "team" })).await.is(200);
    change(rig, &owner, &ann, json!({ "department": east })).await.is(200);
    change(rig, &owner, &bob, json!({ "department": east })).await.is(200);
    change(rig, &owner, &zoe, json!({ "department": other })).await.is(200);
    let ask = json!({ "name": "Morning", "department": east, "members": [lead.member, ann.member] });
    let team = rig.post("/v1/teams", &owner, ask).await.is(201).id();
    House { owner, tenant, sales, east, other, team, head, lead, ann, bob, zoe }
}

impl House {
    fn everybody(&self) -> [(&'static str, &Person); 5] {
        [("head", &self.head), ("lead", &self.lead), ("ann", &self.ann), ("bob", &self.bob), ("zoe", &self.zoe)]
    }
}

/// A call of the seat that is up now.
fn ring(rig: &Rig, tenant: &str, seat: &str) -> CallId {
    let app = rig.control.app();
    let call = CallId::new(app.now(), app.chance().as_mut());
    rig.switch.up.lock().unwrap().push(LiveCall {
        call,
        tenant: tenant.parse::<TenantId>().unwrap(),
        direction: Direction::Inbound,
        state: LiveState::Talking,
        caller: "+12125550123".into(),
        called: "+14155550100".into(),
        seat: Some(seat.parse::<SeatId>().unwrap()),
        other_seat: None,
        gateway_port: None,
        since: app.now(),
    });
    call
}

async fn a_scope_bounds_every_listing_and_every_single_read(rig: Rig) {
    let house = house(&rig).await;
    let live: Vec<CallId> = house.everybody().iter().map(|(_, who)| ring(&rig, &house.tenant, &who.seat)).collect();
    let (everybody, division) = (["head", "lead", "ann", "bob", "zoe"], ["head", "lead", "ann", "bob"]);
    for (who, token, seen) in [
        ("the owner", &house.owner, everybody.as_slice()),
        ("a head of department", &house.head.token, division.as_slice()),
        ("a team lead", &house.lead.token, &["lead", "ann"]),
        ("an agent", &house.ann.token, &["ann"]),
    ] {
        let lists = if who == "an agent" {
            [("calls", rig.get("/v1/calls?limit=250", token).await.is(200).text)].to_vec()
        } else {
            let all = rig.get("/v1/calls?limit=250", token).await.is(200).text;
            let members = rig.get("/v1/members", token).await.is(200).text;
            let seats = rig.get("/v1/seats", token).await.is(200).text;
            [("calls", all), ("members", members), ("seats", seats)].to_vec()
        };
        let up = rig.get("/v1/calls/live", token).await.is(200).text;
        for (at, (name, person)) in house.everybody().into_iter().enumerate() {
            let sees = seen.contains(&name);
            for (list, text) in &lists {
                let id = match *list {
                    "calls" => &person.call,
                    "members" => &person.member,
                    _ => &person.seat,
                };
                assert_eq!(text.contains(id), sees, "{who} sees {name} among the {list}");
                assert!(*list != "seats" || text.contains(&person.device) == sees, "{who} sees the phone of {name}");
            }
            assert_eq!(up.contains(&live[at].to_string()), sees, "{who} sees the live call of {name}");
            let wanted = if sees { 200 } else { 404 };
            for path in [format!("/v1/calls/{}", person.call), format!("/v1/calls/{}/ladder", person.call)] {
                assert_eq!(rig.get(&path, token).await.status, wanted, "{who}: {path} of {name}");
            }
            let by_seat = rig.get(&format!("/v1/calls?seat={}", person.seat), token).await.is(200);
            assert_eq!(by_seat.text.contains(&person.call), sees, "{who} filters by the seat of {name}");
            let seat = rig.get(&format!("/v1/seats/{}", person.seat), token).await.status;
            assert_eq!(seat, if who == "an agent" { 403 } else { wanted }, "{who}: the seat of {name}");
            let hung_up = rig.send("POST", &format!("/v1/calls/{}/hang-up", live[at]), token, None, &[]).await.status;
            assert_eq!(hung_up, if sees { 204 } else { 404 }, "{who} ends the call of {name}");
        }
    }
    let empty = rig.post("/v1/seats", &house.owner, json!({})).await.is(201).id();
    rig.get(&format!("/v1/seats/{empty}"), &house.head.token).await.is(404);
    assert_eq!(rig.get("/v1/me", &house.head.token).await.json["scope"], "subtree");
    let audit = rig.get("/v1/audit", &house.head.token).await.is(403);
    assert_eq!(audit.code(), "whole_company_only", "a log of everything is nothing for who sees a part");
}

async fn a_scope_bounds_what_is_changed(rig: Rig) {
    let house = house(&rig).await;
    let head = &house.head.token;
    for (path, body) in [
        (format!("/v1/members/{}", house.zoe.member), json!({ "state": "suspended" })),
        (format!("/v1/seats/{}", house.zoe.seat), json!({ "label": "Mine" })),
        (format!("/v1/seats/{}", house.ann.seat), json!({ "member": house.zoe.member })),
        (format!("/v1/departments/{}", house.other), json!({ "name": "Mine" })),
    ] {
        assert_eq!(rig.patch(&path, head, body).await.status, 404, "{path}");
    }
    for path in [
        format!("/v1/members/{}", house.zoe.member),
        format!("/v1/seats/{}", house.zoe.seat),
        format!("/v1/devices/{}", house.zoe.device),
        format!("/v1/departments/{}", house.other),
    ] {
        assert_eq!(rig.delete(&path, head).await.status, 404, "{path}");
    }
    rig.post(&format!("/v1/seats/{}/devices", house.zoe.seat), head, json!({ "label": "Mine" })).await.is(404);
    rig.post("/v1/seats", head, json!({})).await.is(422);
    rig.patch(&format!("/v1/seats/{}", house.ann.seat), head, json!({ "label": "East one" })).await.is(200);
    change(&rig, head, &house.bob, json!({ "department": house.other })).await.is(422);
    change(&rig, head, &house.bob, json!({ "department": null })).await.is(422);
    change(&rig, head, &house.bob, json!({ "department": house.sales })).await.is(200);
    // With who belongs where changes at once who is seen.
    change(&rig, &house.owner, &house.bob, json!({ "department": house.other })).await.is(200);
    rig.get(&format!("/v1/seats/{}", house.bob.seat), head).await.is(404);
    rig.get(&format!("/v1/calls/{}", house.bob.call), head).await.is(404);
}

async fn nobody_gives_a_wider_view_than_their_own(rig: Rig) {
    let house = house(&rig).await;
    let head = &house.head.token;
    let refused = change(&rig, head, &house.bob, json!({ "scope": "all" })).await.is(403);
    assert_eq!(refused.code(), "wider_than_own");
    change(&rig, head, &house.bob, json!({ "role": "supervisor" })).await.is(403);
    change(&rig, head, &house.bob, json!({ "role": "supervisor", "scope": "team" })).await.is(200);
    change(&rig, head, &house.head, json!({ "scope": null })).await.is(403);
    rig.post("/v1/invitations", head, json!({ "email": "x@example.com", "role": "admin" })).await.is(403);
    rig.post("/v1/invitations", head, json!({ "email": "x@example.com", "role": "agent" })).await.is(201);
    // Somebody who sees further is not theirs to change.
    change(&rig, &house.owner, &house.bob, json!({ "role": "admin", "scope": null })).await.is(200);
    change(&rig, head, &house.bob, json!({ "role": "agent" })).await.is(403);
    change(&rig, head, &house.bob, json!({ "state": "suspended" })).await.is(403);
    rig.delete(&format!("/v1/members/{}", house.bob.member), head).await.is(403);
    // An owner sees everything, whatever was said.
    let own = rig.get("/v1/members", &house.owner).await.json;
    let me = own.as_array().unwrap().iter().find(|one| one["role"] == "owner").unwrap().clone();
    let path = format!("/v1/members/{}", me["id"].as_str().unwrap());
    assert_eq!(rig.patch(&path, &house.owner, json!({ "scope": "own" })).await.is(200).json["scope"], "all");
}

async fn a_tree_is_grown_moved_and_cut(rig: Rig) {
    let house = house(&rig).await;
    let owner = &house.owner;
    let (sales, east) = (format!("/v1/departments/{}", house.sales), format!("/v1/departments/{}", house.east));
    let below = rig.patch(&sales, owner, json!({ "parent": house.east })).await.is(422);
    assert_eq!(below.json["errors"][0]["code"], "below_itself");
    let twice = rig.post("/v1/departments", owner, json!({ "name": "East", "parent": house.sales })).await.is(409);
    assert_eq!(twice.code(), "name_taken");
    assert_eq!(rig.post("/v1/departments", owner, json!({ "name": "Sales" })).await.is(409).code(), "name_taken");
    let mut deep = house.east.clone();
    for floor in 3..=8 {
        deep = department(&rig, owner, &format!("Floor {floor}"), Some(&deep)).await;
    }
    let ninth = rig.post("/v1/departments", owner, json!({ "name": "Floor 9", "parent": deep })).await.is(422);
    assert_eq!(ninth.json["errors"][0]["code"], "too_deep");
    let moved = rig.patch(&east, owner, json!({ "parent": null, "name": "West" })).await.is(200).json;
    assert_eq!((&moved["parent"], &moved["name"], &moved["members"]), (&json!(null), &json!("West"), &json!(3)));
    rig.get(&format!("/v1/calls/{}", house.ann.call), &house.head.token).await.is(404);
    rig.patch(&east, owner, json!({ "parent": house.sales })).await.is(200);
    rig.get(&format!("/v1/calls/{}", house.ann.call), &house.head.token).await.is(200);
    // A head grows, moves and cuts inside alone.
    let head = &house.head.token;
    rig.post("/v1/departments", head, json!({ "name": "Top" })).await.is(422);
    rig.post("/v1/departments", head, json!({ "name": "Side", "parent": house.other })).await.is(422);
    let inner = department(&rig, head, "Inner", Some(&house.sales)).await;
    rig.patch(&format!("/v1/departments/{inner}"), head, json!({ "parent": house.east })).await.is(200);
    rig.patch(&east, head, json!({ "parent": null })).await.is(422);
    rig.delete(&sales, head).await.is(403);
    rig.delete(&east, head).await.is(204);
    let list = rig.get("/v1/departments", head).await.is(200).json;
    let of = |id: &str| list.as_array().unwrap().iter().find(|one| one["id"] == *id).unwrap().clone();
    assert_eq!(of(&inner)["parent"].as_str(), Some(house.sales.as_str()), "what lay below lies one floor higher");
    assert_eq!(of(&house.sales)["members"], 4, "and so do the members");
    assert_eq!((&of(&house.sales)["in_reach"], &of(&house.other)["in_reach"]), (&json!(true), &json!(false)));
    assert_eq!(of(&house.other)["members"], 0, "whom one does not see is not counted");
    let teams = rig.get("/v1/teams", owner).await.json;
    assert_eq!(teams[0]["department"].as_str(), Some(house.sales.as_str()));
}

async fn teams_are_made_of_members_in_sight(rig: Rig) {
    let house = house(&rig).await;
    let (owner, head) = (&house.owner, &house.head.token);
    let team = format!("/v1/teams/{}", house.team);
    assert_eq!(rig.post("/v1/teams", owner, json!({ "name": "Morning" })).await.is(409).code(), "name_taken");
    rig.post("/v1/teams", head, json!({ "name": "Loose" })).await.is(422);
    let strange = json!({ "name": "Evening", "department": house.east, "members": [house.zoe.member] });
    let refused = rig.post("/v1/teams", head, strange).await.is(422);
    assert_eq!(refused.json["errors"][0]["code"], "unknown_member");
    let wanted = json!({ "members": [house.lead.member, house.ann.member, house.bob.member, house.ann.member] });
    let changed = rig.patch(&team, head, wanted).await.is(200).json;
    assert_eq!(changed["members"].as_array().unwrap().len(), 3, "named twice is in once");
    rig.get(&format!("/v1/calls/{}", house.bob.call), &house.lead.token).await.is(200);
    // Whoever is in a team of one's department is seen, wherever they belong.
    let visitors = json!({ "name": "Visitors", "department": house.east, "members": [house.zoe.member] });
    let visitors = rig.post("/v1/teams", owner, visitors).await.is(201).id();
    rig.get(&format!("/v1/calls/{}", house.zoe.call), head).await.is(200);
    let listed = rig.get("/v1/teams", &house.lead.token).await.is(200).json;
    let named = |name: &str| listed.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
    assert_eq!((&named("Visitors")["members"], &named("Visitors")["in_reach"]), (&json!([]), &json!(false)));
    rig.delete(&format!("/v1/teams/{visitors}"), head).await.is(204);
    rig.get(&format!("/v1/calls/{}", house.zoe.call), head).await.is(404);
    rig.patch(&team, &house.lead.token, json!({ "name": "Mine" })).await.is(403);
    rig.delete(&format!("/v1/members/{}", house.ann.member), owner).await.is(204);
    let left = rig.get("/v1/teams", owner).await.is(200).json;
    assert_eq!(left[0]["members"].as_array().unwrap().len(), 2, "who leaves the company leaves the team");
}

async fn the_log_is_seen_as_far_as_the_scope(rig: Rig) {
    let house = house(&rig).await;
    let all = rig.get("/v1/events?limit=250", &house.owner).await.is(200).text;
    let lead = rig.get("/v1/events?limit=250", &house.lead.token).await.is(200).text;
    for (name, who) in house.everybody() {
        let seen = ["lead", "ann"].contains(&name);
        for id in [&who.call, &who.member, &who.seat] {
            assert!(all.contains(id), "{name}");
            assert_eq!(lead.contains(&format!("\"entity_id\":\"{id}\"")), seen, "a lead reads of {name}");
        }
    }
}
