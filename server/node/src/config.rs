//! Every setting in one struct: its unit, its default, what it is for.
//!
//! Read from a TOML file (`--config`), then from `PATCHBAY_*` variables, then from flags; `patchbay config` prints the result.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What the installation is called, on screens and in mails.
    pub name: String,
    /// Folder of the embedded database, keys and recordings.
    pub data_folder: PathBuf,
    /// `postgres://...` for PostgreSQL; absent: SQLite in the data folder.
    pub database_url: Option<String>,
    /// Web app, API and `/sip`.
    pub http: SocketAddr,
    /// The address that people type, without a final slash; absent: made from `http`.
    pub public_url: Option<String>,
    /// Addresses of trusted reverse proxies: only theirs is `X-Forwarded-For` believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Let webhooks go to private addresses and without encryption: for an installation whose companies may reach the network
    /// that it stands in anyway.
    pub private_webhooks: bool,
    /// SIP sockets.
    pub sip: Sip,
    /// Media workers.
    pub media: Media,
    /// Where recordings and prompts lie; absent: in the data folder.
    pub bucket: Option<BucketPlace>,
    /// Outgoing mail; absent: links are shown to the operator.
    pub smtp: Option<Smtp>,
    /// Who signs in first as platform operator.
    pub operator_email: String,
    /// A filter for the log, such as `info` or `patchbay_switch=debug`.
    pub log: String,
    /// Write the log as JSON, one object a line.
    pub log_json: bool,
    /// Whoever sends this as bearer token may read `/metrics`; absent: operators and programs of this machine only.
    pub metrics_token: Option<String>,
    /// Traces of requests and calls go to the OpenTelemetry collector here, by OTLP over HTTP: `http://127.0.0.1:4318`; absent:
    /// no traces.
    pub otlp_endpoint: Option<String>,
    /// Keep the SIP messages of calls, secrets masked, for seven days.
    pub keep_ladders: bool,
    /// Seconds that calls which are up may go on after the order to stop (SIGTERM). Whatever sends the order must wait five
    /// seconds longer before it kills.
    pub drain_s: u64,
    /// One company's own installation: nobody can sign up, and no prices are shown. `patchbay user` makes the first person.
    pub private: bool,
}

/// SIP sockets.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sip {
    /// Digest realm and host part of our addresses.
    pub domain: String,
    /// UDP and TCP.
    pub listen: SocketAddr,
    /// TLS; absent: none.
    pub tls: Option<SocketAddr>,
    /// Certificate chain, PEM; absent: self-signed.
    pub tls_certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Roots that certificates of carriers must lead to, PEM; absent: our TLS connections to carriers are refused.
    pub tls_roots: Option<PathBuf>,
    /// The address that gateways and phones reach us at; absent: the listening one.
    pub advertised: Option<IpAddr>,
    /// Calls a second that one phone may begin, ten seconds' worth at once; 0: as many as it likes.
    pub phone_calls_per_s: u32,
    /// The same for all phones of one company.
    pub company_calls_per_s: u32,
}

/// Media workers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// Where RTP sockets are bound.
    pub bind: IpAddr,
    /// What browsers and gateways are told; absent: `bind`.
    pub advertised: Option<IpAddr>,
    /// Worker `i` takes browsers on this UDP port plus `i`; 0: any.
    pub browser_udp_port: u16,
    /// First UDP port of the RTP range, even.
    pub rtp_first: u16,
    /// Last UDP port of the RTP range.
    pub rtp_last: u16,
    /// Worker threads; 0: one per core, at most four.
    pub workers: usize,
}

/// A bucket of S3, or of a store that speaks like it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BucketPlace {
    /// Its name.
    pub name: String,
    /// Address of the store, such as `https://s3.example.com`; absent: Amazon's own.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Region.
    #[serde(default = "BucketPlace::usual_region")]
    pub region: String,
    /// Who we are there.
    pub access_key: String,
    /// And the proof of it.
    pub secret_key: String,
    /// All our names begin so.
    #[serde(default)]
    pub prefix: String,
}

impl BucketPlace {
    fn usual_region() -> String {
        "us-east-1".into()
    }
}

