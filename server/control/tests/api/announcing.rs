//! What every operation that changes something announces. An operation that this table does not know fails the tests, and so does
//! one that does not announce what the table says, in whichever test it succeeds.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use patchbay_tenancy::{EventRow, catalogue};
use serde_json::Value;
use tokio::sync::broadcast::Receiver;

/// What is heard of an operation.
enum Heard {
    /// One of these events at least.
    Events(&'static [&'static str]),
    /// Nothing now, and why.
    Nothing(&'static str),
    /// One of these, or none for the reason given.
    Perhaps(&'static [&'static str], &'static str),
}

const PLATFORM: Heard = Heard::Nothing("the platform's own, in its audit log");
const SELF: Heard = Heard::Nothing("a person's own sign-in, no company's");
const TICKET: Heard = Heard::Nothing("good once and for seconds; what is done with it is announced");

fn heard(operation: &str) -> Heard {
    use Heard::{Events, Nothing, Perhaps};
    match operation {
        "sign_up" => Events(&["company.created"]),
        "company_patch" => Events(&["company.updated"]),
        "single_sign_on_set" => Events(&["company.single_sign_on_set"]),
        "single_sign_on_remove" => Events(&["company.single_sign_on_removed"]),
        "single_sign_on_find" => Nothing("looks and changes nothing"),
        "single_sign_on_start" => SELF,
        "operator_tenant_patch" => Events(&["company.standing_changed"]),
        "onboarding_done" | "onboarding_skip" => Events(&["onboarding.updated"]),
        "email_check" => Events(&["user.email_verified"]),
        "email_check_resend" => Nothing("a letter, no change"),
        "me_patch" | "member_patch" => Events(&["member.updated"]),
        "member_second_factor_reset" => Events(&["member.second_factor_reset"]),
        "view_create" | "view_patch" | "view_remove" => Nothing("a person's own view of a list, in the audit log"),
        "member_remove" => Events(&["member.removed"]),
        "invitation_create" => Events(&["invitation.created"]),
        "invitation_accept" => Events(&["member.joined"]),
        "invitation_revoke" => Events(&["invitation.revoked"]),
        "department_create" => Events(&["department.created"]),
        "department_patch" => Events(&["department.updated"]),
        "department_remove" => Events(&["department.removed"]),
        "team_create" => Events(&["team.created"]),
        "team_patch" => Events(&["team.updated"]),
        "team_remove" => Events(&["team.removed"]),
        "role_create" => Events(&["role.created"]),
        "role_patch" => Events(&["role.updated"]),
        "role_remove" => Events(&["role.removed"]),
        "queue_create" => Events(&["queue.created"]),
        "queue_patch" => Events(&["queue.updated"]),
        "queue_remove" => Events(&["queue.removed"]),
        "skill_create" => Events(&["skill.created"]),
        "skill_patch" => Events(&["skill.updated"]),
        "skill_remove" => Events(&["skill.removed"]),
        "reason_code_create" => Events(&["reason_code.created"]),
        "reason_code_patch" => Events(&["reason_code.updated"]),
        "reason_code_remove" => Events(&["reason_code.removed"]),
        "disposition_create" => Events(&["disposition.created"]),
        "disposition_patch" => Events(&["disposition.updated"]),
        "disposition_remove" => Events(&["disposition.removed"]),
        "my_agent_state" | "agent_state" => Perhaps(&["agent.state_changed", "agent.state_wished"], "no other state"),
        "my_wrap_up" => Perhaps(&["call.disposed"], "being done or asking for longer says nothing of the call"),
        "seat_create" => Events(&["seat.created"]),
        "seat_patch" => Events(&["seat.updated"]),
        "seat_release" => Events(&["seat.released"]),
        "device_create" => Events(&["device.created"]),
        "device_credentials" => Events(&["device.credentials_reset"]),
        "device_remove" => Events(&["device.removed"]),
        "number_claim" => Events(&["number.claimed"]),
        "number_patch" => Events(&["number.updated"]),
        "number_release" => Events(&["number.released"]),
        "number_take_back" => Events(&["number.taken_back"]),
        "caller_rule_create" => Events(&["caller_rule.created"]),
        "caller_rule_remove" => Events(&["caller_rule.removed"]),
        "number_hold" => Events(&["number.held"]),
        "number_hold_end" => Events(&["number.hold_ended"]),
        "number_check_create" => Events(&["number_check.begun"]),
        "number_check_call" => Events(&["number_check.called"]),
        "number_check_remove" => Events(&["number_check.removed"]),
        "gateway_port_rent" => Events(&["gateway_port.rented"]),
        "company_site_create" => Events(&["site.created"]),
        "company_site_patch" => Events(&["site.updated"]),
        "company_site_remove" => Events(&["site.removed"]),
        "own_gateway_create" => Events(&["gateway.racked"]),
        "own_gateway_patch" => Events(&["gateway.updated"]),
        "own_gateway_credentials" => Events(&["gateway.credentials_reset"]),
        "own_gateway_remove" => Events(&["gateway.removed"]),
        "gateway_port_release" => Events(&["gateway_port.released"]),
        "call_record" => Events(&["recording.started", "recording.paused", "recording.resumed", "recording.stopped"]),
        "recording_patch" => Events(&["recording.updated"]),
        "recording_remove" => Events(&["recording.removed"]),
        "recording_policy_put" => Events(&["recording_policy.updated"]),
        "recording_play" => Nothing("somebody listens, which the audit log has"),
        "callback_close" => Events(&["callback.closed"]),
        "voicemail_play" => Perhaps(&["voicemail.updated"], "it was heard before, or in somebody else's box"),
        "voicemail_patch" => Perhaps(&["voicemail.updated"], "nothing was to be changed"),
        "voicemail_remove" => Events(&["voicemail.removed"]),
        "voicemail_restore" => Events(&["voicemail.restored"]),
        "prompt_create" => Events(&["prompt.created"]),
        "prompt_patch" => Events(&["prompt.updated"]),
        "prompt_remove" => Events(&["prompt.removed"]),
        "prompt_restore" => Events(&["prompt.restored"]),
        "prompt_audio_put" | "prompt_speak" => Events(&["prompt.recorded"]),
        "prompt_audio_remove" => Events(&["prompt.audio_removed"]),
        "speech_put" => Events(&["speech.updated"]),
        "speech_preview" => Nothing("a sound, no change"),
        "api_key_create" => Events(&["api_key.created"]),
        "api_key_patch" => Events(&["api_key.updated"]),
        "api_key_rotate" => Events(&["api_key.rotated"]),
        "api_key_end_old_secret" => Events(&["api_key.old_secret_ended"]),
        "api_key_revoke" => Events(&["api_key.revoked"]),
        "seat_token_create" => Events(&["seat_token.created"]),
        "seat_token_revoke" => Events(&["seat_token.revoked"]),
        "flow_create" => Events(&["flow.created"]),
        "flow_patch" => Events(&["flow.updated"]),
        "flow_publish" => Events(&["flow.published"]),
        "flow_roll_back" => Events(&["flow.rolled_back"]),
        "flow_remove" => Events(&["flow.removed"]),
        "flow_simulate" => Nothing("plays a call that nobody makes"),
        "webhook_create" => Events(&["webhook.created"]),
        "webhook_patch" => Events(&["webhook.updated"]),
        "webhook_rotate" => Events(&["webhook.secret_rotated"]),
        "webhook_test" => Events(&["webhook.tested"]),
        "webhook_replay" => Events(&["webhook.replayed"]),
        "webhook_remove" => Events(&["webhook.removed"]),
        "call_hold" | "call_resume" => Nothing("the switch does it, and call.held and call.resumed say so"),
        "call_swap" | "call_merge" | "call_complete" | "call_cancel_consult" => {
            Nothing("who hears whom; the calls' own events tell who holds and who leaves")
        }
        "call_transfer" | "call_consult" => Nothing("the switch places another call, which announces itself"),
        "call_digits" | "call_play" | "call_stop_play" => Nothing("sound for the parties, in the call's own timeline"),
        "call_park" | "call_pick_up" => Nothing("the switch does it, and call.parked and call.picked_up say so"),
        "call_answer" => Nothing("softphones are told over their feed; call.answered says that one did"),
        "call_place" => Nothing("the switch places the call, and call.started says so"),
        "call_hang_up" => Nothing("the switch ends the call, and call.ended says so"),
        "lab_answer" => Nothing("what a simulated person will do; the call announces itself"),
        "lab_ring" => Nothing("a call from outside, which announces itself"),
        "live_ticket" | "softphone_ticket" => TICKET,
        "member_sign_out" => Nothing("sessions of a person, which the audit log has"),
        "my_session_end" | "my_session_end_others" | "password_reset_ask" | "password_reset" => SELF,
        "second_factor_begin" | "second_factor_confirm" | "second_factor_renew" | "second_factor_off" => SELF,
        "operator_second_factor_begin" | "operator_second_factor_confirm" => PLATFORM,
        "operator_second_factor_renew" | "operator_second_factor_off" => PLATFORM,
        "sign_in" | "sign_out" | "session_refresh" | "session_switch" | "me_password" => SELF,
        "operator_sign_in" | "operator_sign_out" | "operator_session_refresh" | "operator_password" => PLATFORM,
        "site_create" | "site_patch" | "site_remove" => PLATFORM,
        "gateway_create" | "gateway_patch" | "gateway_remove" | "gateway_credentials" => PLATFORM,
        "line_create" | "line_patch" | "line_remove" => PLATFORM,
        "gateway_capture_begin" | "gateway_capture_end" => PLATFORM,
        "operator_gateway_port_patch" | "gateway_port_test_call" | "gateway_port_preview" => PLATFORM,
        "operator_number_create" | "operator_number_retire" => PLATFORM,
        "operator_support_open" | "operator_support_session" | "operator_support_end" => {
            Nothing("support, in the audit logs of both")
        }
        "operator_job_retry" | "operator_job_discard" | "operator_match" => PLATFORM,
        "operator_number_import_preview" | "operator_number_import_create" | "operator_number_import_undo" => PLATFORM,
        "price_list_create" | "price_list_patch" | "price_list_remove" | "price_list_publish" => PLATFORM,
        "price_deck_preview" | "price_deck_put" => PLATFORM,
        "spend_caps_put" => Events(&["billing.caps_changed"]),
        "spend_alarm_lift" => Events(&["billing.alarm_lifted"]),
        "operator_account_put" => Events(&["billing.account_set"]),
        "operator_payment_create" => Events(&["billing.payment_booked"]),
        "operator_rate_anew" | "unrated_call_retry" => Nothing("work for the rater, in the audit logs"),
        "operator_number_patch" => Nothing("the platform's own; number.moved when a company rents it"),
        other => panic!("{other} is new: say here what it announces, and list it in tenancy/src/catalogue.rs"),
    }
}

