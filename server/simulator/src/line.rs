//! How a make of box writes numbers: which line a call is for, what is dialled through it. Pure.

use crate::config::{BoxConfig, Style};

/// A call that the platform sends out through a box: which of its lines, and the number that is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Place of the line.
    pub line: usize,
    /// What is dialled beyond.
    pub dialled: String,
}

/// Reads the Request-URI's user part, and for FXO boxes the account that the contact belongs to. `busy` tells which lines have a
/// call; an E1 box takes any number of its block as long as a channel is free, so its line is the displayed number's.
pub fn outgoing(config: &BoxConfig, account: Option<&str>, user: &str, displayed: &str) -> Option<Outgoing> {
    match config.style {
        Style::Fxo => {
            let line = config.lines.iter().position(|line| {
                account.is_some() && line.account.as_ref().map(|account| account.username.as_str()) == account
            })?;
            Some(Outgoing { line, dialled: user.to_owned() })
        }
        Style::Gsm => {
            let slot: usize = user.strip_prefix('8')?.get(..2)?.parse().ok()?;
            let line = slot.checked_sub(1).filter(|line| *line < config.lines.len())?;
            Some(Outgoing { line, dialled: user.get(3..)?.to_owned() })
        }
        Style::E1 | Style::Sip => {
            let ours = config.lines.iter().position(|line| digits(&line.number) == digits(displayed));
            Some(Outgoing { line: ours.unwrap_or(0), dialled: user.to_owned() })
        }
    }
}

/// User part of the Request-URI of a call that comes in over this line.
pub fn incoming_user(config: &BoxConfig, line: usize) -> String {
    let number = config.lines.get(line).map_or("", |line| line.number.as_str());
    match config.style {
        // The line itself is the called number.
        Style::Fxo => "line".into(),
        Style::Gsm => format!("8{:02}{}", line + 1, digits(number)),
        Style::E1 | Style::Sip => number.to_owned(),
    }
}

/// Digits alone.
pub fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::config::{Account, LineConfig};

    fn a_box(style: Style) -> BoxConfig {
        let line = |number: &str, name: &str| LineConfig {
            number: number.into(),
            account: Some(Account { username: name.into(), password: "p".into() }),
        };
        BoxConfig {
            label: "x".into(),
            style,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            account: None,
            channels: None,
            lines: vec![line("+16465550101", "a"), line("+16465550102", "b")],
        }
    }

    #[test]
    fn an_fxo_box_knows_its_line_by_the_account() {
        let found = outgoing(&a_box(Style::Fxo), Some("b"), "14155550177", "").unwrap();
        assert_eq!(found, Outgoing { line: 1, dialled: "14155550177".into() });
        assert_eq!(outgoing(&a_box(Style::Fxo), Some("z"), "1", ""), None);
    }

    #[test]
    fn a_gsm_box_knows_its_slot_by_the_prefix() {
        let gsm = a_box(Style::Gsm);
        assert_eq!(outgoing(&gsm, None, "80200442079460018", "").unwrap().dialled, "00442079460018");
        assert_eq!(outgoing(&gsm, None, "8090044", ""), None);
        assert_eq!(incoming_user(&gsm, 1), "80216465550102");
    }

    #[test]
    fn an_e1_box_takes_the_displayed_number_s_line() {
        assert_eq!(outgoing(&a_box(Style::E1), None, "+4420", "+16465550102").unwrap().line, 1);
    }
}
