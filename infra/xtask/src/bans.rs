//! Calls and words that have no place, each with what to use instead.

use crate::source::{self, Source};

struct Ban {
    /// What is banned, as it stands in the source.
    text: &'static str,
    /// Only on floors 0 to 3.
    pure_only: bool,
    /// Path parts where it is right.
    except: &'static [&'static str],
    instead: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        text: "Instant::now",
        pure_only: false,
        except: &["clock.rs", "xtask", "server/media/", "server/simulator/", "server/testkit/"],
        instead: "take a Tick, or a Clock in a shell",
    },
    Ban {
        text: "SystemTime::now",
        pure_only: false,
        except: &["clock.rs", "xtask"],
        instead: "take a Wall, or a Clock in a shell",
    },
    Ban { text: "now_utc()", pure_only: false, except: &["clock.rs"], instead: "take a Wall" },
    Ban { text: "std::net::UdpSocket", pure_only: true, except: &[], instead: "keep sockets on floor 4" },
    Ban { text: "std::thread", pure_only: true, except: &[], instead: "keep threads on floor 4" },
    Ban { text: "async fn", pure_only: true, except: &[], instead: "return effects" },
    Ban { text: "#[allow(", pure_only: false, except: &["xtask"], instead: "#[expect(.., reason = \"..\")]" },
    Ban {
        text: "#![allow(",
        pure_only: false,
        except: &["xtask"],
        instead: "#[expect(.., reason = \"..\")] on the item",
    },
    Ban { text: "todo!(", pure_only: false, except: &["xtask"], instead: "finish it" },
    Ban { text: "unimplemented!(", pure_only: false, except: &["xtask"], instead: "finish it" },
    Ban { text: "thread_rng", pure_only: false, except: &["xtask"], instead: "kernel::Entropy" },
];

const PURE: [&str; 12] = [
    "server/kernel/",
    "server/codec/",
    "server/rtp/",
    "server/sip/",
    "server/sdp/",
    "server/call/",
    "server/gateway/",
    "server/access/",
    "server/ivr/",
    "server/acd/",
    "server/billing/",
    "server/dialer/",
];

/// Foreign protocol crates and the one place each is named.
const QUARANTINE: [(&str, &str); 5] = [
    ("dimpl::", "server/media/src/browser/"),
    ("rtc_stun::", "server/media/src/browser/"),
    ("jsonwebtoken::", "server/control/src/kit/caller.rs"),
    ("rsip::", "server/sip/tests/"),
    ("lettre::", "server/control/src/mail.rs"),
];

pub fn check() -> Result<Vec<String>, String> {
    let files = source::rust_files(&["server", "migrations", "infra"])?;
    // This file names what it bans.
    let files: Vec<Source> = files.into_iter().filter(|file| !file.path.ends_with("xtask/src/bans.rs")).collect();
    let mut broken: Vec<String> = files.iter().flat_map(banned).collect();
    for file in &files {
        for (name, home) in QUARANTINE {
            if file.code().contains(name) && !file.path.starts_with(home) {
                broken.push(format!("{}: {name} is named outside {home}", file.path));
            }
        }
        let is_story = file.path.ends_with("/lib.rs") || file.path.ends_with("/mod.rs");
        if is_story && file.path.ends_with("/mod.rs") && file.code().contains("fn ") {
            broken.push(format!("{}: a mod.rs with logic", file.path));
        }
    }
    Ok(broken)
}

fn banned(file: &Source) -> Vec<String> {
    let pure = PURE.iter().any(|folder| file.path.starts_with(folder));
    let mut broken = Vec::new();
    for (at, line) in file.code().lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for ban in BANS {
            let here = line.contains(ban.text) && (pure || !ban.pure_only);
            if here && !ban.except.iter().any(|part| file.path.contains(part)) {
                broken.push(format!("{}:{}: {} - {}", file.path, at + 1, ban.text, ban.instead));
            }
        }
    }
    broken
}
