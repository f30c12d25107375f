//! Single-use tickets that live 30 seconds in memory: they carry a REST caller's proof over to a WebSocket, whose opening
//! request can bear no header from a browser.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use patchbay_kernel::{Entropy, Tick, time::Span};

use super::{problem::Problem, token};

/// How long a ticket waits to be used.
pub const LIFE: Span = Span::secs(30);
const MOST: usize = 20_000;

/// Tickets of one kind, each good for one `T`.
pub struct Tickets<T> {
    open: Mutex<HashMap<String, (Tick, T)>>,
}

impl<T> Default for Tickets<T> {
    fn default() -> Self {
        Self { open: Mutex::default() }
    }
}

impl<T> Tickets<T> {
    /// Sell one. 503 when far too many are waiting.
    pub fn sell(&self, grant: T, now: Tick, chance: &mut dyn Entropy) -> Result<String, Problem> {
        let ticket = token::new(chance).into_inner();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MOST {
            open.retain(|_, (until, _)| *until > now);
        }
        if open.len() >= MOST {
            return Err(Problem::busy());
        }
        open.insert(token::hash(&ticket), (now + LIFE, grant));
        Ok(ticket)
    }

    /// Use one up; `None` when it is unknown, used or too old.
    pub fn redeem(&self, ticket: &str, now: Tick) -> Option<T> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, grant) = open.remove(&token::hash(ticket))?;
        (until > now).then_some(grant)
    }

    /// Forget those that nobody used.
    pub fn sweep(&self, now: Tick) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, (until, _)| *until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_kernel::SeededEntropy;

    #[test]
    fn a_ticket_is_good_once_and_for_30_s() {
        let (tickets, chance) = (Tickets::default(), &mut SeededEntropy::new(1));
        let ticket = tickets.sell(7, Tick::ZERO, chance).unwrap();
        assert_eq!(tickets.redeem(&ticket, Tick::from_ms(29_999)), Some(7));
        assert_eq!(tickets.redeem(&ticket, Tick::from_ms(29_999)), None);
        let late = tickets.sell(8, Tick::ZERO, chance).unwrap();
        assert_eq!(tickets.redeem(&late, Tick::from_ms(30_000)), None);
        assert_eq!(tickets.redeem("made up", Tick::ZERO), None);
    }
}
