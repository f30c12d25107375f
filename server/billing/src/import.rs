//! A rate deck from a file: what each row says, and what is wrong with it, row by row. Nothing is taken in here; a deck is made of
//! the rows when somebody has looked at them.
//!
//! The first row names the columns: `prefix` and `per_minute` must be there; `name`, `direction`, `class`, `setup`, `minimum`,
//! `increment`, `from` and `until` may. Amounts are in units of the currency with a decimal point, dates are `2026-03-29`.

use patchbay_kernel::{
    csv::{self, BadCsv, Row},
    money::Currency,
};

use crate::{
    amount,
    day::Day,
    deck::Deck,
    rate::{Class, Direction, Increment, Rate},
};

/// Rows of one file at most.
pub const MOST_ROWS: usize = 500_000;

/// Columns that a file may have, as [`write`] writes them.
pub const COLUMNS: [&str; 10] =
    ["prefix", "name", "direction", "class", "per_minute", "setup", "minimum", "increment", "from", "until"];

/// Why a file is no deck at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// No table.
    #[error(transparent)]
    Csv(#[from] BadCsv),
    /// Not even a row of names.
    #[error("the file is empty")]
    Empty,
    /// A column that must be there.
    #[error("there is no column {0}")]
    Missing(&'static str),
    /// A column that nobody knows, or the same one twice.
    #[error("the column {0:?} is unknown or there twice")]
    Column(String),
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// Line of the file, from 1 on.
    pub line: usize,
    /// Column concerned; empty for the whole row.
    pub column: &'static str,
    /// Why, in a sentence for people.
    pub why: String,
}

/// A file as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Rows that can be taken in, with the line of each.
    pub good: Vec<(usize, Rate)>,
    /// What is wrong with the others, in order of lines.
    pub bad: Vec<RowError>,
}

impl Read {
    /// The deck of the good rows.
    pub fn deck(&self, currency: Currency) -> Option<Deck> {
        Deck::new(currency, self.good.iter().map(|(_, rate)| rate.clone()).collect()).ok()
    }
}

/// Reads a file. Rows without a first day hold from `from` on.
///
/// # Errors
/// When it is no table with the columns that must be there.
pub fn read(bytes: &[u8], from: Day) -> Result<Read, BadFile> {
    let mut rows = csv::rows(bytes, MOST_ROWS + 1)?.into_iter();
    let columns = columns(&rows.next().ok_or(BadFile::Empty)?)?;
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for row in rows {
        match rate(&row, &columns, from) {
            Ok(rate) => good.push((row.line, rate)),
            Err(errors) => bad.extend(errors),
        }
    }
    bad.extend(clashes(&mut good));
    bad.sort_by_key(|error| error.line);
    Ok(Read { good, bad })
}

/// For each of [`COLUMNS`] the cell in which it stands.
type Columns = [Option<usize>; COLUMNS.len()];

fn columns(head: &Row) -> Result<Columns, BadFile> {
    let mut found: Columns = [None; COLUMNS.len()];
    for (at, name) in head.cells.iter().enumerate() {
        let known = COLUMNS.iter().position(|column| column.eq_ignore_ascii_case(name));
        match known {
            Some(column) if found[column].is_none() => found[column] = Some(at),
            _ => return Err(BadFile::Column(name.clone())),
        }
    }
    for name in ["prefix", "per_minute"] {
        let there = COLUMNS.iter().position(|column| *column == name).is_some_and(|column| found[column].is_some());
        if !there {
            return Err(BadFile::Missing(name));
        }
    }
    Ok(found)
}

/// Reads the cells of one row and keeps what is wrong with them.
struct Cells<'a> {
    row: &'a Row,
    columns: &'a Columns,
    bad: Vec<RowError>,
}

