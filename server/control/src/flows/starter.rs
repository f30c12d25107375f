//! Drafts to begin with, in the company's language.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::kit::words::words;

words! {
    /// What a draft begins with.
    FlowStarter {
        /// A greeting, then somebody is rung, then a message is taken.
        Greeting = "greeting",
        /// Opening hours, a menu, and somebody who is rung for each key.
        HoursMenu = "hours_menu",
        /// Rings while it is open, takes a message when it is closed.
        AfterHours = "after_hours",
        /// Nothing but a start and an end.
        Blank = "blank",
    }
}

/// Texts in one language.
struct Texts {
    welcome: &'static str,
    menu: &'static str,
    wrong: &'static str,
    closed: &'static str,
    message: &'static str,
    bye: &'static str,
}

const EN: Texts = Texts {
    welcome: "Thank you for calling.",
    menu: "For sales, press 1. For support, press 2.",
    wrong: "That was not one of the choices.",
    closed: "You are calling outside our opening hours.",
    message: "Please leave a message after the tone.",
    bye: "Thank you. Goodbye.",
};
const HANS: Texts = Texts {
    welcome: "感谢您的来电。",
    menu: "销售请按 1，技术支持请按 2。",
    wrong: "您的选择无效。",
    closed: "现在不是我们的营业时间。",
    message: "请在提示音后留言。",
    bye: "谢谢，再见。",
};
const HANT: Texts = Texts {
    welcome: "感謝您的來電。",
    menu: "銷售請按 1，技術支援請按 2。",
    wrong: "您的選擇無效。",
    closed: "現在不是我們的營業時間。",
    message: "請在提示音後留言。",
    bye: "謝謝，再見。",
};

/// The draft. Seats are left to be chosen: nothing is rung that nobody meant.
pub fn draft(starter: FlowStarter, locale: &str, zone: &str) -> Value {
    let (language, texts) = match locale {
        "zh-Hans" => ("zh-Hans", &HANS),
        "zh-Hant" => ("zh-Hant", &HANT),
        _ => ("en", &EN),
    };
    let sound = |text: &str| json!({ "kind": "text", "text": { language: text } });
    let node = |kind: &str, place: (i32, i32), settings: Value, exits: Value| json!({ "kind": kind, "label": "", "place": { "x": place.0, "y": place.1 }, "settings": settings, "exits": exits });
    let say = |text: &str| json!({ "text": { language: text } });
    let ring = json!({ "targets": [] });
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let hours = json!({ "open": [{ "days": days, "from": "09:00", "to": "18:00" }] });
    let message = json!({ "greeting": sound(texts.message) });
    let bye = node("hangup", (0, 600), json!({ "prompt": sound(texts.bye) }), json!({}));
    let start = |next: &str| node("start", (0, 0), json!({}), json!({ "next": next }));
    let nodes = match starter {
        FlowStarter::Blank => json!({ "start": start("bye"), "bye": bye }),
        FlowStarter::Greeting => json!({
            "start": start("welcome"),
            "welcome": node("say", (0, 120), say(texts.welcome), json!({ "next": "ring" })),
            "ring": node("ring", (0, 240), ring, json!({ "no_answer": "message" })),
            "message": node("voicemail", (0, 420), message, json!({ "recorded": "bye" })),
            "bye": bye,
        }),
        FlowStarter::HoursMenu => json!({
            "start": start("hours"),
            "hours": node("hours", (0, 120), hours, json!({ "open": "welcome", "closed": "closed" })),
            "welcome": node("say", (-160, 240), say(texts.welcome), json!({ "next": "menu" })),
            "menu": node("menu", (-160, 360), json!({
                "prompt": sound(texts.menu), "wrong_prompt": sound(texts.wrong),
                "choices": [{ "keys": "1", "label": "" }, { "keys": "2", "label": "" }],
            }), json!({ "1": "sales", "2": "support", "no_input": "bye" })),
            "sales": node("ring", (-320, 480), ring.clone(), json!({ "no_answer": "bye" })),
            "support": node("ring", (0, 480), ring, json!({ "no_answer": "bye" })),
            "closed": node("say", (200, 240), say(texts.closed), json!({ "next": "bye" })),
            "bye": bye,
        }),
        FlowStarter::AfterHours => json!({
            "start": start("hours"),
            "hours": node("hours", (0, 120), hours, json!({ "open": "ring", "closed": "closed" })),
            "ring": node("ring", (-160, 240), ring, json!({ "no_answer": "message" })),
            "closed": node("say", (160, 240), say(texts.closed), json!({ "next": "message" })),
            "message": node("voicemail", (0, 420), message, json!({ "recorded": "bye" })),
            "bye": bye,
        }),
    };
    let zone = if patchbay_ivr::zone::is_zone(zone) { zone } else { "UTC" };
    let draft = json!({ "schema": 1, "start": "start", "language": language, "languages": [], "zone": zone,
        "variables": [], "nodes": nodes });
    // As every saved draft is written, so that the first save of the same is no change.
    patchbay_ivr::Graph::read(&draft).map_or(draft, |graph| graph.write())
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_ivr::{
        Graph,
        check::{Code, check},
    };

    #[test]
    fn nothing_but_a_choice_of_people_is_missing_in_a_starter() {
        for locale in ["en", "zh-Hans", "zh-Hant", "fr"] {
            for starter in [FlowStarter::Blank, FlowStarter::Greeting, FlowStarter::HoursMenu, FlowStarter::AfterHours]
            {
                let graph = Graph::read(&draft(starter, locale, "Asia/Shanghai")).unwrap();
                let found = check(&graph);
                assert!(found.iter().all(|one| one.code == Code::MissingSetting), "{starter:?} {locale}: {found:?}");
            }
        }
    }
}