/// Method, path of the document, name.
fn changing() -> &'static [(String, String, String)] {
    static ALL: OnceLock<Vec<(String, String, String)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let document: Value = serde_json::from_str(&patchbay_control::openapi()).unwrap();
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap().iter().filter(|(method, _)| *method != "get") {
                let id = operation["operationId"].as_str().unwrap().to_owned();
                all.push((method.to_uppercase(), path.clone(), id));
            }
        }
        all
    })
}

fn is_of(path: &str, pattern: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (given, wanted) = (path.split('/'), pattern.split('/'));
    given.clone().count() == wanted.clone().count() && given.zip(wanted).all(|(a, b)| a == b || b.starts_with('{'))
}

/// A request succeeded: what it changed must have been told.
pub fn announced(method: &str, path: &str, events: &mut Receiver<Arc<EventRow>>) {
    let found = changing().iter().filter(|(of, pattern, _)| of == method && is_of(path, pattern));
    // A name in the path beats a parameter: `/by-token/accept` is no `/{id}/accept`.
    let Some((_, _, operation)) = found.min_by_key(|(_, pattern, _)| pattern.matches('{').count()) else { return };
    let (wanted, silent) = match heard(operation) {
        Heard::Events(wanted) => (wanted, false),
        Heard::Perhaps(wanted, _) => (wanted, true),
        Heard::Nothing(_) => return,
    };
    let mut seen = Vec::new();
    while let Ok(row) = events.try_recv() {
        seen.push(row.kind.clone());
    }
    let said = seen.iter().any(|kind| wanted.contains(&kind.as_str()));
    assert!(said || (silent && seen.is_empty()), "{operation} announced {seen:?}, not {wanted:?}");
}

