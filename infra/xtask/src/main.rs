//! The house rules, executed: `cargo xtask check`, and the benches: `cargo xtask bench`.

mod bans;
mod drift;
mod floors;
mod report;
mod sizes;
mod source;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("check") => check(),
        _ => {
            report::line("cargo xtask check    floors, sizes, banned calls, OpenAPI drift");
            ExitCode::from(2)
        }
    }
}

fn check() -> ExitCode {
    let rules: [(&str, fn() -> Result<Vec<String>, String>); 4] =
        [("floors", floors::check), ("sizes", sizes::check), ("bans", bans::check), ("openapi drift", drift::check)];
    let mut failed = 0;
    for (name, rule) in rules {
        match rule() {
            Ok(broken) if broken.is_empty() => report::line(&format!("ok      {name}")),
            Ok(broken) => {
                failed += 1;
                report::line(&format!("broken  {name}"));
                broken.iter().for_each(|line| report::line(&format!("        {line}")));
            }
            Err(why) => {
                failed += 1;
                report::line(&format!("error   {name}: {why}"));
            }
        }
    }
    report::line(&format!("{} passed, {failed} failed", rules.len() - failed));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
