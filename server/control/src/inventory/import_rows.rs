//! A file of numbers, row by row: what each says, and what is wrong with it. Nothing here writes.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    E164, GatewayPortId, Uuid,
    csv::{self, BadCsv},
};
use patchbay_kernel as kernel;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    block::country_of,
    words::{GatewayPortKind, NumberKind},
};
use crate::kit::{money::Money, problem::FieldError};

/// Rows of one file at most.
pub const MOST_ROWS: usize = 5_000;

/// A gateway port that numbers can be put on.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its id.
    pub id: Uuid,
    /// Its box.
    pub gateway: String,
    /// Its name.
    pub label: String,
    /// Its place in the box, from 1 on.
    pub ordinal: i32,
    /// Country where the box stands.
    pub country: String,
    /// What it is.
    pub kind: GatewayPortKind,
    /// Numbers on it now.
    pub numbers: usize,
    /// Currency of its price.
    pub currency: String,
}

/// What is there already.
pub struct Stock {
    /// Every gateway port.
    pub places: Vec<Place>,
    /// Which of the file's numbers are in the inventory.
    pub known: BTreeSet<String>,
}

/// A row as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The number.
    pub e164: E164,
    /// Its country.
    pub country: String,
    /// Where it lives.
    pub place: Uuid,
    /// Its kind.
    pub kind: NumberKind,
    /// Its area.
    pub area: Option<String>,
    /// Price a month, in millionths.
    pub monthly_micros: i64,
    /// Price once, in millionths.
    pub setup_micros: i64,
    /// Currency of both.
    pub currency: String,
}

/// One row of the file, for people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportRow {
    /// Line of the file.
    pub line: i64,
    /// The number as it was read, or as it stands there.
    pub number: String,
    /// Where it will live.
    pub gateway_port: String,
    /// Its kind.
    pub kind: Option<NumberKind>,
    /// Its area.
    pub area: Option<String>,
    /// Price a month.
    pub monthly: Option<Money>,
    /// What is wrong with it; empty: nothing.
    pub errors: Vec<FieldError>,
}

/// The whole file, read.
#[derive(Debug)]
pub struct Read {
    /// Every row.
    pub rows: Vec<ImportRow>,
    /// Those that can be had.
    pub wishes: Vec<Wish>,
}

/// Why no row could be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// No table.
    #[error(transparent)]
    Csv(#[from] BadCsv),
    /// The first line names no column `number`.
    #[error("the first line must name the columns; one of them is \"number\"")]
    NoHead,
    /// There is a head and no row.
    #[error("the file has no rows")]
    Empty,
}

/// Columns that are known, in the order of the template.
pub const COLUMNS: [&str; 8] = ["number", "gateway", "gateway_port", "kind", "area", "monthly", "setup", "currency"];

/// The numbers of a file that can be read, to be looked for in the inventory.
pub fn numbers(bytes: &[u8]) -> Result<Vec<String>, BadFile> {
    let (head, rows) = table(bytes)?;
    let at = head.get("number").copied().ok_or(BadFile::NoHead)?;
    let read = rows.iter().filter_map(|row| number(row.cells.get(at)?).ok());
    Ok(read.map(|number| number.as_str().to_owned()).collect())
}

fn table(bytes: &[u8]) -> Result<(BTreeMap<String, usize>, Vec<csv::Row>), BadFile> {
    let mut rows = csv::rows(bytes, MOST_ROWS + 1)?.into_iter();
    let head = rows.next().ok_or(BadFile::Empty)?;
    let name = |cell: &String| cell.to_lowercase().replace([' ', '-'], "_");
    let head: BTreeMap<String, usize> = head.cells.iter().enumerate().map(|(at, cell)| (name(cell), at)).collect();
    if !head.contains_key("number") {
        return Err(BadFile::NoHead);
    }
    let rows: Vec<csv::Row> = rows.collect();
    if rows.is_empty() { Err(BadFile::Empty) } else { Ok((head, rows)) }
}

/// A number with plus; what people put between the digits is left out.
fn number(text: &str) -> Result<E164, ()> {
    let tight: String = text.chars().filter(|c| !matches!(c, ' ' | '(' | ')' | '.' | '-' | '/' | '\u{a0}')).collect();
    let tight = tight.strip_prefix("00").map_or(tight.clone(), |rest| format!("+{rest}"));
    // Spreadsheets take the plus of a number for a sign and drop it.
    let tight = if tight.starts_with('+') { tight } else { format!("+{tight}") };
    tight.parse().map_err(|_| ())
}

/// Millionths of a price such as `2`, `2.50` or `2,50`; `None` for anything else.
fn micros(text: &str) -> Option<i64> {
    let text = text.trim().replace(',', ".");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || part.len() > 6 || !digits(whole) || !digits(part) {
        return None;
    }
    let part: i64 = format!("{part:0<6}").parse().ok()?;
    Some(whole.parse::<i64>().ok()? * 1_000_000 + part)
}

