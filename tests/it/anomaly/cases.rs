//! The cases: each field with each anomaly, and what a right answer is.

/// Methods that are spoiled.
pub const METHODS: [&str; 4] = ["OPTIONS", "INVITE", "REGISTER", "MESSAGE"];

/// What is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// As if nothing were wrong: a malformed header that is not needed must be ignored (RFC 3261 section 16.3 and 20).
    Normal,
    /// 4xx, 501, 505 or 513.
    Refused,
    /// Either: reading it leniently is as good as refusing it.
    Either,
    /// The way back may be lost, or the message may be too long for its datagram: silence is right as well.
    Unanswerable,
}

/// One spoiled message.
pub struct Case {
    pub method: &'static str,
    pub field: &'static str,
    pub anomaly: &'static str,
    pub right: Right,
    pub bytes: Vec<u8>,
}

/// What a field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// An address that a request cannot do without.
    Address,
    /// Call-ID: any text will do.
    Text,
    /// A number that a request cannot do without, or that must be right where it stands.
    Number,
    /// The way back.
    Way,
    /// Contact: needed by some, and no reason to refuse where it is odd.
    Contact,
    /// Says what must be understood.
    Demand,
    /// Not needed.
    Spare,
    /// The Request-URI.
    Uri,
}

const FIELDS: [(&str, Kind); 28] = [
    ("Request-URI", Kind::Uri),
    ("Via", Kind::Way),
    ("From", Kind::Address),
    ("To", Kind::Address),
    ("Call-ID", Kind::Text),
    ("CSeq", Kind::Number),
    ("Max-Forwards", Kind::Number),
    ("Content-Length", Kind::Number),
    ("Contact", Kind::Contact),
    ("Require", Kind::Demand),
    ("Proxy-Require", Kind::Demand),
    ("Subject", Kind::Spare),
    ("Date", Kind::Spare),
    ("Allow", Kind::Spare),
    ("Supported", Kind::Spare),
    ("User-Agent", Kind::Spare),
    ("Organization", Kind::Spare),
    ("Priority", Kind::Spare),
    ("Timestamp", Kind::Spare),
    ("Reply-To", Kind::Spare),
    ("Alert-Info", Kind::Spare),
    ("Call-Info", Kind::Spare),
    ("Accept-Language", Kind::Spare),
    ("In-Reply-To", Kind::Spare),
    ("Warning", Kind::Spare),
    ("MIME-Version", Kind::Spare),
    ("P-Asserted-Identity", Kind::Spare),
    ("X-Unheard-Of", Kind::Spare),
];

/// What is put in place of a value, and whether one could still read it as an address or a text.
const ANOMALIES: [(&str, &[u8]); 30] = [
    ("empty", b""),
    ("blanks", b"   \t  "),
    ("nul", b"a\0b"),
    ("control bytes", b"\x01\x02\x1b[2J\x7f"),
    ("broken UTF-8", b"\xc3\x28\xff\xfe"),
    ("Latin-1", b"J\xfcrgen"),
    ("unbalanced quote", b"\"never closed <sip:a@b>"),
    ("unbalanced bracket", b"<sip:a@b"),
    ("turned bracket", b">sip:a@b<"),
    ("nested brackets", b"<<<<<<<<<<<<<<<<sip:a@b>>>>>>>>>>>>>>>>"),
    ("only separators", b";;,,;;,,"),
    ("many semicolons", b";;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;"),
    ("negative", b"-1"),
    ("2^32", b"4294967296"),
    ("2^64", b"18446744073709551616"),
    (
        "a hundred digits",
        b"9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999",
    ),
    ("float", b"1.5e308"),
    ("hex", b"0x7fffffff"),
    ("format", b"%s%s%s%n%n%n%x"),
    ("escapes", b"%00%0d%0a%zz%"),
    ("injection", b"' OR 1=1; DROP TABLE calls;--"),
    ("path", b"../../../../etc/passwd"),
    ("markup", b"<script>alert(1)</script>"),
    ("bidi", "\u{202e}moc.live\u{202c}\u{feff}".as_bytes()),
    ("wrong scheme", b"<javascript:alert(1)>"),
    ("open IPv6", b"<sip:a@[2001:db8::1>"),
    ("large port", b"<sip:a@b:99999>"),
    ("negative port", b"<sip:a@b:-5060>"),
    ("only a colon", b":"),
    ("only an equals sign", b"="),
];

/// Anomalies that are about the line and not about its value.
const LINES: [&str; 9] = [
    "missing",
    "twice",
    "folded",
    "no colon",
    "blank before the colon",
    "small letters",
    "a thousand",
    "8 KiB",
    "48 KiB",
];

/// Headers of the good message.
fn headers(method: &str, n: usize) -> Vec<(String, Vec<u8>)> {
    let user = if method == "REGISTER" { "sip:x@patchbay.local" } else { "sip:nobody@patchbay.local" };
    let mut headers = vec![
        ("Via", format!("SIP/2.0/UDP spoiled.invalid;branch=z9hG4bKc{n}.;rport")),
        ("From", format!("<sip:x@patchbay.local>;tag=c{n}.")),
        ("To", format!("<{user}>")),
        ("Call-ID", format!("c{n}.")),
        ("CSeq", format!("1 {method}")),
        ("Max-Forwards", "70".to_owned()),
        ("Contact", format!("<sip:x@127.0.0.1:9;c={n}>")),
    ];
    headers.push(("Content-Length", "0".to_owned()));
    headers.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())).collect()
}

fn uri(method: &str) -> &'static [u8] {
    if method == "REGISTER" { b"sip:patchbay.local" } else { b"sip:nobody@patchbay.local" }
}

