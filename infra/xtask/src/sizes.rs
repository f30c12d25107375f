//! Small files, short functions: a noun hides in every file that grows past its size.

use crate::source::{self, Source};

const FILE_STOP: usize = 600;
const FILE_P90: usize = 300;
const FILE_MEDIAN: usize = 120;
const SMALL_FILE: usize = 400;
const SHARE_IN_SMALL: f64 = 0.75;
const FUNCTION_STOP: usize = 120;
const FUNCTION_P99: usize = 80;

pub fn check() -> Result<Vec<String>, String> {
    let mut broken = Vec::new();
    let rust = source::rust_files(&["server", "migrations", "infra"])?;
    let web = source::web_files()?;
    for (what, files) in [("Rust", &rust), ("TypeScript", &web)] {
        if files.is_empty() {
            continue;
        }
        broken.extend(file_sizes(what, files));
    }
    broken.extend(function_sizes(&rust));
    Ok(broken)
}

fn file_sizes(what: &str, files: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut sizes: Vec<usize> = files.iter().map(Source::code_lines).collect();
    for (file, size) in files.iter().zip(&sizes) {
        if *size > FILE_STOP {
            broken.push(format!("{}: {size} code lines, stop {FILE_STOP}", file.path));
        }
    }
    let all: usize = sizes.iter().sum();
    let small: usize = sizes.iter().filter(|size| **size <= SMALL_FILE).sum();
    sizes.sort_unstable();
    let at = |share: usize| sizes[(sizes.len() - 1) * share / 100];
    if at(50) > FILE_MEDIAN {
        broken.push(format!("{what}: median file has {} code lines, limit {FILE_MEDIAN}", at(50)));
    }
    if at(90) > FILE_P90 {
        broken.push(format!("{what}: p90 file has {} code lines, limit {FILE_P90}", at(90)));
    }
    let share = small as f64 / all.max(1) as f64;
    if share < SHARE_IN_SMALL {
        broken.push(format!("{what}: {:.0} % of lines live in files up to {SMALL_FILE}, floor 75 %", share * 100.0));
    }
    broken
}

fn function_sizes(files: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut sizes = Vec::new();
    for file in files {
        for (name, size) in functions(file.code()) {
            if size > FUNCTION_STOP {
                broken.push(format!("{}: fn {name} has {size} lines, stop {FUNCTION_STOP}", file.path));
            }
            sizes.push(size);
        }
    }
    sizes.sort_unstable();
    if let Some(p99) = sizes.get(sizes.len().saturating_sub(1) * 99 / 100)
        && *p99 > FUNCTION_P99
    {
        broken.push(format!("p99 function has {p99} lines, limit {FUNCTION_P99}"));
    }
    broken
}

/// Functions of a formatted file: from the line with `fn` to the closing brace at the same indent.
fn functions(code: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let body = line.trim_start();
        let is_fn = body.split(['(', '<']).next().is_some_and(|head| head.split(' ').rev().nth(1) == Some("fn"));
        if !is_fn || body.starts_with("//") || body.ends_with(';') || body.ends_with('}') {
            continue;
        }
        let close = format!("{}}}", &line[..line.len() - body.len()]);
        let Some(length) = lines[at..].iter().position(|line| *line == close) else { continue };
        let head = body.split(['(', '<']).next().unwrap_or_default();
        found.push((head.rsplit(' ').next().unwrap_or_default().to_owned(), length + 1));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn a_function_is_measured_from_fn_to_its_brace() {
        let code = "impl A {\n    pub fn b<T>(x: T) -> u8 {\n        1\n    }\n    fn c();\n}\n";
        assert_eq!(functions(code), [("b".to_owned(), 3)]);
    }
}
