//! URIs and addresses.

use patchbay_sip::{
    Address, Uri,
    wire::uri::{host_port, unescape},
};

/// What is written reads back the same, a URI is the same as itself, escapes are two hexadecimal digits.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(uri) = text.parse::<Uri>() {
        same(&uri);
    }
    if let Ok((_, Some(number))) = host_port(&text) {
        let digits = text.rsplit(':').next().unwrap_or_default().trim();
        assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{text:?} has the number {number}");
    }
    if let Some(plain) = unescape(&text) {
        let escapes = text.bytes().filter(|byte| *byte == b'%').count();
        assert_eq!(plain.len() + 2 * escapes, text.len(), "{text:?}");
    }
    for part in text.split('%').skip(1).filter(|_| unescape(&text).is_some()) {
        assert!(part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2, "{text:?} is unescaped");
    }
    if let Some(address) = Address::parse(bytes)
        && let Some(uri) = address.uri()
    {
        same(&uri);
        let bracketed = format!("<{uri}>;tag=x");
        if !bracketed[1..bracketed.len() - 7].contains(['<', '>', '"']) {
            let again = Address::parse(bracketed.as_bytes()).expect("a URI in brackets");
            assert_eq!((again.uri(), again.tag()), (Some(uri), Some("x")));
        }
    }
}

fn same(uri: &Uri) {
    let written = uri.to_string();
    assert_eq!(written.parse::<Uri>().as_ref(), Ok(uri), "{written}");
    assert!(uri.same_as(uri), "{written} differs from itself");
}
