//! Every type of event that a company's log may hold, with the shape of its body and who may see it. The one list: what is written
//! is held against it, the API document, the reference and the filters of readers are made from it.
//!
//! A body is told in a small language: `name shape` joined by commas, shapes `text id time int flag texts`, `?` for what may be
//! `null` or absent.

use patchbay_access::{Permission, Resource, Verb};
use serde_json::Value;

/// One type of event.
#[derive(Clone, Copy, Debug)]
pub struct EventType {
    /// `seat.created` and the like.
    pub kind: &'static str,
    /// What it befalls: `seat`.
    pub entity: &'static str,
    /// Whoever may read this may see it.
    pub resource: Resource,
    /// When it is written, for people.
    pub about: &'static str,
    body: &'static str,
}

/// What a field of a body holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Text or a stable word.
    Text,
    /// A printed id.
    Id,
    /// A time, RFC 3339.
    Time,
    /// A whole number.
    Int,
    /// Yes or no.
    Flag,
    /// A list of texts.
    Texts,
}

/// A field of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Whether it may be `null` or absent.
    pub optional: bool,
}

const fn of(
    kind: &'static str,
    entity: &'static str,
    resource: Resource,
    body: &'static str,
    about: &'static str,
) -> EventType {
    EventType { kind, entity, resource, about, body }
}

use Resource::{
    Agent, ApiKey, Billing, Call, Callback, Company, Department, Device, Flow, GatewayPort, Invitation, Member, Number,
    Onboarding, Prompt, Queue, Recording, Role, Seat, SeatToken, SingleSignOn, Survey, Voicemail, Webhook,
};

const PARTIES: &str = "direction text, caller text, called text, seat id?, number id?, started_at time, at time";

