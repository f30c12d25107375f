//! Seeded loss and delay of DTLS datagrams, for tests of the handshake on machines without a network emulator.

use patchbay_kernel::{Entropy, SeededEntropy, Tick, time::Span};

/// What goes wrong with DTLS datagrams, both ways. The default: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DtlsFaults {
    /// Seed of the loss.
    pub seed: u64,
    /// Lost of a thousand.
    pub loss_permille: u16,
    /// Lose exactly this one, counted from 0 over both directions.
    pub lose_nth: Option<u64>,
    /// Each is late by so many milliseconds.
    pub delay_ms: u64,
}

/// What becomes of one datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on now.
    Pass,
    /// It is lost.
    Lost,
    /// It goes on then.
    Late(Tick),
}

/// The judge of one worker.
pub struct Faults {
    rules: DtlsFaults,
    chance: SeededEntropy,
    count: u64,
}

impl Faults {
    /// By these rules.
    pub const fn new(rules: DtlsFaults) -> Self {
        Self { chance: SeededEntropy::new(rules.seed), rules, count: 0 }
    }
    /// The next datagram's fate.
    pub fn judge(&mut self, now: Tick) -> Fate {
        let at = self.count;
        self.count += 1;
        if self.rules.lose_nth == Some(at) || self.chance.below(1_000) < u64::from(self.rules.loss_permille) {
            Fate::Lost
        } else if self.rules.delay_ms > 0 {
            Fate::Late(now + Span::ms(self.rules.delay_ms))
        } else {
            Fate::Pass
        }
    }
}