#[test]
fn every_operation_that_changes_something_is_in_the_table() {
    let mut told = BTreeSet::new();
    for (_, _, operation) in changing() {
        match heard(operation) {
            Heard::Events(kinds) | Heard::Perhaps(kinds, _) => {
                assert!(!kinds.is_empty(), "{operation}");
                if let Heard::Perhaps(_, why) = heard(operation) {
                    assert!(!why.is_empty(), "{operation}");
                }
                for kind in kinds {
                    assert!(catalogue::find(kind).is_some(), "{operation} announces {kind}, which is no event type");
                    told.insert(*kind);
                }
            }
            Heard::Nothing(why) => assert!(!why.is_empty(), "{operation}"),
        }
    }
    // What no operation announces, the telephones and the platform do.
    let others: Vec<&str> = catalogue::ALL.iter().map(|of| of.kind).filter(|kind| !told.contains(kind)).collect();
    let calls = [
        "started",
        "ringing",
        "answered",
        "held",
        "resumed",
        "reconnecting",
        "reconnected",
        "parked",
        "picked_up",
        "credit_low",
        "ended",
    ]
    .map(|step| format!("call.{step}"));
    let expected: Vec<&str> = [
        "billing.alarm_raised",
        "number.moved",
        "number.brought",
        "number_check.failed",
        "gateway.suspended",
        "gateway.resumed",
        "recording.ready",
        "recording.failed",
        "voicemail.received",
        "callback.requested",
        "callback.tried",
        "survey.answered",
        "webhook.switched_off",
    ]
    .into_iter()
    .chain(calls.iter().map(String::as_str))
    .collect();
    assert_eq!(others, expected);
}
