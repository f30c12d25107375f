//! Figures read back from the text that Prometheus reads, for the operator's page: both show the same.

use patchbay_plane::Figure;

/// Every counter and gauge of the text; of histograms only their counts and sums.
pub fn figures(text: &str) -> Vec<Figure> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(figure)
        .filter(|it| !it.name.ends_with("_bucket"))
        .collect()
}

/// `name{label="value"} 1`.
fn figure(line: &str) -> Option<Figure> {
    let (series, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}')?),
        None => (series, ""),
    };
    Some(Figure { name: name.to_owned(), labels: labels.to_owned(), value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_read_back() {
        let text =
            "# HELP a b c\n# TYPE a counter\na 7\n\nb{state=\"used\",x=\"y z\"} 1.5\nc_bucket{le=\"1\"} 2\nc_sum 3\n";
        let read = figures(text);
        let read: Vec<(&str, &str, f64)> =
            read.iter().map(|it| (it.name.as_str(), it.labels.as_str(), it.value)).collect();
        assert_eq!(read, [("a", "", 7.0), ("b", "state=\"used\",x=\"y z\"", 1.5), ("c_sum", "", 3.0)]);
    }
}
