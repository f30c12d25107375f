//! Secrets out of a message. What it does not know it leaves, so a new secret needs a line here.

/// In place of a secret.
const MASK: &str = "[masked]";
/// Headers whose value is a secret or proves one.
const HEADERS: [&str; 6] = [
    "authorization",
    "proxy-authorization",
    "authentication-info",
    "proxy-authentication-info",
    "cookie",
    "set-cookie",
];
/// Words in a header's name that make its value a secret.
const WORDS: [&str; 4] = ["token", "secret", "password", "api-key"];
/// Parameters whose value is a secret, wherever they stand.
const PARAMETERS: [&str; 5] = ["ticket=", "token=", "password=", "pwd=", "secret="];

/// The message without credentials, keys, tickets and digits that a person keyed.
pub fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_body, mut folding, mut digits) = (false, false, false);
    for line in text.split_inclusive('\n') {
        let end = line.trim_end_matches(['\r', '\n']).len();
        let (content, tail) = line.split_at(end);
        if in_body && digits {
            out.push_str(&keyed(content));
        } else if in_body {
            out.push_str(&body_line(content));
        } else if content.is_empty() {
            in_body = true;
        } else if content.starts_with([' ', '\t']) && folding {
            // A folded line goes on with the secret above (RFC 3261 section 7.3.1).
            out.push(' ');
            out.push_str(MASK);
        } else {
            let (shown, secret) = header_line(content);
            folding = secret;
            digits |= content.to_ascii_lowercase().contains("application/dtmf");
            out.push_str(&shown);
        }
        out.push_str(tail);
    }
    out
}

fn header_line(line: &str) -> (String, bool) {
    if let Some((name, value)) = line.split_once(':') {
        let lower = name.trim().to_ascii_lowercase();
        let token = !lower.contains(' ');
        if token && (HEADERS.contains(&lower.as_str()) || WORDS.iter().any(|word| lower.contains(word))) {
            let scheme = value.trim_start().split(' ').next().filter(|word| word.eq_ignore_ascii_case("digest"));
            let scheme = scheme.map(|word| format!("{word} ")).unwrap_or_default();
            return (format!("{name}: {scheme}{MASK}"), true);
        }
    }
    (parameters(&passwords(line)), false)
}

/// A digit in an INFO may be one of a card's number; how long it was held is none.
fn keyed(line: &str) -> String {
    let plain = line.is_empty() || line.to_ascii_lowercase().starts_with("duration");
    if plain { line.to_owned() } else { MASK.to_owned() }
}

fn body_line(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix("a=crypto:") {
        // Tag and suite are no secret (RFC 4568 section 4.1).
        let (head, values) = line.split_at(line.len() - rest.len());
        let words: Vec<&str> = values.split(' ').take(2).collect();
        return format!("{head}{} {MASK}", words.join(" "));
    }
    for secret in ["a=ice-pwd:", "a=key-mgmt:", "k="] {
        if lower.starts_with(secret) {
            return format!("{}{MASK}", &line[..secret.len()]);
        }
    }
    parameters(&passwords(line))
}

/// `sip:user:password@host`.
fn passwords(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = [rest.find("sip:"), rest.find("sips:")].into_iter().flatten().min() {
        let start = at + rest[at..].find(':').map_or(0, |colon| colon + 1);
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(['>', ' ', '"', ',', '\t']).unwrap_or(rest.len());
        let Some(host) = rest[..end].find('@') else { continue };
        if let Some(colon) = rest[..host].find(':') {
            out.push_str(&rest[..=colon]);
            out.push_str(MASK);
            rest = &rest[host..];
        }
    }
    out + rest
}

fn parameters(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    while at < line.len() {
        let next = PARAMETERS.iter().filter_map(|name| Some((at + lower[at..].find(name)?, name.len()))).min();
        let Some((found, length)) = next else { break };
        let value = found + length;
        let end = line[value..].find([';', '&', '>', ' ', ',']).map_or(line.len(), |end| value + end);
        out.push_str(&line[at..value]);
        out.push_str(MASK);
        at = end;
    }
    out + &line[at..]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every secret that our own messages or those of a peer can carry, each with `S3CRET` in it.
    const SECRETS: [&str; 14] = [
        "Authorization: Digest username=\"101\", response=\"S3CRET\"",
        "proxy-authorization : Digest response=\"x\",\r\n nonce=\"S3CRET\"",
        "AUTHORIZATION:Basic S3CRET",
        "Authentication-Info: rspauth=\"S3CRET\"",
        "X-Session-Token: S3CRET",
        "Cookie: a=S3CRET",
        "Contact: <sip:101:S3CRET@192.0.2.1;transport=ws>",
        "Contact: <sip:101@192.0.2.1;ticket=S3CRET;ob>",
        "Referred-By: <sips:a:S3CRET@h>, <sip:b:S3CRET@h>",
        "X-Link: https://h/sip?Ticket=S3CRET&x=1",
        "\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:S3CRET|2^20",
        "\r\na=ice-pwd:S3CRET",
        "\r\nk=clear:S3CRET",
        "Content-Type: application/dtmf-relay\r\n\r\nSignal=S3CRET\r\nDuration=160",
    ];

    #[test]
    fn no_secret_is_left() {
        for secret in SECRETS {
            let text = format!("INVITE sip:a@b SIP/2.0\r\nCall-ID: 1\r\n{secret}\r\n\r\n");
            let shown = mask(&text);
            assert!(!shown.contains("S3CRET"), "{shown}");
            assert!(shown.contains(MASK), "{shown}");
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let text = "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP h:5060;branch=z9hG4bK1\r\nFrom: \"A: b\" <sip:101@h>;tag=1\r\n\
            WWW-Authenticate: Digest realm=\"h\", nonce=\"n\"\r\nContact: <sip:101@h:5060;transport=udp>\r\n\r\n\
            v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\na=ice-ufrag:abcd\r\na=fingerprint:sha-256 AA\r\n";
        assert_eq!(mask(text), text);
        assert_eq!(mask("a=crypto:1 AES"), "a=crypto:1 AES", "the first line is no body");
        let crypto = mask("X\r\n\r\na=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:abc\r\n");
        assert_eq!(crypto, "X\r\n\r\na=crypto:2 AES_CM_128_HMAC_SHA1_32 [masked]\r\n");
        for strange in ["", "\r\n", ":", "sip:", "ticket=", "sip:@", "ünïcode: sip:ü:ü@ü"] {
            let _ = mask(strange);
        }
    }
}
