//! `patchbay judge`: what decides in the shipped binary, asked on standard input and answered on standard output, so that anybody
//! can measure it. JSON, one object a line, every line answered by one line.

mod routing;
mod wire;

use std::{
    io::{BufRead, Write},
    process::ExitCode,
};

/// What can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Who takes whom, and wait estimates.
    Routing,
}

/// A line longer than this is no question of ours.
const LINE_MOST: u64 = 64 << 20;

/// Answers until the asker has done; the exit code is 2 after a line that cannot be read.
pub fn run(part: Part) -> ExitCode {
    let (input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    match part {
        Part::Routing => ExitCode::from(answer(input, &mut output)),
    }
}

fn answer(mut input: impl BufRead, output: &mut impl Write) -> u8 {
    let mut routing = routing::Routing::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        // What comes after a closed pipe is nobody's question.
        let read = std::io::Read::take(&mut input, LINE_MOST).read_until(b'\n', &mut line);
        if !matches!(read, Ok(1..)) {
            return 0;
        }
        let (answer, code) = match routing.ask(&line) {
            Ok(answer) => (answer, None),
            Err(wire::Stop::End) => (wire::OK.to_owned(), Some(0)),
            Err(wire::Stop::Malformed(why)) => (wire::error(&why), Some(2)),
        };
        if writeln!(output, "{answer}").and_then(|()| output.flush()).is_err() {
            return code.unwrap_or(0);
        }
        if let Some(code) = code {
            return code;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(lines: &[&str]) -> (Vec<String>, u8) {
        let mut output = Vec::new();
        let code = answer(lines.join("\n").as_bytes(), &mut output);
        (String::from_utf8(output).unwrap().lines().map(str::to_owned).collect(), code)
    }

    const HELLO: &str = r#"{"type":"hello","v":1,"skills":["a","b"],"sl_s":20,"classes":[0,1,2]}"#;

    #[test]
    fn the_longest_waiting_caller_gets_the_least_skilled_agent() {
        let route = r#"{"type":"route","t":10.2,"idle":[[3,{"a":2,"b":1},41.0],[4,{"a":1},1.0]],"waiting":[[88,"a",1,12.5],[89,"a",1,13.5]],"busy":[[5,{"b":1},33.0]],"ev":[["arr",88,"a",1],["done",3,77.0],["aband",70,30.1],["in",3],["out",9]]}"#;
        let (said, code) = talk(&[HELLO, route, r#"{"type":"end"}"#]);
        assert_eq!(said, [r#"{"ok":true}"#, r#"{"pair":[4,89]}"#, r#"{"ok":true}"#]);
        assert_eq!(code, 0);
    }

    #[test]
    fn nobody_is_paired_without_the_skill() {
        let route = r#"{"type":"route","t":1,"idle":[[3,{"b":3},41.0]],"waiting":[[88,"a",0,50]],"busy":[],"ev":[]}"#;
        assert_eq!(talk(&[HELLO, route]).0[1], r#"{"pair":null}"#);
    }

    #[test]
    fn an_important_caller_has_a_head_start_and_no_more() {
        let route = |waited: f64| {
            format!(
                r#"{{"type":"route","t":500,"idle":[[3,{{"a":1}},1]],"waiting":[[1,"a",0,1.0],[2,"a",2,{waited}]],"busy":[],"ev":[]}}"#
            )
        };
        assert_eq!(talk(&[HELLO, &route(100.0)]).0[1], r#"{"pair":[3,1]}"#);
        assert_eq!(talk(&[HELLO, &route(400.0)]).0[1], r#"{"pair":[3,2]}"#);
    }

    #[test]
    fn a_wait_is_estimated_and_grows_with_the_queue() {
        let ewt = |ahead: usize| {
            let waiting: Vec<String> =
                (0..ahead).map(|at| format!(r#"[{at},"a",1,60]"#)).chain([r#"[88,"a",1,0]"#.to_owned()]).collect();
            format!(
                r#"{{"type":"ewt","t":10.2,"call":88,"skill":"a","class":1,"ahead":{ahead},"idle":[],"waiting":[{}],"busy":[[4,{{"a":1}},33.0],[5,{{"a":1}},3.0]],"ev":[]}}"#,
                waiting.join(",")
            )
        };
        let said = |ahead| {
            let line = talk(&[HELLO, &ewt(ahead)]).0.remove(1);
            let number = line.trim_start_matches(r#"{"ewt":"#).trim_end_matches('}');
            number.parse::<f64>().unwrap()
        };
        assert!(said(0) > 0.0 && said(8) > said(2) + 100.0, "{} {} {}", said(0), said(2), said(8));
    }

    #[test]
    fn what_cannot_be_read_is_answered_and_ends_it_with_two() {
        let bad = [
            "",
            "{",
            "[1]",
            r#"{"type":"route"}"#,
            r#"{"type":"hello","v":2,"skills":[],"sl_s":20,"classes":[]}"#,
            r#"{"type":"hello","v":1,"skills":["a","a"],"sl_s":20,"classes":[0]}"#,
            r#"{"type":"who"}"#,
            "\u{0}",
        ];
        for line in bad {
            let (said, code) = talk(&[line, HELLO]);
            assert_eq!((said.len(), code), (1, 2), "{line}");
            assert!(serde_json::from_str::<serde_json::Value>(&said[0]).unwrap()["error"].is_string(), "{line}");
        }
        let route = |idle: &str, waiting: &str, ev: &str| {
            format!(r#"{{"type":"route","t":1,"idle":[{idle}],"waiting":[{waiting}],"busy":[],"ev":[{ev}]}}"#)
        };
        for line in [
            route(r#"[3,{"zz":1},0]"#, "", ""),
            route(r#"[3,{"a":1},-5]"#, "", ""),
            route("", r#"[1,"a",7,0]"#, ""),
            route("", r#"[1,"a",1,0],[1,"a",1,0]"#, ""),
            route(r#"[3,{"a":1},0],[3,{"a":1},0]"#, "", ""),
            route("", "", r#"["born",1]"#),
            route("", "", r#"["in"]"#),
            route("", "", r#"["arr",1,"a"]"#),
            route("", "", "[]"),
        ] {
            let (said, code) = talk(&[HELLO, &line]);
            assert_eq!((said.len(), code), (2, 2), "{line}");
            assert!(said[1].starts_with(r#"{"error":"#), "{}", said[1]);
        }
    }

    #[test]
    fn a_pipe_that_ends_is_an_end() {
        assert_eq!(talk(&[HELLO]), (vec![wire::OK.to_owned()], 0));
    }
}
