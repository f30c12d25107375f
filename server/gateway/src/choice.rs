//! Which gateway port is tried first.

/// What is known of a gateway's reachability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Registered, or its last probe was answered.
    Online,
    /// Not seen yet.
    Unknown,
    /// Known to be away: tried last, in case we are wrong.
    Offline,
}

/// A gateway port that could carry the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<T> {
    /// What the caller of [`order`] knows it by.
    pub id: T,
    /// Smaller is tried earlier.
    pub priority: u32,
    /// Price of a minute in millionths, where it is known; of one priority the cheaper is tried earlier.
    pub cost: Option<u64>,
    /// How far it is from the displayed number's own line, 0 being that line; of one price the nearer is tried earlier.
    pub distance: u32,
    /// Equal ones share the load by channels times weight; at least 1.
    pub weight: u32,
    /// Calls on it now.
    pub in_use: u32,
    /// Calls that it can carry.
    pub channels: u32,
    /// Whether it is there.
    pub health: Health,
}

/// The order of trying: reachable before unreachable, free before full, by priority, price and distance, then the least used share first; equal
/// ones stay in the given order. Full ones stay in the list, because a channel may be free by the time it is their turn.
pub fn order<T>(mut candidates: Vec<Candidate<T>>) -> Vec<T> {
    candidates.retain(|candidate| candidate.channels > 0);
    candidates.sort_by(|a, b| {
        let price = |c: &Candidate<T>| c.cost.unwrap_or(u64::MAX);
        let rank = |c: &Candidate<T>| (c.health, c.in_use >= c.channels, c.priority, price(c), c.distance);
        // a.in_use / (a.channels * a.weight) against the same of b, without fractions
        let room = |c: &Candidate<T>| u64::from(c.channels) * u64::from(c.weight.max(1));
        let share = |x: &Candidate<T>, y: &Candidate<T>| u64::from(x.in_use).saturating_mul(room(y));
        rank(a).cmp(&rank(b)).then_with(|| share(a, b).cmp(&share(b, a)))
    });
    candidates.into_iter().map(|candidate| candidate.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(
        id: &'static str,
        priority: u32,
        in_use: u32,
        channels: u32,
        health: Health,
    ) -> Candidate<&'static str> {
        Candidate { id, priority, cost: None, distance: 0, weight: 1, in_use, channels, health }
    }

    #[test]
    fn the_least_used_comes_first_within_a_priority() {
        use Health::*;
        let all = vec![
            candidate("half", 1, 15, 30, Online),
            candidate("third", 1, 10, 30, Online),
            candidate("full", 0, 1, 1, Online),
            candidate("away", 0, 0, 30, Offline),
            candidate("later", 2, 0, 30, Online),
            candidate("unseen", 0, 0, 30, Unknown),
            candidate("nothing", 0, 0, 0, Online),
            candidate("third too", 1, 1, 3, Online),
        ];
        assert_eq!(order(all), ["third", "third too", "half", "later", "full", "unseen", "away"]);
    }

    #[test]
    fn one_call_on_each_before_two_on_any() {
        let mut in_use = [0u32; 4];
        for call in 0..16 {
            let all = in_use.iter().enumerate().map(|(id, n)| Candidate {
                id,
                priority: 0,
                cost: None,
                distance: 0,
                weight: 1,
                in_use: *n,
                channels: 4,
                health: Health::Online,
            });
            let first = order(all.collect())[0];
            in_use[first] += 1;
            assert!(in_use.iter().max().unwrap() - in_use.iter().min().unwrap() <= 1, "after call {call}: {in_use:?}");
        }
    }

    #[test]
    fn the_cheaper_comes_first_within_a_priority_and_an_unknown_price_last() {
        let priced = |id, priority, cost, distance| Candidate {
            cost,
            distance,
            ..candidate(id, priority, 0, 30, Health::Online)
        };
        let all = vec![
            priced("unknown", 1, None, 0),
            priced("dear", 1, Some(20_000), 0),
            priced("cheap and far", 1, Some(10_000), 2),
            priced("cheap and near", 1, Some(10_000), 1),
            priced("preferred", 0, Some(90_000), 2),
        ];
        assert_eq!(order(all), ["preferred", "cheap and near", "cheap and far", "dear", "unknown"]);
    }

    #[test]
    fn weights_share_the_load() {
        let mut in_use = [0u32; 2];
        for _ in 0..40 {
            let all = [3, 1].into_iter().enumerate().map(|(id, weight)| Candidate {
                weight,
                ..Candidate {
                    id,
                    priority: 0,
                    cost: None,
                    distance: 0,
                    weight: 1,
                    in_use: in_use[id],
                    channels: 60,
                    health: Health::Online,
                }
            });
            in_use[order(all.collect())[0]] += 1;
        }
        assert_eq!(in_use, [30, 10]);
    }
}
