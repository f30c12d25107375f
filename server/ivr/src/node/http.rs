//! Asks a server of the company and keeps parts of its answer in variables.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{By, Exit, NodeKind};
use crate::{
    check::About,
    io::{Answer, Input, Request},
    template::Escape,
    visit::{Step, Visit},
};

/// Settings of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// `get` or `post`.
    method: Method,
    /// `https://...`; variables are written as parts of a URL and cannot change host or path.
    url: String,
    /// Headers; values may mention `{{variables}}`.
    headers: BTreeMap<String, String>,
    /// Fields of the JSON object that is posted; values may mention `{{variables}}`.
    body: BTreeMap<String, String>,
    /// Seconds until it counts as failed.
    timeout_s: u32,
    /// Seconds for which the same request may be answered from memory.
    cache_s: u32,
    /// What of a JSON answer is kept where.
    read: Vec<Reading>,
}

/// One part of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    /// JSON pointer (RFC 6901), such as `/customer/name`.
    at: String,
    /// Where it goes.
    variable: String,
}

/// How it asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    #[default]
    Get,
    Post,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            method: Method::Get,
            url: String::new(),
            headers: BTreeMap::new(),
            body: BTreeMap::new(),
            timeout_s: 3,
            cache_s: 0,
            read: vec![],
        }
    }
}

impl NodeKind for Http {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::needed("ok", By::Flow), Exit::needed("failed", By::Flow)]
    }

    fn check(&self, about: &mut About<'_>) {
        about.needed_text("url", &self.url);
        if !self.url.is_empty() {
            let after = self.url.strip_prefix("https://").or_else(|| self.url.strip_prefix("http://"));
            // Who is asked is the author's choice and never a caller's.
            let host = after.unwrap_or_default().split(['/', '?', '#']).next().unwrap_or_default();
            about.holds("url", !host.is_empty() && !host.contains("{{") && self.url.len() <= 2000);
        }
        about.within("timeout_s", self.timeout_s, 1..=10);
        about.within("cache_s", self.cache_s, 0..=3600);
        about.holds("headers", self.headers.len() <= 20);
        about.holds("body", self.body.len() <= 50);
        about.holds("read", self.read.len() <= 50);
        for (name, value) in &self.headers {
            let field = format!("headers/{name}");
            about.holds(&field, is_header(name));
            about.text(&field, value);
        }
        for (name, value) in &self.body {
            about.text(&format!("body/{name}"), value);
        }
        for (at, reading) in self.read.iter().enumerate() {
            about.settable(&format!("read/{at}/variable"), &reading.variable);
            about.holds(&format!("read/{at}/at"), reading.at.is_empty() || reading.at.starts_with('/'));
        }
    }

    fn enter(&self, visit: &mut Visit<'_>) -> Step {
        if self.url.is_empty() {
            return Step::leave("failed");
        }
        let headers = self.headers.iter().filter(|(name, _)| is_header(name)).map(|(name, value)| {
            let value = visit.fill(value, Escape::None).chars().filter(|one| !one.is_control()).collect();
            (name.clone(), value)
        });
        let headers = headers.collect();
        let body = (self.method == Method::Post).then(|| {
            let fields = self.body.iter().map(|(name, value)| (name.clone(), Json::String(visit.fill(value, Escape::None))));
            Json::Object(fields.collect()).to_string()
        });
        let request = Request {
            method: match self.method {
                Method::Get => "GET",
                Method::Post => "POST",
            },
            url: visit.fill(&self.url, Escape::Url),
            headers,
            body,
            timeout_s: self.timeout_s.clamp(1, 10),
            cache_s: self.cache_s.min(3600),
        };
        visit.fetch(request);
        Step::Stay
    }

    fn on(&self, visit: &mut Visit<'_>, input: &Input) -> Step {
        match input {
            Input::Fetched(_, answer) => self.keep(visit, answer),
            Input::Deadline => Step::leave("failed"),
            _ => Step::Stay,
        }
    }
}

impl Http {
    fn keep(&self, visit: &mut Visit<'_>, answer: &Answer) -> Step {
        if !answer.status.is_some_and(|status| (200..300).contains(&status)) {
            return Step::leave("failed");
        }
        if self.read.is_empty() {
            return Step::leave("ok");
        }
        let Ok(json) = serde_json::from_str::<Json>(&answer.body) else { return Step::leave("failed") };
        for reading in &self.read {
            let text = match json.pointer(&reading.at) {
                None | Some(Json::Null) => String::new(),
                Some(Json::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            visit.set(&reading.variable, &text);
        }
        Step::leave("ok")
    }
}

fn is_header(name: &str) -> bool {
    let token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let ours = ["host", "content-length", "content-type", "transfer-encoding", "connection"];
    (1..=64).contains(&name.len()) && token && !ours.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use crate::{
        io::{Answer, Effect, Input},
        node::trial::Trial,
    };
    use serde_json::json;

    fn asked(status: Option<u16>, body: &str) -> Trial {
        let mut trial = Trial::of(
            "http",
            json!({
                "url": "https://crm.example/find?by={{call.caller}}", "method": "post",
                "headers": {"X-Caller": "{{call.caller}}\r\nEvil: 1"}, "body": {"n": "\"{{call.caller}}"},
                "read": [{"at": "/customer/name", "variable": "account"}, {"at": "/open", "variable": "count"}]
            }),
        );
        let answer = Answer { status, body: body.into() };
        trial.job(|ticket| Input::Fetched(ticket, answer));
        trial
    }

    #[test]
    fn parts_of_the_answer_are_kept() {
        let trial = asked(Some(200), r#"{"customer": {"name": "Ada"}, "open": 3}"#);
        assert_eq!((trial.left_by(), trial.variable("account"), trial.variable("count")), (Some("ok"), "Ada".into(), "3".into()));
    }

    #[test]
    fn variables_change_neither_url_nor_headers_nor_json() {
        let trial = asked(None, "");
        let Some(Effect::Fetch(_, request)) = trial.effects.first() else { panic!("{:?}", trial.effects) };
        assert_eq!(request.url, "https://crm.example/find?by=%2B14155550100");
        assert!(request.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])));
        let body: serde_json::Value = serde_json::from_str(request.body.as_ref().unwrap()).unwrap();
        assert_eq!(body["n"], "\"+14155550100");
        assert_eq!(trial.left_by(), Some("failed"));
    }

    #[test]
    fn an_error_an_answer_that_is_no_json_and_silence_are_failures() {
        assert_eq!(asked(Some(500), "{}").left_by(), Some("failed"));
        assert_eq!(asked(Some(200), "<html>").left_by(), Some("failed"));
        let mut silent = Trial::of("http", json!({"url": "https://crm.example", "timeout_s": 2}));
        silent.after(3);
        assert_eq!(silent.left_by(), Some("failed"));
    }

    #[test]
    fn the_host_is_no_variable() {
        for url in ["https://{{account}}/x", "ftp://a.example", "https:///x"] {
            assert!(Trial::codes("http", json!({"url": url})).contains(&"bad_setting".to_owned()), "{url}");
        }
    }
}