/// All of them, in the order of the reference.
pub static ALL: &[EventType] = &[
    of("company.created", "company", Company, "name text", "The company signed up."),
    of(
        "company.updated",
        "company",
        Company,
        "name text?, country text?, timezone text?, locale text?, require_second_factor flag?",
        "Settings changed; only what was sent is named.",
    ),
    of(
        "company.single_sign_on_set",
        "company",
        SingleSignOn,
        "issuer text, domains texts, auto_join flag, enforced flag",
        "The company trusts this provider to say who its people are.",
    ),
    of("company.single_sign_on_removed", "company", SingleSignOn, "", "The company trusts no provider any longer."),
    of(
        "company.standing_changed",
        "company",
        Company,
        "state text, max_calls int",
        "The operator suspended the company, took it up again, or changed how many calls it may have.",
    ),
    of(
        "billing.account_set",
        "account",
        Billing,
        "currency text, credit_limit_micros int, plan text?",
        "The operator opened the company's account, or agreed on something else.",
    ),
    of(
        "billing.payment_booked",
        "account",
        Billing,
        "kind text, amount_micros int, currency text, reference text",
        "A payment, a refund or a credit was booked by hand.",
    ),
    of(
        "billing.caps_changed",
        "account",
        Billing,
        "international flag, premium flag, hour_micros int?, day_micros int?, seats int",
        "Somebody changed what the company and its seats may spend.",
    ),
    of(
        "billing.alarm_raised",
        "account",
        Billing,
        "seat id?, calls_ended int, text text",
        "More calls abroad than usual: they are stopped until somebody lifts the alarm.",
    ),
    of("billing.alarm_lifted", "account", Billing, "alarms int", "Somebody lifted the fraud alarm."),
    of(
        "onboarding.updated",
        "company",
        Onboarding,
        "step text, state text",
        "A step of setting up was done or skipped.",
    ),
    of("member.joined", "member", Member, "role text", "Somebody accepted an invitation."),
    of(
        "member.updated",
        "member",
        Member,
        "role text?, custom_role id?, state text?, scope text?, department id?",
        "Role, state, name, data scope or department of a member changed.",
    ),
    of(
        "member.second_factor_reset",
        "member",
        Member,
        "",
        "Somebody turned off the second factor that a member had lost.",
    ),
    of("member.removed", "member", Member, "heir id?", "A member left, and perhaps left something to another."),
    of("department.created", "department", Department, "name text, parent id?", "A department was made."),
    of("department.updated", "department", Department, "name text?, parent id?", "A department was renamed or moved."),
    of("department.removed", "department", Department, "name text", "A department was removed; what it held moved up."),
    of("team.created", "team", Department, "name text, department id?, members texts", "A team was made."),
    of(
        "team.updated",
        "team",
        Department,
        "name text?, department id?, members texts?",
        "Name, department or members of a team changed.",
    ),
    of("team.removed", "team", Department, "name text", "A team was removed."),
    of("role.created", "role", Role, ROLE, "The company put a role together."),
    of("role.updated", "role", Role, ROLE, "A role of the company's own changed."),
    of("role.removed", "role", Role, ROLE, "A role of the company's own was removed."),
    of("user.email_verified", "user", Member, "", "A member confirmed their address."),
    of(
        "invitation.created",
        "invitation",
        Invitation,
        "email text, role text, custom_role id?",
        "Somebody was invited.",
    ),
    of("invitation.revoked", "invitation", Invitation, "", "An invitation was taken back."),
    of("seat.created", "seat", Seat, SEAT, "A seat was added."),
    of("seat.updated", "seat", Seat, SEAT, "Extension, name, person or displayed numbers of a seat changed."),
    of("seat.released", "seat", Seat, SEAT, "A seat was given back."),
    of("device.created", "device", Device, "seat id, kind text, label text", "A device was added to a seat."),
    of("device.credentials_reset", "device", Device, "seat id", "A device got a new password."),
    of("device.removed", "device", Device, "seat id, label text", "A device was removed."),
    of("number.held", "number", Number, "e164 text, until time", "A number of the shop is kept for the company."),
    of("number.hold_ended", "number", Number, "", "The company gave a held number up."),
    of("queue.created", "queue", Queue, "name text", "A queue was made."),
    of("queue.updated", "queue", Queue, "name text", "Settings, required skills or members of a queue changed."),
    of("queue.removed", "queue", Queue, "name text", "A queue was removed."),
    of("skill.created", "skill", Queue, "name text", "A skill was made."),
    of("skill.updated", "skill", Queue, "name text", "A skill was renamed, or who has it changed."),
    of("skill.removed", "skill", Queue, "name text", "A skill was removed."),
    of("reason_code.created", "reason_code", Queue, "name text", "A reason code was made."),
    of("reason_code.updated", "reason_code", Queue, "name text", "A reason code changed."),
    of("reason_code.removed", "reason_code", Queue, "name text", "A reason code was removed."),
    of("disposition.created", "disposition", Queue, "name text, queue id?", "A disposition was made."),
    of("disposition.updated", "disposition", Queue, "name text, queue id?", "Name or queue of a disposition changed."),
    of("disposition.removed", "disposition", Queue, "name text, queue id?", "A disposition was removed."),
    of(
        "agent.state_wished",
        "agent",
        Agent,
        "state text, reason text?",
        "Somebody wished for a state that follows when a call is over.",
    ),
    of(
        "agent.state_changed",
        "agent",
        Agent,
        "state text, reason text?, cause text?, call id?",
        "An agent signed in or out, takes calls or none, is rung, talks or writes up.",
    ),
    of("number.claimed", "number", Number, "e164 text", "A number was rented."),
    of(
        "number.updated",
        "number",
        Number,
        "e164 text, destination_kind text, destination_seat id?, flow id?",
        "Name or destination of a number changed.",
    ),
    of(
        "number.moved",
        "number",
        Number,
        "gateway_port_label text",
        "The operator moved a number to another gateway port.",
    ),
    of("number.released", "number", Number, "", "A number was given back."),
    of("number.taken_back", "number", Number, "e164 text", "A number that was given back was taken again."),
    of(
        "number.brought",
        "number",
        Number,
        "e164 text",
        "A number of the company's own entered, once its check was passed.",
    ),
    of("number_check.begun", "number_check", Number, "e164 text", "The check whose a number is was begun."),
    of("number_check.called", "number_check", Number, "e164 text", "A number is called to check whose it is."),
    of(
        "number_check.failed",
        "number_check",
        Number,
        "e164 text, failure text?",
        "A call did not bring the code of a check.",
    ),
    of("number_check.removed", "number_check", Number, "e164 text", "A check of a number was given up."),
    of("caller_rule.created", "caller_rule", Number, "pattern text, list text", "Callers were blocked or allowed."),
    of("caller_rule.removed", "caller_rule", Number, "pattern text, list text", "Callers were taken off a list."),
    of("gateway_port.rented", "gateway_port", GatewayPort, "label text", "A gateway port was rented."),
    of("gateway_port.released", "gateway_port", GatewayPort, "", "A gateway port was given back."),
    of("site.created", "site", GatewayPort, "name text, country text", "A site of the company was added."),
    of("site.updated", "site", GatewayPort, "name text, country text", "A site of the company changed."),
    of("site.removed", "site", GatewayPort, "name text", "A site of the company was removed."),
    of("gateway.racked", "gateway", GatewayPort, "label text", "The company racked a gateway of its own."),
    of("gateway.updated", "gateway", GatewayPort, "label text", "Name, site or address of an own gateway changed."),
    of("gateway.credentials_reset", "gateway", GatewayPort, "label text", "An own gateway got new passwords."),
    of(
        "gateway.suspended",
        "gateway",
        GatewayPort,
        "label text, reason text?",
        "The operator suspended an own gateway.",
    ),
    of("gateway.resumed", "gateway", GatewayPort, "label text", "An own gateway may carry calls again."),
    of("gateway.removed", "gateway", GatewayPort, "label text", "An own gateway was removed."),
    of("api_key.created", "api_key", ApiKey, "name text, scopes texts, networks texts", "A key was made."),
    of(
        "api_key.updated",
        "api_key",
        ApiKey,
        "name text, scopes texts, networks texts, taken_over flag",
        "A key was changed or taken over.",
    ),
    of("api_key.rotated", "api_key", ApiKey, "name text, old_works_for_s int", "A key got a new secret."),
    of("api_key.old_secret_ended", "api_key", ApiKey, "name text", "The old secret of a key was ended early."),
    of("api_key.revoked", "api_key", ApiKey, "name text", "A key was taken back."),
    of("seat_token.created", "seat_token", SeatToken, "seat id, label text?, origins texts", "A seat token was made."),
    of("seat_token.revoked", "seat_token", SeatToken, "seat id, label text?", "A seat token was taken back."),
    of("recording.started", "recording", Recording, "call id", "A call is being recorded."),
    of("recording.paused", "recording", Recording, "call id", "A recording is silent for a while."),
    of("recording.resumed", "recording", Recording, "call id", "A recording hears again."),
    of("recording.stopped", "recording", Recording, "call id", "A recording was ended before its call."),
    of("recording.ready", "recording", Recording, "call id, duration_ms int", "A recording can be heard."),
    of("recording.failed", "recording", Recording, "call id, reason text", "A recording failed; its call did not."),
    of("recording.updated", "recording", Recording, "call id, legal_hold flag?", "A recording is held, or no longer."),
    of("recording.removed", "recording", Recording, "call id, reason text", "A recording is gone, by hand or by age."),
    of(
        "recording_policy.updated",
        "recording_policy",
        Recording,
        "mode text, keep_days int",
        "The company changed when calls are recorded, or for how long recordings are kept.",
    ),
    of(
        "voicemail.received",
        "voicemail",
        Voicemail,
        "call id, caller text, seat id?, team id?, duration_ms int",
        "A caller left a message.",
    ),
    of(
        "voicemail.updated",
        "voicemail",
        Voicemail,
        "call id, seat id?, team id?, heard flag",
        "A message was heard, or counts as new again.",
    ),
    of(
        "voicemail.removed",
        "voicemail",
        Voicemail,
        "call id, seat id?, team id?",
        "A message was removed; it can be brought back for seven days.",
    ),
    of(
        "voicemail.restored",
        "voicemail",
        Voicemail,
        "call id, seat id?, team id?",
        "A removed message was brought back.",
    ),
    of(
        "callback.requested",
        "callback",
        Callback,
        "number text, queue id?, call id",
        "A caller was promised a call back; told when their call is over.",
    ),
    of(
        "callback.tried",
        "callback",
        Callback,
        "number text, queue id?, call id, cause text, tries int, tried_call id",
        "A call back did not reach the customer and is tried again later.",
    ),
    of(
        "callback.closed",
        "callback",
        Callback,
        "number text, queue id?, call id, outcome text, tried_call id?",
        "A call back was kept, given up, dealt with by hand or called off.",
    ),
    of(
        "survey.answered",
        "call",
        Survey,
        "question text, score int, queue id?, seat id?",
        "A caller answered a question of a survey; told when the call is over.",
    ),
    of("prompt.created", "prompt", Prompt, "name text", "A prompt was made; it has no sound yet."),
    of("prompt.updated", "prompt", Prompt, "name text?", "A prompt was renamed."),
    of(
        "prompt.recorded",
        "prompt",
        Prompt,
        "name text, language text, source text, duration_ms int",
        "A prompt has a new sound in a language: a file, a recording, or a text that was spoken.",
    ),
    of("prompt.audio_removed", "prompt", Prompt, "name text, language text", "A prompt lost its sound in a language."),
    of("prompt.removed", "prompt", Prompt, "name text", "A prompt was removed; it can be brought back for 30 days."),
    of("prompt.restored", "prompt", Prompt, "name text", "A removed prompt was brought back."),
    of(
        "speech.updated",
        "speech",
        Prompt,
        "engine text, host text?, model text?",
        "Another engine speaks texts from now on.",
    ),
    of("flow.created", "flow", Flow, "name text", "A flow was made."),
    of("flow.updated", "flow", Flow, "name text, revision int", "A flow was renamed, or its draft saved."),
    of(
        "flow.published",
        "flow",
        Flow,
        "name text, version int, note text",
        "A draft was published: calls that begin from then on run it.",
    ),
    of("flow.rolled_back", "flow", Flow, "name text, version int", "An earlier version runs again, or a later one."),
    of("flow.removed", "flow", Flow, "name text", "A flow was removed with its versions."),
    of(
        "webhook.created",
        "webhook",
        Webhook,
        "label text, url text, kinds texts",
        "An endpoint for webhooks was made.",
    ),
    of(
        "webhook.updated",
        "webhook",
        Webhook,
        "label text, url text, kinds texts, state text",
        "An endpoint was changed, paused or switched on again.",
    ),
    of(
        "webhook.secret_rotated",
        "webhook",
        Webhook,
        "label text, url text, old_works_for_s int",
        "An endpoint got a new secret.",
    ),
    of(
        "webhook.tested",
        "webhook",
        Webhook,
        "label text, url text",
        "Somebody tries an endpoint; sent to that one alone.",
    ),
    of(
        "webhook.replayed",
        "webhook",
        Webhook,
        "label text, url text, from_seq int, to_seq int",
        "Somebody has events sent to an endpoint again.",
    ),
    of(
        "webhook.switched_off",
        "webhook",
        Webhook,
        "label text, url text, reason text",
        "An endpoint failed for three days, or answered 410, and gets nothing until it is switched on again.",
    ),
    of("webhook.removed", "webhook", Webhook, "label text, url text", "An endpoint was removed."),
    of("call.started", "call", Call, PARTIES, "A call began: it is written down, nobody has heard ringing yet."),
    of("call.ringing", "call", Call, PARTIES, "The called party rings."),
    of("call.answered", "call", Call, PARTIES, "The called party answered."),
    of("call.held", "call", Call, PARTIES, "A party put the call on hold."),
    of("call.resumed", "call", Call, PARTIES, "The call came back from hold."),
    of(
        "call.reconnecting",
        "call",
        Call,
        PARTIES,
        "The page of a party was left, crashed or lost its network in mid-call; the other party is kept for it.",
    ),
    of("call.reconnected", "call", Call, PARTIES, "That party is back in the call."),
    of("call.parked", "call", Call, PARTIES, "A seat left its caller at a slot for whoever picks up."),
    of("call.picked_up", "call", Call, PARTIES, "Somebody picked a parked caller up."),
    of(
        "call.credit_low",
        "call",
        Call,
        "seconds int, seat id?",
        "The call ends in so many seconds unless money comes in or a limit is raised.",
    ),
    of(
        "call.disposed",
        "call",
        Call,
        "seat id?, queue id?, disposition text?",
        "An agent said what came of a call, or noted something of it.",
    ),
    of(
        "call.ended",
        "call",
        Call,
        "direction text, caller text, called text, seat id?, number id?, started_at time, answered_at time?, \
         ended_at time, talk_ms int, cause text, blame text",
        "The call is over and its record is written: exactly once for each call.",
    ),
];