fn write(method: &str, uri: &[u8], lines: &[Vec<u8>]) -> Vec<u8> {
    let mut out = [method.as_bytes(), b" ", uri, b" SIP/2.0\r\n"].concat();
    for line in lines {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// A message without fault.
pub fn good(method: &str, n: usize) -> String {
    String::from_utf8(write(method, uri(method), &lines(&headers(method, n)))).unwrap()
}

fn lines(headers: &[(String, Vec<u8>)]) -> Vec<Vec<u8>> {
    headers.iter().map(|(name, value)| [name.as_bytes(), b": ", value].concat()).collect()
}

/// All of them, in an order that never changes; case `n` carries `cn.` wherever it can.
pub fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for method in METHODS {
        for (field, kind) in FIELDS {
            for (anomaly, value) in ANOMALIES {
                let right = of_value(kind, method, anomaly);
                let bytes = with_value(method, field, value, cases.len());
                cases.push(Case { method, field, anomaly, right, bytes });
            }
            for anomaly in LINES.into_iter().filter(|_| kind != Kind::Uri) {
                let right = of_line(kind, method, field, anomaly);
                let bytes = with_line(method, field, anomaly, cases.len());
                cases.push(Case { method, field, anomaly, right, bytes });
            }
        }
    }
    cases
}

fn with_value(method: &str, field: &str, value: &[u8], n: usize) -> Vec<u8> {
    let mut headers = headers(method, n);
    if field == "Request-URI" {
        return write(method, value, &lines(&headers));
    }
    match headers.iter_mut().find(|(name, _)| name == field) {
        Some((_, was)) => *was = value.to_vec(),
        None => headers.insert(6, (field.to_owned(), value.to_vec())),
    }
    write(method, uri(method), &lines(&headers))
}

/// A value that is good where the message has none.
fn sample(field: &str) -> Vec<u8> {
    match field {
        "Require" | "Proxy-Require" => b"path".to_vec(),
        _ => b"sample".to_vec(),
    }
}

fn with_line(method: &str, field: &str, anomaly: &str, n: usize) -> Vec<u8> {
    let mut headers = headers(method, n);
    let at = headers.iter().position(|(name, _)| name == field).unwrap_or_else(|| {
        headers.insert(6, (field.to_owned(), sample(field)));
        6
    });
    let value = headers[at].1.clone();
    let mut lines = lines(&headers);
    let name = field.as_bytes();
    match anomaly {
        "missing" => drop(lines.remove(at)),
        "twice" => lines.insert(at, lines[at].clone()),
        "folded" => lines[at] = [name, b":\r\n \t", &value].concat(),
        "no colon" => lines[at] = [name, b" ", &value].concat(),
        "blank before the colon" => lines[at] = [name, b" \t : ", &value].concat(),
        "small letters" => lines[at] = [&name.to_ascii_lowercase()[..], b":", &value].concat(),
        "a thousand" => lines.splice(at..=at, vec![lines[at].clone(); 1_000]).for_each(drop),
        "8 KiB" => lines[at].extend(std::iter::repeat_n(b'x', 8 * 1_024)),
        _ => lines[at].extend(std::iter::repeat_n(b'x', 48 * 1_024)),
    }
    write(method, uri(method), &lines)
}

/// What is right when the value is spoiled.
fn of_value(kind: Kind, method: &str, anomaly: &str) -> Right {
    match kind {
        Kind::Spare => Right::Normal,
        // Nothing remains that could be answered to.
        Kind::Way => Right::Unanswerable,
        // An empty Require demands nothing.
        Kind::Demand => {
            if matches!(anomaly, "empty" | "blanks" | "only separators" | "many semicolons") {
                Right::Either
            } else {
                Right::Refused
            }
        }
        Kind::Number => Right::Refused,
        // Some of these could pass for an address or for a URI by themselves.
        Kind::Address | Kind::Uri => match anomaly {
            "wrong scheme" | "nested brackets" | "large port" | "negative port" | "open IPv6" => Right::Either,
            _ => Right::Refused,
        },
        Kind::Text => {
            if matches!(anomaly, "empty" | "blanks") {
                Right::Refused
            } else {
                Right::Either
            }
        }
        Kind::Contact => {
            if matches!(method, "INVITE" | "REGISTER") {
                Right::Either
            } else {
                Right::Normal
            }
        }
    }
}

/// What is right when the line is spoiled.
fn of_line(kind: Kind, method: &str, field: &str, anomaly: &str) -> Right {
    match (kind, anomaly) {
        // It may not fit into a datagram, or be cut on its way.
        (_, "a thousand" | "48 KiB") => Right::Unanswerable,
        (Kind::Way, "missing" | "no colon" | "8 KiB") => Right::Unanswerable,
        (_, "folded" | "blank before the colon" | "small letters") => Right::Normal,
        (Kind::Spare, _) => Right::Normal,
        // The same Via twice looks like a loop, and one way back is enough.
        (Kind::Way, _) => Right::Either,
        (Kind::Demand, "8 KiB") => Right::Refused,
        (Kind::Demand, _) => Right::Either,
        (Kind::Contact, _) => {
            if method == "INVITE" || method == "REGISTER" {
                Right::Either
            } else {
                Right::Normal
            }
        }
        (_, "missing" | "no colon") if matches!(field, "Max-Forwards" | "Content-Length") => Right::Either,
        (Kind::Address | Kind::Text, "8 KiB") => Right::Either,
        (_, "twice") if field == "Content-Length" => Right::Either,
        _ => Right::Refused,
    }
}
