//! What a company may still spend: its balance, what running calls have set aside, how far it may go below zero.
//!
//! The rules of one conditional update in the store (`.. WHERE balance + credit_limit - reserved >= amount`), so that of many calls
//! that ask at once none is given what another has. The books are the truth; this is the guard in front of them.

/// Amounts in micro-units of the company's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wallet {
    /// As the books have it.
    pub balance: i64,
    /// Set aside for calls that run.
    pub reserved: i64,
    /// How far below zero it may go: 0 for prepaid.
    pub credit_limit: i64,
}

/// Not as much as was asked for is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("only {available} micro-units are left")]
pub struct Short {
    /// What is left, not negative.
    pub available: i64,
}

impl Wallet {
    /// What can be set aside still; negative when a call cost more than was set aside for it.
    pub const fn available(&self) -> i64 {
        self.balance.saturating_add(self.credit_limit).saturating_sub(self.reserved)
    }

    /// Sets so much aside; nothing at all when that much is not there. Nothing is always there.
    ///
    /// # Errors
    /// What is there instead.
    pub fn reserve(&mut self, micros: i64) -> Result<(), Short> {
        let available = self.available();
        if micros > 0 && micros > available {
            return Err(Short { available: available.max(0) });
        }
        self.reserved = self.reserved.saturating_add(micros.max(0));
        Ok(())
    }

    /// A call is over: what it cost is paid, what was set aside for it is free again. Both at once.
    pub const fn settle(&mut self, charged: i64, reserved: i64) {
        self.balance = self.balance.saturating_sub(charged);
        self.reserved = self.reserved.saturating_sub(reserved);
    }

    /// Money came in, or went out when negative.
    pub const fn add(&mut self, micros: i64) {
        self.balance = self.balance.saturating_add(micros);
    }
}
