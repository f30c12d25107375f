//! Passwords: argon2id off the request threads, a few at a time, and the same work whether or not there is an account.

use std::{sync::Arc, time::Duration};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use patchbay_kernel::Entropy;
use tokio::sync::Semaphore;

use super::{body::Check, problem::Problem};

/// Longest wait for a turn before the request is told that we are busy.
const PATIENCE: Duration = Duration::from_secs(5);
/// Source: the default parameters of RFC 9106's second recommendation as OWASP lowers them: 19 MiB, 2 passes, 1 lane.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$cGF0Y2hiYXktbm9ib2R5IQ$YlvrbOKfkRS7clrQs6GKsuGGVhR5fJgY5jwHdTYkQfc";

/// Hashes and compares. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { turns: Arc::new(Semaphore::new(cores)) }
    }
}

impl Passwords {
    /// The PHC text to store. 503 when too many wait already.
    pub async fn hash(&self, password: &str, chance: &mut dyn Entropy) -> Result<String, Problem> {
        let mut salt = [0; 16];
        chance.fill(&mut salt);
        let password = password.to_owned();
        let hashed = self.off_thread(move || {
            Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string())
        });
        hashed.await?.map_err(Problem::internal)
    }

    /// Whether it is the password behind `stored`. Without an account the answer is no after the same work, so that its time
    /// tells nothing.
    pub async fn is(&self, password: &str, stored: Option<&str>) -> Result<bool, Problem> {
        let (password, known) = (password.to_owned(), stored.is_some());
        let stored = stored.unwrap_or(NOBODY).to_owned();
        let same =
            self.off_thread(move || Argon2::default().verify_password(password.as_bytes(), stored.as_str()).is_ok());
        Ok(same.await? && known)
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| Problem::busy())?.map_err(Problem::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(Problem::internal)
    }
}

/// Long, not made of one's own name or address, not a run of one character or a plain count. No other rules.
/// Source: NIST SP 800-63B section 5.1.1.2.
pub fn check(check: &mut Check, password: &str, field: &str, about: &[&str]) {
    let (length, low) = (password.chars().count(), password.to_lowercase());
    check.need(length >= SHORTEST, field, "too_short", "At least 10 characters.");
    check.need(password.len() <= LONGEST, field, "too_long", "At most 128 characters.");
    let words = about.iter().flat_map(|text| text.split(|c: char| c == '@' || c == '.' || c.is_whitespace()));
    let own = words.map(str::to_lowercase).filter(|word| word.chars().count() >= 4).any(|word| low.contains(&word));
    check.need(!own, field, "not_yours", "Not your name or address.");
    let distinct: std::collections::BTreeSet<char> = low.chars().collect();
    let plain = distinct.len() < 5 || "01234567890123456789".contains(&low);
    check.need(!plain, field, "not_plain", "Not a run of one character or a plain count.");
}

const SHORTEST: usize = 10;
const LONGEST: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_kernel::SeededEntropy;

    #[tokio::test]
    async fn a_password_opens_its_own_account_only() {
        let passwords = Passwords::default();
        let stored = passwords.hash("correct horse", &mut SeededEntropy::new(1)).await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(passwords.is("correct horse", Some(&stored)).await.unwrap());
        assert!(!passwords.is("wrong horse", Some(&stored)).await.unwrap());
        assert!(!passwords.is("patchbay-nobody", None).await.unwrap());
    }

    #[test]
    fn the_stand_in_costs_as_much_as_a_real_hash() {
        let real = Argon2::default().hash_password_with_salt(b"x", b"0123456789abcdef").unwrap().to_string();
        let parameters = |phc: &str| phc.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parameters(NOBODY), parameters(&real));
        assert!(Argon2::default().verify_password(b"x", NOBODY).is_err());
        assert_eq!(NOBODY.len(), real.len());
        assert!(argon2::PasswordHash::new(NOBODY).is_ok(), "a hash that cannot be read would cost nothing");
    }

    #[test]
    fn weak_passwords_are_refused_in_words() {
        for bad in ["short", "aaaaaaaaaaaa", "0123456789", "anna-was-here"] {
            let mut faults = Check::default();
            check(&mut faults, bad, "password", &["Anna", "anna@example.com"]);
            assert!(faults.done().is_err(), "{bad}");
        }
        let mut faults = Check::default();
        check(&mut faults, "plain but long enough", "password", &["Anna"]);
        assert!(faults.done().is_ok());
    }
}