/// Reads the file against what is there.
pub fn read(bytes: &[u8], stock: &Stock) -> Result<Read, BadFile> {
    let (head, rows) = table(bytes)?;
    let mut reader = Reader { stock, head, seen: BTreeMap::new(), taken: BTreeMap::new() };
    let (mut shown, mut wishes) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in &rows {
        let (of, wish) = reader.row(row);
        wishes.extend(wish);
        shown.push(of);
    }
    Ok(Read { rows: shown, wishes })
}

struct Reader<'a> {
    stock: &'a Stock,
    head: BTreeMap<String, usize>,
    /// Lines on which numbers stood first.
    seen: BTreeMap<String, usize>,
    /// Numbers that this file puts on gateway ports.
    taken: BTreeMap<Uuid, usize>,
}

impl Reader<'_> {
    fn cell<'r>(&self, row: &'r csv::Row, name: &str) -> &'r str {
        self.head.get(name).and_then(|at| row.cells.get(*at)).map_or("", String::as_str)
    }

    fn row(&mut self, row: &csv::Row) -> (ImportRow, Option<Wish>) {
        let mut errors = Vec::new();
        let mut fault = |field: &str, code: &str, text: String| {
            errors.push(FieldError { field: field.into(), code: code.into(), text });
        };
        let place = self.place(row).map_err(|(field, text)| fault(field, "unknown_gateway_port", text)).ok();
        let text = self.cell(row, "number");
        let e164 = number(text).map_err(|()| fault("number", "e164", "Not a number with country code.".into())).ok();
        if let Some(e164) = &e164 {
            if let Some(line) = self.seen.insert(e164.as_str().to_owned(), row.line) {
                fault("number", "twice", format!("It stands on line {line} already."));
            }
            if self.stock.known.contains(e164.as_str()) {
                fault("number", "number_exists", "It is in the inventory already.".into());
            }
        }
        let country = match (&e164, &place) {
            (Some(e164), Some(place)) => country_of(e164, &place.country),
            _ => None,
        };
        if e164.is_some() && place.is_some() && country.is_none() {
            fault("number", "unknown_country", "No country has such numbers.".into());
        }
        if let Some((place, most)) = place.as_ref().and_then(|place| Some((place, place.kind.most_numbers()?))) {
            let taken = self.taken.get(&place.id).copied().unwrap_or(0);
            if place.numbers + taken >= most {
                fault("gateway_port", "gateway_port_full", format!("It carries {most} number and no more."));
            }
        }
        let kind = match self.cell(row, "kind") {
            "" => Some(NumberKind::Local),
            word => NumberKind::ALL
                .iter()
                .copied()
                .find(|kind| kind.as_str() == word.to_lowercase().replace([' ', '-'], "_")),
        };
        if kind.is_none() {
            fault("kind", "not_offered", "One of local, mobile, toll_free.".into());
        }
        let area = Some(self.cell(row, "area")).filter(|area| !area.is_empty()).map(str::to_owned);
        if area.as_ref().is_some_and(|area| area.chars().count() > 60 || area.chars().any(char::is_control)) {
            fault("area", "too_long", "At most 60 characters.".into());
        }
        let price = |name: &str| match self.cell(row, name) {
            "" => Some(0),
            text => micros(text),
        };
        let (monthly, setup) = (price("monthly"), price("setup"));
        for (field, price) in [("monthly", monthly), ("setup", setup)] {
            if price.is_none() {
                fault(field, "price", "A price such as 2 or 2.50.".into());
            }
        }
        let currency = match self.cell(row, "currency") {
            "" => place.as_ref().map_or("USD", |place| place.currency.as_str()).to_owned(),
            text => text.to_uppercase(),
        };
        if currency.parse::<kernel::money::Currency>().is_err() {
            fault("currency", "price", "Three capitals, such as USD.".into());
        }
        let shown = ImportRow {
            line: i64::try_from(row.line).unwrap_or(i64::MAX),
            number: e164.as_ref().map_or(text, E164::as_str).to_owned(),
            gateway_port: place.as_ref().map_or_else(
                || format!("{} {}", self.cell(row, "gateway"), self.cell(row, "gateway_port")).trim().to_owned(),
                |place| format!("{}, {}", place.gateway, place.label),
            ),
            kind,
            area: area.clone(),
            monthly: monthly.map(|micros| Money::stored(micros, &currency)),
            errors,
        };
        if !shown.errors.is_empty() {
            return (shown, None);
        }
        let wish = || {
            let place = place?.id;
            *self.taken.entry(place).or_default() += 1;
            let (monthly_micros, setup_micros) = (monthly?, setup?);
            Some(Wish {
                e164: e164?,
                country: country?,
                place,
                kind: kind?,
                area,
                monthly_micros,
                setup_micros,
                currency,
            })
        };
        (shown, wish())
    }

    /// By id, or by the names of box and gateway port; the only one of a box needs no name.
    fn place(&self, row: &csv::Row) -> Result<Place, (&'static str, String)> {
        let (gateway, port) = (self.cell(row, "gateway"), self.cell(row, "gateway_port"));
        if let Ok(id) = port.parse::<GatewayPortId>() {
            let found = self.stock.places.iter().find(|place| place.id == id.uuid());
            return found.cloned().ok_or(("gateway_port", "There is no gateway port of this id.".to_owned()));
        }
        let mut of_box =
            self.stock.places.iter().filter(|place| place.gateway.eq_ignore_ascii_case(gateway)).peekable();
        if of_box.peek().is_none() {
            return Err(("gateway", format!("There is no gateway {gateway}.")));
        }
        let all: Vec<&Place> = of_box.collect();
        let found = match (port, all.as_slice()) {
            ("", [only]) => Some(*only),
            ("", _) => return Err(("gateway_port", format!("{gateway} has several: which one?"))),
            (name, all) => all.iter().copied().find(|place| {
                place.label.eq_ignore_ascii_case(name)
                    || name.parse::<i32>().is_ok_and(|ordinal| ordinal == place.ordinal)
            }),
        };
        found.cloned().ok_or_else(|| ("gateway_port", format!("{gateway} has no gateway port {port}.")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stock() -> Stock {
        let place = |id: u128, label: &str, ordinal, kind| Place {
            id: Uuid::from_u128(id),
            gateway: "Kestrel".into(),
            label: label.into(),
            ordinal,
            country: "US".into(),
            kind,
            numbers: 0,
            currency: "USD".into(),
        };
        Stock {
            places: vec![
                place(1, "Line 1", 1, GatewayPortKind::FxoPort),
                place(2, "Span 1", 2, GatewayPortKind::E1Span),
                Place { gateway: "Trunk".into(), ..place(3, "Channels", 1, GatewayPortKind::SipChannels) },
            ],
            known: ["+14155550199".to_owned()].into(),
        }
    }

    #[test]
    fn a_good_file_becomes_wishes() {
        let file = b"Number,Gateway,Gateway port,Kind,Area,Monthly\n\
            +1 (415) 555-0100,Kestrel,Line 1,,San Francisco,2.50\n\
            14155550101,kestrel,2,toll free,,3\n\
            0014155550102,Trunk,,mobile,,\"1,5\"\n";
        let read = read(file, &stock()).unwrap();
        assert!(read.rows.iter().all(|row| row.errors.is_empty()), "{:?}", read.rows);
        let told: Vec<_> = read
            .wishes
            .iter()
            .map(|wish| (wish.e164.as_str(), wish.place.as_u128(), wish.kind, wish.monthly_micros))
            .collect();
        assert_eq!(
            told,
            [
                ("+14155550100", 1, NumberKind::Local, 2_500_000),
                ("+14155550101", 2, NumberKind::TollFree, 3_000_000),
                ("+14155550102", 3, NumberKind::Mobile, 1_500_000),
            ]
        );
        assert_eq!((read.wishes[0].country.as_str(), read.wishes[0].currency.as_str()), ("US", "USD"));
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let file = b"number,gateway,gateway_port,kind,monthly,currency\n\
            hello,Kestrel,Line 1,local,1,USD\n\
            +14155550199,Nobody,1,local,1,USD\n\
            +14155550103,Kestrel,Span 9,fax,-1,dollars\n\
            +14155550104,Kestrel,Span 1,local,1,USD\n\
            +14155550104,Kestrel,Line 1,local,1,USD\n\
            +14155550105,Kestrel,Line 1,local,1,USD\n\
            +14155550106,Kestrel,Line 1,local,1,USD\n";
        let read = read(file, &stock()).unwrap();
        let told: Vec<(i64, Vec<&str>)> =
            read.rows.iter().map(|row| (row.line, row.errors.iter().map(|it| it.code.as_str()).collect())).collect();
        assert_eq!(
            told,
            [
                (2, vec!["e164"]),
                (3, vec!["unknown_gateway_port", "number_exists"]),
                (4, vec!["unknown_gateway_port", "not_offered", "price", "price"]),
                (5, vec![]),
                (6, vec!["twice"]),
                (7, vec![]),
                (8, vec!["gateway_port_full"]),
            ]
        );
        assert_eq!(read.wishes.len(), 2);
    }

    #[test]
    fn a_file_without_a_head_is_refused() {
        assert_eq!(read(b"+14155550100,Kestrel\n", &stock()).err(), Some(BadFile::NoHead));
        assert_eq!(read(b"number,gateway\n", &stock()).err(), Some(BadFile::Empty));
        assert_eq!(read(b"", &stock()).err(), Some(BadFile::Empty));
        assert_eq!(numbers(b"number\n+14155550100\nx\n").unwrap(), ["+14155550100"]);
    }
}