const ROLE: &str = "name text, permissions texts, scope text";
const SEAT: &str = "extension text, label text, member id?";

/// The type of this name.
pub fn find(kind: &str) -> Option<&'static EventType> {
    ALL.iter().find(|of| of.kind == kind)
}

/// The types that a filter names: one by its name, or all of a kind of thing by `seat.*`, or all by `*`.
pub fn named(filter: &str) -> Vec<&'static str> {
    let takes = |kind: &str| match filter.strip_suffix('*') {
        None => kind == filter,
        Some(stem) => (stem.is_empty() || stem.ends_with('.')) && kind.starts_with(stem),
    };
    ALL.iter().map(|of| of.kind).filter(|kind| takes(kind)).collect()
}

impl EventType {
    /// What one must have to see it.
    pub const fn needs(&self) -> Permission {
        Permission { resource: self.resource, verb: Verb::Read }
    }

    /// Fields of its body, in the order of the list.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        self.body.split(',').filter_map(|text| field(text.trim()))
    }

    /// What of a body does not fit; `None` when all does.
    pub fn misfit(&self, body: &Value) -> Option<String> {
        let Some(given) = body.as_object() else { return Some("the body is no object".into()) };
        let known: Vec<Field> = self.fields().collect();
        if let Some(name) = given.keys().find(|name| !known.iter().any(|field| field.name == **name)) {
            return Some(format!("{name} is not in the list"));
        }
        known.into_iter().find_map(|field| {
            let fits = match given.get(field.name) {
                None | Some(Value::Null) => field.optional,
                Some(value) => field.shape.takes(value),
            };
            (!fits).then(|| format!("{} is no {:?}", field.name, field.shape))
        })
    }
}

