//! What a call knows: the variables of its flows and what every call is given.

use std::collections::BTreeMap;

use crate::{
    io::Facts,
    sound::Language,
    value::{Value, ValueKind, Variable},
};

/// Values by name.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    held: BTreeMap<String, Value>,
}

impl Variables {
    /// What every call is given.
    pub fn given(facts: &Facts, language: &Language) -> Self {
        let mut held = BTreeMap::new();
        let mut give = |name: &str, text: &str| held.insert(name.to_owned(), Value::Text(text.to_owned()));
        give("call.caller", &facts.caller);
        give("call.caller_name", facts.caller_name.as_deref().unwrap_or_default());
        give("call.called", &facts.called);
        give("call.extension", "");
        give("call.language", language.as_str());
        Self { held }
    }

    /// A flow begins: its variables get their first values, unless a flow that led here has one of that name and kind already.
    pub fn declare(&mut self, variables: &[Variable]) {
        for variable in variables {
            if self.held.get(&variable.name).is_some_and(|value| value.kind() == variable.kind) {
                continue;
            }
            let initial = variable.initial.clone().filter(|value| value.kind() == variable.kind);
            self.held.insert(variable.name.clone(), initial.unwrap_or_else(|| Value::empty(variable.kind)));
        }
    }

    /// The value; `None` where no flow declared it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.held.get(name)
    }

    /// As text; empty where there is none.
    pub fn text(&self, name: &str) -> String {
        self.get(name).map(Value::text).unwrap_or_default()
    }

    /// Sets it from text, read as the kind that was declared; of no effect where it was not.
    pub fn set_text(&mut self, name: &str, text: &str) {
        if let Some(held) = self.held.get_mut(name) {
            *held = Value::read(held.kind(), text);
        }
    }

    /// Adds to a number, stopping at the ends of the range; of no effect on other kinds.
    pub fn add(&mut self, name: &str, amount: i64) {
        if let Some(Value::Number(number)) = self.held.get_mut(name) {
            *number = number.saturating_add(amount);
        }
    }

    /// The kind it was declared with.
    pub fn kind(&self, name: &str) -> Option<ValueKind> {
        self.get(name).map(Value::kind)
    }

    /// Everything, sorted by name.
    pub fn all(&self) -> &BTreeMap<String, Value> {
        &self.held
    }
}