impl Cells<'_> {
    /// The cell as `parse` reads it; `or` when it is empty or not there, and then an error if that is `None`.
    fn take<T, E: std::fmt::Display>(
        &mut self,
        column: &'static str,
        or: Option<T>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let at = COLUMNS.iter().position(|name| *name == column).and_then(|column| self.columns[column]);
        let cell = at.and_then(|at| self.row.cells.get(at)).map_or("", String::as_str);
        let read = match cell {
            "" => or.ok_or_else(|| "must be there".to_owned()),
            cell => parse(cell).map_err(|why| why.to_string()),
        };
        read.map_err(|why| self.bad.push(RowError { line: self.row.line, column, why })).ok()
    }
}

fn rate(row: &Row, columns: &Columns, first_day: Day) -> Result<Rate, Vec<RowError>> {
    let mut cells = Cells { row, columns, bad: Vec::new() };
    if row.cells.len() > columns.iter().flatten().count() {
        cells.bad.push(RowError { line: row.line, column: "", why: "more cells than columns".into() });
    }
    let prefix = cells.take("prefix", None, str::parse);
    let name = cells.take("name", Some(String::new()), name);
    let direction = cells.take("direction", Some(Direction::Outbound), str::parse);
    let class = cells.take("class", Some(Class::Standard), str::parse);
    let per_minute = cells.take("per_minute", None, amount::micros);
    let setup = cells.take("setup", Some(0), amount::micros);
    let minimum = cells.take("minimum", Some(0), amount::micros);
    let increment = cells.take("increment", Some(Increment::MINUTE), str::parse);
    let from = cells.take("from", Some(first_day), str::parse);
    let until = cells.take("until", Some(None), |cell| cell.parse().map(Some));
    if let (Some(from), Some(Some(until))) = (from, until)
        && until <= from
    {
        cells.bad.push(RowError { line: row.line, column: "until", why: format!("not after {from}") });
    }
    let bad = cells.bad;
    let whole = (|| {
        Some(Rate {
            prefix: prefix?,
            name: name?,
            direction: direction?,
            class: class?,
            per_minute: per_minute?,
            setup: setup?,
            minimum: minimum?,
            increment: increment?,
            from: from?,
            until: until?,
        })
    })();
    match whole {
        Some(rate) if bad.is_empty() => Ok(rate),
        _ => Err(bad),
    }
}

fn name(cell: &str) -> Result<String, &'static str> {
    let fits = cell.chars().count() <= 100 && !cell.chars().any(char::is_control);
    fits.then(|| cell.to_owned()).ok_or("longer than 100 characters, or with signs that cannot be printed")
}

/// Takes rows out that hold for a day which an earlier row of the same prefix has already.
fn clashes(good: &mut Vec<(usize, Rate)>) -> Vec<RowError> {
    good.sort_by_key(|(line, rate)| (rate.direction, rate.prefix, rate.from, *line));
    let mut bad = Vec::new();
    let mut kept: Vec<(usize, Rate)> = Vec::with_capacity(good.len());
    for (line, rate) in good.drain(..) {
        match kept.last() {
            Some((other, before))
                if before.prefix == rate.prefix
                    && before.direction == rate.direction
                    && before.until.is_none_or(|until| rate.from < until) =>
            {
                let why = format!("line {other} has a rate for {} on {} too", rate.prefix, rate.from);
                bad.push(RowError { line, column: "from", why });
            }
            _ => kept.push((line, rate)),
        }
    }
    kept.sort_by_key(|(line, _)| *line);
    *good = kept;
    bad
}

/// A deck as a file that [`read`] reads back the same.
pub fn write(deck: &Deck) -> String {
    let mut text = COLUMNS.join(",") + "\n";
    for rate in deck.rates() {
        let name = format!("\"{}\"", rate.name.replace('"', "\"\""));
        let until = rate.until.map(|day| day.to_string()).unwrap_or_default();
        let cells = [
            rate.prefix.to_string(),
            name,
            rate.direction.to_string(),
            rate.class.to_string(),
            amount::text(rate.per_minute),
            amount::text(rate.setup),
            amount::text(rate.minimum),
            rate.increment.to_string(),
            rate.from.to_string(),
            until,
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}
