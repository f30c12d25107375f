//! One-time codes by the clock, as authenticator programs make them: six digits, thirty seconds, HMAC-SHA-1.
//! Source: RFC 6238, RFC 4226 section 5.3; the otpauth address is the key URI format that those programs read.

use ring::hmac;

/// Seconds that one code is shown.
pub const STEP_S: i64 = 30;
/// Steps before and after this one whose codes are good: clocks of telephones differ.
const DRIFT: i64 = 1;
const DIGITS: u32 = 6;
/// RFC 4648 section 6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn code(secret: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    // The last four bits say where the four bytes begin that count.
    let at = usize::from(bytes.last().copied().unwrap_or(0) & 0x0f);
    let mut word = [0; 4];
    word.copy_from_slice(bytes.get(at..at + 4).unwrap_or(&[0; 4]));
    (u32::from_be_bytes(word) & 0x7fff_ffff) % 10_u32.pow(DIGITS)
}

/// The step that a code belongs to, if it is good now; one of a step that was used before, or of an earlier one, is not.
pub fn matching(secret: &[u8], text: &str, now_s: i64, last_step: i64) -> Option<i64> {
    let given: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if given.len() != DIGITS as usize || !given.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let given: u32 = given.parse().ok()?;
    let now = now_s.div_euclid(STEP_S);
    (now - DRIFT..=now + DRIFT).find(|step| *step > last_step && code(secret, *step) == given)
}

/// The code of a moment, for whoever has the secret.
pub fn at(secret: &[u8], now_s: i64) -> String {
    format!("{:06}", code(secret, now_s.div_euclid(STEP_S)))
}

/// As it is typed into an authenticator program.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut block = [0_u8; 8];
        block[3..3 + chunk.len()].copy_from_slice(chunk);
        let word = u64::from_be_bytes(block);
        for place in 0..(chunk.len() * 8).div_ceil(5) {
            text.push(char::from(BASE32[usize::try_from(word >> (35 - 5 * place) & 31).unwrap_or(0)]));
        }
    }
    text
}

/// What [`base32`] wrote; `None` for other text.
pub fn from_base32(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for letter in text.bytes() {
        let value = BASE32.iter().position(|one| *one == letter)?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

/// What an authenticator program opens.
pub fn address(site: &str, account: &str, secret: &str) -> String {
    let (site, account) = (escaped(site), escaped(account));
    format!(
        "otpauth://totp/{site}:{account}?secret={secret}&issuer={site}&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"
    )
}

/// RFC 3986 section 2.1.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238 appendix B, the last six of eight digits.
        for (now, wanted) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(at(SECRET, now), wanted, "{now}");
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_step_around() {
        let now = 1_234_567_890;
        let step = now / STEP_S;
        assert_eq!(matching(SECRET, "005 924", now, 0), Some(step));
        assert_eq!(matching(SECRET, "005924", now + STEP_S, 0), Some(step));
        assert_eq!(matching(SECRET, "005924", now - STEP_S, 0), Some(step));
        assert_eq!(matching(SECRET, "005924", now + 2 * STEP_S, 0), None, "too old");
        assert_eq!(matching(SECRET, "005924", now, step), None, "used");
        for noise in ["", "5924", "00592a", "0059240", "００５９２４", "+05924"] {
            assert_eq!(matching(SECRET, noise, now, 0), None, "{noise}");
        }
    }

    #[test]
    fn a_secret_survives_its_text() {
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(from_base32(&base32(SECRET)).unwrap(), SECRET);
        assert_eq!(base32(b"foo"), "MZXW6", "RFC 4648 section 10, without padding");
        assert_eq!(from_base32("MZXW6").unwrap(), b"foo");
        assert_eq!(from_base32("0189"), None);
    }

    #[test]
    fn an_address_is_one() {
        let text = address("Patch bay", "ana@example.com", "ABC");
        assert_eq!(
            text,
            "otpauth://totp/Patch%20bay:ana%40example.com?secret=ABC&issuer=Patch%20bay&algorithm=SHA1&digits=6&period=30"
        );
    }
}
