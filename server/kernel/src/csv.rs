//! Comma-separated text as rows (RFC 4180), as spreadsheets of any country write it: comma or semicolon, with or without a byte
//! order mark, quoted or not.

/// Why a text is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCsv {
    /// Not UTF-8.
    #[error("the file is not UTF-8: save it as \"CSV UTF-8\"")]
    Encoding,
    /// A quotation mark that opens and never closes.
    #[error("a quotation mark in line {0} is never closed")]
    Quote(usize),
    /// More rows than may come at once.
    #[error("the file has more than {0} rows")]
    TooMany(usize),
}

/// A row with the line of the file on which it begins, from 1 on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line of the file.
    pub line: usize,
    /// Cells, trimmed.
    pub cells: Vec<String>,
}

/// The rows of a file that are not empty; `most` of them at most.
pub fn rows(bytes: &[u8], most: usize) -> Result<Vec<Row>, BadCsv> {
    let text = std::str::from_utf8(bytes).map_err(|_| BadCsv::Encoding)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let apart = if first.matches(';').count() > first.matches(',').count() { ';' } else { ',' };
    let (mut rows, mut row, mut cell) = (Vec::new(), Row { line: 1, cells: Vec::new() }, String::new());
    let (mut line, mut quoted, mut letters) = (1, None, text.chars().peekable());
    while let Some(letter) = letters.next() {
        match (letter, quoted) {
            ('"', Some(_)) if letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            ('"', Some(_)) => quoted = None,
            ('"', None) if cell.trim().is_empty() => {
                cell.clear();
                quoted = Some(line);
            }
            (letter, None) if letter == apart => row.cells.push(std::mem::take(&mut cell).trim().to_owned()),
            ('\n', None) => {
                line += 1;
                row.cells.push(std::mem::take(&mut cell).trim().to_owned());
                let next = Row { line, cells: Vec::new() };
                keep(&mut rows, std::mem::replace(&mut row, next), most)?;
            }
            (letter, inside) => {
                line += usize::from(letter == '\n' && inside.is_some());
                cell.push(letter);
            }
        }
    }
    if let Some(line) = quoted {
        return Err(BadCsv::Quote(line));
    }
    row.cells.push(cell.trim().to_owned());
    keep(&mut rows, row, most)?;
    Ok(rows)
}

fn keep(rows: &mut Vec<Row>, row: Row, most: usize) -> Result<(), BadCsv> {
    if row.cells.iter().all(String::is_empty) {
        return Ok(());
    }
    if rows.len() >= most {
        return Err(BadCsv::TooMany(most));
    }
    rows.push(row);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        rows(text.as_bytes(), 9).unwrap().into_iter().map(|row| row.cells).collect()
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        let table = vec![vec!["number", "area"], vec!["+14155550100", "San Francisco, CA"]];
        let table: Vec<Vec<String>> =
            table.into_iter().map(|row| row.into_iter().map(str::to_owned).collect()).collect();
        for text in [
            "number,area\n+14155550100,\"San Francisco, CA\"\n",
            "\u{feff}number,area\r\n+14155550100,\"San Francisco, CA\"\r\n\r\n",
            "number;area\n+14155550100;San Francisco, CA",
            "number , area\n\n +14155550100 ,  \"San Francisco, CA\"",
        ] {
            assert_eq!(cells(text), table, "{text}");
        }
        assert_eq!(cells("a\n\"say \"\"hi\"\"\ntwice\"\nb")[1], ["say \"hi\"\ntwice"]);
        assert_eq!(rows(b"a\n\"x\ny\"\nb", 9).unwrap()[2].line, 4);
        assert!(cells("").is_empty());
    }

    #[test]
    fn what_is_no_table_says_why() {
        assert_eq!(rows(b"a\xff\n", 9), Err(BadCsv::Encoding));
        assert_eq!(rows(b"a\nb,\"c\nd", 9), Err(BadCsv::Quote(2)));
        assert_eq!(rows(b"a\nb\nc", 2), Err(BadCsv::TooMany(2)));
    }
}
