//! The house rules, executed: `cargo xtask check`, and the benches: `cargo xtask bench`.

mod apart;
mod bans;
mod bench;
mod chaos;
mod drift;
mod floors;
mod fuzz;
mod model;
mod report;
mod scale;
mod sizes;
mod soak;
mod source;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("check") => check(),
        Some("bench") => exit(bench::bench(&args[1..])),
        Some("soak") => exit(soak::soak(&args[1..])),
        Some("fuzz") => fuzz::run(&args[1..]),
        Some("model") => model::run(&args[1..]),
        Some("apart") => apart::run(&args[1..]),
        Some("scale") => scale::run(&args[1..]),
        Some("chaos") => chaos::run(&args[1..]),
        _ => {
            report::line("cargo xtask check    floors, sizes, banned calls, OpenAPI drift");
            report::line(
                "cargo xtask bench    every figure as a ratio to a peer: --only AREA[,AREA] --quick --json PATH",
            );
            report::line(
                "cargo xtask soak     a hundred calls at once, a minute each: --minutes N --calls C --opus K --built",
            );
            report::line(
                "cargo xtask fuzz     bent bytes into every parser and the SIP core: --seconds N --target NAME",
            );
            report::line("cargo xtask model    the call machine against its reference: --sequences N --seed S");
            report::line(
                "cargo xtask apart    whether a company can tell that another is there: --operations N --seed S",
            );
            report::line("cargo xtask scale    every list in a full house: --tenants N --seats N --calls N");
            report::line(
                "cargo xtask chaos    harm on purpose under a load of calls: --minutes N --seed S --only HARM --release",
            );
            ExitCode::from(2)
        }
    }
}

fn exit(outcome: Result<bool, String>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            report::line(&why);
            ExitCode::FAILURE
        }
    }
}

/// What is broken, a line each.
type Rule = fn() -> Result<Vec<String>, String>;

fn check() -> ExitCode {
    let rules: [(&str, Rule); 4] =
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