impl Shape {
    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text | Self::Id | Self::Time => value.is_string(),
            Self::Int => value.is_i64() || value.is_u64(),
            Self::Flag => value.is_boolean(),
            Self::Texts => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
        }
    }
}

fn field(text: &'static str) -> Option<Field> {
    let (name, shape) = text.split_once(' ')?;
    let optional = shape.ends_with('?');
    let shape = match shape.trim_end_matches('?') {
        "text" => Shape::Text,
        "id" => Shape::Id,
        "time" => Shape::Time,
        "int" => Shape::Int,
        "flag" => Shape::Flag,
        "texts" => Shape::Texts,
        _ => return None,
    };
    Some(Field { name, shape, optional })
}

/// Why this event may not be written: its type is not in the list, or it is not as the list says.
pub(crate) fn fault(kind: &str, entity: &str, body: &Value) -> Option<String> {
    let Some(of) = find(kind) else { return Some(format!("{kind} is not in tenancy/src/catalogue.rs")) };
    if of.entity != entity {
        return Some(format!("{kind} befalls {}, not {entity}", of.entity));
    }
    of.misfit(body).map(|what| format!("{kind} is not as tenancy/src/catalogue.rs says: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_type_can_be_read_and_stands_there_once() {
        for (at, of) in ALL.iter().enumerate() {
            let told = of.body.split(',').filter(|text| !text.trim().is_empty()).count();
            assert_eq!(of.fields().count(), told, "{}", of.kind);
            assert!(ALL[..at].iter().all(|other| other.kind != of.kind), "{} twice", of.kind);
            assert!(of.kind.split_once('.').is_some() && of.about.ends_with('.'), "{}", of.kind);
        }
    }

    #[test]
    fn a_filter_names_one_type_or_all_of_a_kind() {
        assert_eq!(named("call.ended"), ["call.ended"]);
        assert_eq!(named("seat.*"), ["seat.created", "seat.updated", "seat.released"]);
        assert_eq!(named("*").len(), ALL.len());
        for nothing in ["", "seat", "sea*", "seat.", "call.lost", ".*"] {
            assert!(named(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn a_body_fits_or_says_what_does_not() {
        let seat = json!({ "extension": "101", "label": "Desk", "member": null });
        assert_eq!(fault("seat.created", "seat", &seat), None);
        for (kind, entity, body) in [
            ("seat.painted", "seat", seat.clone()),
            ("seat.created", "member", seat),
            ("seat.created", "seat", json!({ "extension": 101, "label": "Desk" })),
            ("seat.created", "seat", json!({ "extension": "101" })),
            ("seat.created", "seat", json!({ "extension": "101", "label": "Desk", "colour": "red" })),
            ("api_key.revoked", "api_key", json!(["name"])),
        ] {
            assert!(fault(kind, entity, &body).is_some(), "{kind} {entity} {body}");
        }
    }
}
