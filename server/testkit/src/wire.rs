//! An emulated network between pure machines: delay, loss, doubling and disorder, the same for the same seed.

use std::collections::BTreeMap;

use patchbay_kernel::{Entropy, SeededEntropy, Tick, time::Span};

/// How bad it is. Shares are in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Shortest and longest time on the way, milliseconds; a spread brings disorder.
    pub delay_ms: (u64, u64),
    /// Lost packets.
    pub loss: u64,
    /// Packets that arrive twice.
    pub doubling: u64,
}

/// Packets on their way. `T` is the packet with whatever says where it goes.
#[derive(Debug)]
pub struct Wire<T> {
    weather: Weather,
    chance: SeededEntropy,
    flying: BTreeMap<(Tick, u64), T>,
    sent: u64,
    lost: u64,
}

impl<T: Clone> Wire<T> {
    /// A network with this weather.
    pub const fn new(weather: Weather, seed: u64) -> Self {
        Self { weather, chance: SeededEntropy::new(seed), flying: BTreeMap::new(), sent: 0, lost: 0 }
    }

    /// Puts a packet on its way, or loses it.
    pub fn send(&mut self, packet: T, now: Tick) {
        if self.chance.below(1_000) < self.weather.loss {
            self.lost += 1;
            return;
        }
        let copies = 1 + u64::from(self.chance.below(1_000) < self.weather.doubling);
        for _ in 0..copies {
            let (least, most) = self.weather.delay_ms;
            let delay = Span::ms(least + self.chance.below(most.saturating_sub(least) + 1));
            self.sent += 1;
            self.flying.insert((now + delay, self.sent), packet.clone());
        }
    }

    /// The next packet that has arrived by now.
    pub fn arrived(&mut self, now: Tick) -> Option<T> {
        let first = self.flying.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// When the next one arrives.
    pub fn next_arrival(&self) -> Option<Tick> {
        self.flying.first_key_value().map(|((at, _), _)| *at)
    }

    /// Packets lost so far.
    pub const fn lost(&self) -> u64 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(seed: u64) -> (Vec<u64>, u64) {
        let mut wire = Wire::new(Weather { delay_ms: (10, 60), loss: 100, doubling: 50 }, seed);
        for n in 0..1_000 {
            wire.send(n, Tick::from_ms(n * 20));
        }
        let mut out = Vec::new();
        while let Some(at) = wire.next_arrival() {
            out.extend(wire.arrived(at));
        }
        (out, wire.lost())
    }

    #[test]
    fn weather_is_as_forecast_and_repeats_with_the_seed() {
        let (out, lost) = run(3);
        assert_eq!((out.clone(), lost), run(3));
        assert_ne!(out, run(4).0);
        assert!((60..140).contains(&lost), "{lost}");
        assert!(out.windows(2).any(|pair| pair[0] > pair[1]), "disorder");
        assert!(out.windows(2).any(|pair| pair[0] == pair[1]) || out.len() as u64 > 1_000 - lost, "doubling");
    }

    #[test]
    fn nothing_arrives_before_its_time() {
        let mut wire = Wire::new(Weather { delay_ms: (30, 30), ..Weather::default() }, 1);
        wire.send("x", Tick::ZERO);
        assert_eq!(wire.arrived(Tick::from_ms(29)), None);
        assert_eq!(wire.arrived(Tick::from_ms(30)), Some("x"));
    }
}
