//! What the tool says, to standard output: it is a command for people.

use std::io::Write;

/// One line.
pub fn line(text: &str) {
    // A closed pipe (`cargo xtask check | head`) is no fault.
    let _ = writeln!(std::io::stdout(), "{text}");
}