/// Outgoing mail.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// `smtp://user:password@host:587` or `smtps://...`.
    pub url: String,
    /// Sender, such as `Patchbay <no-reply@example.com>`.
    pub from: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "Patchbay".into(),
            data_folder: "patchbay-data".into(),
            database_url: None,
            http: (Ipv4Addr::LOCALHOST, 8080).into(),
            public_url: None,
            trusted_proxies: Vec::new(),
            private_webhooks: false,
            sip: Sip::default(),
            media: Media::default(),
            bucket: None,
            smtp: None,
            operator_email: "operator@patchbay.local".into(),
            log: "info".into(),
            log_json: false,
            metrics_token: None,
            otlp_endpoint: None,
            keep_ladders: true,
            drain_s: 5,
            private: false,
        }
    }
}

impl Default for Sip {
    fn default() -> Self {
        Self {
            domain: "patchbay.local".into(),
            listen: (Ipv4Addr::LOCALHOST, 5060).into(),
            tls: None,
            tls_certificate: None,
            tls_key: None,
            tls_roots: None,
            advertised: None,
            phone_calls_per_s: 20,
            company_calls_per_s: 100,
        }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            advertised: None,
            browser_udp_port: 0,
            rtp_first: 20_000,
            rtp_last: 29_998,
            workers: 0,
        }
    }
}

impl Config {
    /// Defaults, then the file, then the environment.
    ///
    /// # Errors
    /// A sentence that names the file or variable and what is wrong with it.
    pub fn read(file: Option<&Path>, variables: impl Iterator<Item = (String, String)>) -> Result<Self, String> {
        let mut table = match file {
            None => toml::Table::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))?;
                text.parse().map_err(|why| format!("{}: {why}", path.display()))?
            }
        };
        for (name, value) in variables {
            if let Some(key) = name.strip_prefix("PATCHBAY_") {
                set(&mut table, &key.to_lowercase(), &value);
            }
        }
        toml::Value::Table(table).try_into().map_err(|why| format!("configuration: {why}"))
    }

    /// The same with passwords taken out, for printing.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        let mut shown = self.clone();
        shown.database_url = shown.database_url.as_deref().map(without_password);
        if let Some(smtp) = &mut shown.smtp {
            smtp.url = without_password(&smtp.url);
        }
        if let Some(bucket) = &mut shown.bucket {
            bucket.secret_key = "***".into();
        }
        shown.metrics_token = shown.metrics_token.map(|_| "***".into());
        shown
    }

    /// `sqlite://..` in the data folder, or the configured PostgreSQL.
    pub fn database_url(&self) -> String {
        let file = || format!("sqlite://{}?mode=rwc", self.data_folder.join("patchbay.db").display());
        self.database_url.clone().unwrap_or_else(file)
    }

    /// The address that people type.
    pub fn public_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.http))
    }
}

/// `scheme://user:***@host`.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((account, place)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = account.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}:***@{place}")
}

/// Puts `media__workers = 2` where it belongs. Numbers and booleans are read as such, everything else as text.
fn set(table: &mut toml::Table, key: &str, value: &str) {
    match key.split_once("__") {
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| toml::Table::new().into());
            if let toml::Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
        None if matches!(key, "bin" | "config") => {}
        None => {
            let typed = value.parse().map(toml::Value::Integer);
            let typed = typed.or_else(|_| value.parse().map(toml::Value::Boolean));
            table.insert(key.into(), typed.unwrap_or_else(|_| toml::Value::String(value.into())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_reaches_its_section() {
        let variables = [("PATCHBAY_MEDIA__WORKERS".to_owned(), "3".to_owned()), ("HOME".to_owned(), "x".to_owned())];
        assert_eq!(Config::read(None, variables.into_iter()).unwrap().media.workers, 3);
    }

    #[test]
    fn no_password_is_printed() {
        let url = "postgres://owner:s3cret@db/patchbay".to_owned();
        let shown = Config { database_url: Some(url), ..Config::default() }.without_secrets();
        assert_eq!(shown.database_url.as_deref(), Some("postgres://owner:***@db/patchbay"));
    }

    #[test]
    fn the_token_of_the_metrics_is_not_printed() {
        let config = Config { metrics_token: Some("s3cret".into()), ..Config::default() };
        assert!(!toml::to_string(&config.without_secrets()).unwrap().contains("s3cret"));
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let variables = [("PATCHBAY_HTPP".to_owned(), "127.0.0.1:1".to_owned())];
        assert!(Config::read(None, variables.into_iter()).unwrap_err().contains("htpp"));
    }
}
