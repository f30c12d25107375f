//! The subcommands and what each does.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{config::Config, judge, serve, wire};

/// Patchbay, a cloud call centre.
#[derive(Debug, Parser)]
#[command(name = "patchbay", version, about)]
pub struct Cli {
    /// Settings, TOML; `PATCHBAY_*` variables override it.
    #[arg(long, global = true, env = "PATCHBAY_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the platform.
    Serve {
        /// With simulated gateways, numbers for rent and links shown instead of mailed.
        #[arg(long)]
        demo: bool,
        /// Bring a PostgreSQL database up to date first. SQLite always is.
        #[arg(long)]
        migrate: bool,
    },
    /// Run simulated gateways and the people behind them against an installation.
    Simulate {
        /// What to simulate, TOML; without it the file's format is printed.
        file: Option<PathBuf>,
    },
    /// Bring the database up to date.
    Migrate,
    /// Make somebody who owns a company and can sign in, and print their password. In a private installation the first one makes
    /// its company; further ones become owners of it.
    User {
        /// Address to sign in with.
        email: String,
        /// The person's name.
        #[arg(long, default_value = "Administrator")]
        name: String,
        /// Name of the company, where a new one is made.
        #[arg(long, default_value = "Company")]
        company: String,
    },
    /// Answer questions on standard input as the running platform would decide, for whoever wants to measure it.
    Judge {
        /// Which decisions.
        part: judge::Part,
    },
    /// Print every setting with its value.
    Config,
    /// Print the OpenAPI document.
    Openapi,
}

/// Runs the chosen subcommand.
///
/// # Errors
/// A sentence for the terminal.
pub fn run(cli: Cli) -> Result<ExitCode, String> {
    match cli.command {
        // It needs no settings, and its exit code says what it thought of the questions.
        Command::Judge { part } => Ok(judge::run(part)),
        _ => others(cli).map(|()| ExitCode::SUCCESS),
    }
}

fn others(cli: Cli) -> Result<(), String> {
    let config = Config::read(cli.config.as_deref(), std::env::vars())?;
    match cli.command {
        Command::Serve { demo, migrate } => {
            crate::log::start(&config.log, config.log_json)?;
            runtime()?.block_on(serve::serve(config, serve::Start { demo, migrate }))
        }
        Command::Simulate { file } => {
            crate::log::start(&config.log, config.log_json)?;
            runtime()?.block_on(crate::demo::simulate(file.as_deref()))
        }
        Command::Migrate => runtime()?.block_on(wire::migrate(&config)),
        Command::User { email, name, company } => {
            let new = patchbay_control::identity::first::NewUser { email, name, company };
            let added = runtime()?.block_on(wire::add_user(&config, &new))?;
            let made = if added.made_company { "new company" } else { "company" };
            print(&format!("{} is owner of the {made} {}.", added.email, added.company));
            print(&format!("Password: {} (change it after signing in)", added.password.expose()));
            Ok(())
        }
        Command::Config => {
            let text = toml::to_string_pretty(&config.without_secrets()).map_err(|why| why.to_string())?;
            print(&text);
            Ok(())
        }
        // Answered above.
        Command::Judge { .. } => Ok(()),
        Command::Openapi => {
            print(&patchbay_control::openapi());
            Ok(())
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|why| why.to_string())
}

/// Standard output is the product of these commands, not a log.
pub fn print(text: &str) {
    use std::io::Write as _;
    // A reader that has gone away is no fault of ours.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}
