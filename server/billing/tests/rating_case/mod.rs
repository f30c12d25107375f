//! Reads the table of cases.

use patchbay_billing::{
    Allowance, AllowanceKey, ChargeLine, Deck, Discount, Facts, Rated, Terms, Unrated, Used, Zone,
    charge::{Free, Kind},
    day::Day,
    deck::NoRate,
    import, rate,
};
use patchbay_kernel::{CallId, LegId, Money, SeededEntropy, Wall, money::Currency};

/// One line of the table.
pub struct Case {
    pub number: String,
    pub deck: String,
    zone: Zone,
    pub facts: Facts,
    pub allowances: Vec<Allowance>,
    discounts: Vec<Discount>,
    pub used: Used,
    pub want: Vec<String>,
    pub how: String,
}

/// A deck of the folder, every row of which must be good.
pub fn deck(name: &str) -> Deck {
    let path = format!("{}/tests/rating/decks/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    let read = import::read(&std::fs::read(path).unwrap(), Day(0)).unwrap();
    assert_eq!(read.bad, [], "{name}");
    read.deck(Currency::USD).unwrap()
}

impl Case {
    pub fn all() -> Vec<Self> {
        let table = include_str!("../rating/cases.txt");
        table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(Self::read).collect()
    }

    fn read(line: &str) -> Self {
        let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [number, deck, zone, party, answered, talk_ms, terms, want, how] = cells[..] else { panic!("{line}") };
        let (way, dialled) = party.split_once(' ').unwrap();
        let mut chance = SeededEntropy::new(number.parse().unwrap());
        let now = Wall::from_unix_ms(1_770_000_000_000);
        let answered_at =
            (answered != "-").then(|| Wall(answered.parse::<jiff::Timestamp>().unwrap().as_microsecond()));
        let facts = Facts {
            call: CallId::new(now, &mut chance),
            leg: LegId::new(now, &mut chance),
            direction: way.parse().ok(),
            number: dialled.into(),
            answered_at,
            talk_ms: talk_ms.parse().unwrap(),
        };
        assert!(facts.direction.is_some() || way == "internal", "{line}");
        let mut case = Self {
            number: number.into(),
            deck: deck.into(),
            zone: zone.parse().unwrap(),
            facts,
            allowances: Vec::new(),
            discounts: Vec::new(),
            used: Used::default(),
            want: want.split(' ').map(str::to_owned).collect(),
            how: how.into(),
        };
        terms.split(' ').filter(|term| *term != "-").for_each(|term| case.take(term));
        case
    }

    fn take(&mut self, term: &str) {
        let prefixes = |text: &str| match text {
            "*" => Vec::new(),
            list => list.split(',').map(|prefix| prefix.parse().unwrap()).collect(),
        };
        let parts: Vec<&str> = term.split(['=', ':']).collect();
        match parts[..] {
            ["inc", key, way, list, seconds, used] => {
                let key = AllowanceKey(key.into());
                let direction = way.parse().unwrap();
                let seconds = seconds.parse().unwrap();
                self.used.count(&[self.covered(&key, used.parse().unwrap())]);
                self.allowances.push(Allowance { key, direction, prefixes: prefixes(list), seconds });
            }
            ["off", way, list, basis_points] => {
                let (direction, basis_points) = (way.parse().unwrap(), basis_points.parse().unwrap());
                self.discounts.push(Discount { direction, prefixes: prefixes(list), basis_points });
            }
            _ => panic!("{term}"),
        }
    }

    /// A line of an earlier call that used so much up.
    fn covered(&self, key: &AllowanceKey, seconds: u64) -> ChargeLine {
        ChargeLine {
            call: self.facts.call,
            leg: self.facts.leg,
            kind: Kind::Included(key.clone()),
            revision: 0,
            reversal: false,
            amount: Money::new(0, Currency::USD),
            seconds,
            prefix: "1".parse().unwrap(),
            rate_from: Day(0),
            day: Day(0),
        }
    }

    pub fn terms<'a>(&'a self, deck: &'a Deck) -> Terms<'a> {
        Terms { deck, zone: &self.zone, allowances: &self.allowances, discounts: &self.discounts }
    }

    /// What the code says, in the words of the table.
    pub fn rated(&self) -> Vec<String> {
        let deck = deck(&self.deck);
        match rate(&self.facts, &self.terms(&deck), &self.used) {
            Rated::Lines(lines) => lines.iter().map(word).collect(),
            Rated::Free(Free::NotAnswered) => vec!["free:not_answered".into()],
            Rated::Free(Free::Internal) => vec!["free:internal".into()],
            Rated::Unrated(Unrated::NotANumber) => vec!["unrated:not_a_number".into()],
            Rated::Unrated(Unrated::NoRate(NoRate::NoPrefix)) => vec!["unrated:no_prefix".into()],
            Rated::Unrated(Unrated::NoRate(NoRate::NotOnThisDay(_))) => vec!["unrated:not_on_this_day".into()],
            Rated::Unrated(Unrated::TooLarge) => vec!["unrated:too_large".into()],
        }
    }
}

fn word(line: &ChargeLine) -> String {
    assert_eq!(line.amount.currency, Currency::USD);
    let seconds = if line.seconds > 0 { format!("@{}", line.seconds) } else { String::new() };
    format!("{}={}{seconds}", line.kind.word(), line.amount.micros)
}
