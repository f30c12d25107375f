//! `/metrics`, and what of it must be back where it was after the calls.

use std::collections::BTreeMap;

use crate::bench::http::Http;

/// What must be exactly as before, and none of it while nothing calls.
const EXACT: [&str; 8] = [
    "patchbay_calls",
    "patchbay_sip_legs",
    "patchbay_sip_dialogs",
    "patchbay_media_legs",
    "patchbay_media_legs_bridged",
    "patchbay_media_udp_ports{state=\"used\"}",
    "patchbay_ladder_bytes{of=\"calls\"}",
    "patchbay_records_waiting",
];
/// What a probe of the trunk (OPTIONS) or a look at the figures holds for a moment: so many more are no leak of calls.
const NEARLY: [(&str, f64); 6] = [
    ("patchbay_sip_transactions{side=\"client\"}", 3.0),
    ("patchbay_sip_transactions{side=\"server\"}", 3.0),
    ("patchbay_sip_timers", 6.0),
    ("patchbay_sip_requests_waiting", 2.0),
    ("patchbay_tokio_tasks", 8.0),
    ("patchbay_process_open_files", 8.0),
];

/// Every series with its value, labels as written.
#[derive(Clone, Debug, Default)]
pub struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// Reads them now.
    ///
    /// # Errors
    /// When they cannot be had.
    pub fn read(http: &Http) -> Result<Self, String> {
        Ok(Self::of(&http.text("/metrics")?))
    }

    fn of(text: &str) -> Self {
        let series = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Self(series.collect())
    }

    /// One series; 0 when it does not exist yet.
    pub fn get(&self, series: &str) -> f64 {
        self.0.get(series).copied().unwrap_or(0.0)
    }

    /// Sum of all series of this name whose labels hold `label`.
    pub fn sum(&self, name: &str, label: &str) -> f64 {
        let of_name = self.0.iter().filter(|(series, _)| series.split('{').next() == Some(name));
        of_name.filter(|(series, _)| series.contains(label)).map(|(_, value)| value).sum()
    }

    /// What is not as it was at `base`, or for want of one not at rest: name, then, now.
    pub fn left_over(&self, base: Option<&Self>) -> Vec<(&'static str, f64, f64)> {
        let exact = EXACT.iter().map(|name| (*name, 0.0, 0.5));
        let nearly = NEARLY.iter().map(|(name, more)| {
            let was =
                base.map_or(if name.starts_with("patchbay_sip") { 0.0 } else { self.get(name) }, |it| it.get(name));
            (*name, was, more + 0.5)
        });
        let all = exact.chain(nearly).map(|(name, was, more)| (name, was, self.get(name), more));
        all.filter(|(_, was, now, more)| now - was > *more).map(|(name, was, now, _)| (name, was, now)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_leg_is_left_over_and_a_probe_is_not() {
        let base = Metrics::of("patchbay_tokio_tasks 40\n# a remark\npatchbay_sip_timers 2\n");
        let now = Metrics::of("patchbay_tokio_tasks 46\npatchbay_sip_timers 8\npatchbay_media_legs 1\n");
        assert_eq!(now.left_over(Some(&base)), [("patchbay_media_legs", 0.0, 1.0)]);
        let more = Metrics::of("patchbay_tokio_tasks 49\n");
        assert_eq!(more.left_over(Some(&base)), [("patchbay_tokio_tasks", 40.0, 49.0)]);
        assert!(more.left_over(None).is_empty());
    }

    #[test]
    fn sums_are_of_one_name_and_label() {
        let read = Metrics::of("a{x=\"1\"} 2\na{x=\"2\"} 3\nab{x=\"1\"} 9\n");
        assert!((read.sum("a", "") - 5.0).abs() < 1e-9 && (read.sum("a", "x=\"1\"") - 2.0).abs() < 1e-9);
    }
}
