//! `/metrics` as Prometheus reads it.

use std::collections::BTreeMap;

use crate::Server;

/// Every series with its value, labels as written: `patchbay_calls`, `patchbay_media_udp_ports{state="used"}`.
#[derive(Clone, Debug)]
pub struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// Reads them now.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn of(server: &Server) -> Self {
        let answer = reqwest::get(format!("{}/metrics", server.url())).await.expect("the server answers");
        assert_eq!(answer.status(), 200);
        let text = answer.text().await.expect("the body arrives");
        let series = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            (name.to_owned(), value.parse().expect("a number"))
        });
        Self(series.collect())
    }

    /// One series; 0 when it does not exist yet.
    pub fn get(&self, series: &str) -> f64 {
        self.0.get(series).copied().unwrap_or(0.0)
    }

    /// Sum of all series with this name and, among others, these labels.
    pub fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let series = self.0.iter().filter(|(series, _)| {
            series.split('{').next() == Some(name) && labels.iter().all(|label| series.contains(label))
        });
        series.map(|(_, value)| value).sum()
    }

    /// All names with their labels.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
