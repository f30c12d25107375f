//! What a browser leg knows of its path: credentials of now and before, addresses that proved themselves, the one in use.
//!
//! We are the lite side (RFC 8445 section 2.5): we answer checks, the browser chooses.

use std::net::SocketAddr;

/// One generation of short-term credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Our user name fragment.
    pub ufrag: String,
    /// Our password.
    pub password: String,
    /// The browser's fragment, once its description is known.
    pub theirs: Option<String>,
}

impl Credentials {
    fn fits(&self, ours: &str, theirs: &str) -> bool {
        self.ufrag == ours && self.theirs.as_deref().is_none_or(|known| known == theirs)
    }
}

/// Addresses that may prove themselves at a time: a browser has a handful of interfaces, an attacker has no password.
const MOST_ADDRESSES: usize = 4;

/// The path of one leg.
#[derive(Debug)]
pub struct Ice {
    current: Credentials,
    previous: Option<Credentials>,
    verified: Vec<SocketAddr>,
    bound: Option<SocketAddr>,
}

/// What a verified check changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// The leg had no address until now.
    pub first: bool,
    /// An address that is no longer accepted.
    pub dropped: Option<SocketAddr>,
}

impl Ice {
    /// Nothing proven yet.
    pub const fn new(current: Credentials) -> Self {
        Self { current, previous: None, verified: Vec::new(), bound: None }
    }
    /// Where media go.
    pub const fn bound(&self) -> Option<SocketAddr> {
        self.bound
    }
    /// Whether `from` has proven itself.
    pub fn accepts(&self, from: SocketAddr) -> bool {
        self.verified.contains(&from)
    }
    /// Addresses that have proven themselves.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.verified
    }
    /// Our fragment and password for descriptions.
    pub const fn local(&self) -> &Credentials {
        &self.current
    }
    /// Fragments by which a check may name this leg.
    pub fn fragments(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.current.ufrag.as_str()).chain(self.previous.as_ref().map(|old| old.ufrag.as_str()))
    }
    /// The password for a check with these halves of USERNAME; `None` when they are not ours.
    pub fn password(&self, ours: &str, theirs: &str) -> Option<&str> {
        std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|credentials| credentials.fits(ours, theirs))
            .map(|credentials| credentials.password.as_str())
    }
    /// The browser's fragment from its description. `true` when it differs from the one known: an ICE restart.
    pub fn learn(&mut self, theirs: &str) -> bool {
        match self.current.theirs.as_deref() {
            Some(known) => known != theirs,
            None => {
                self.current.theirs = Some(theirs.to_owned());
                false
            }
        }
    }
    /// Restart: new credentials; the old ones and the old address stay good until the new ones nominate.
    pub fn restart(&mut self, next: Credentials) {
        self.previous = Some(std::mem::replace(&mut self.current, next));
    }
    /// A check from `from` verified under our fragment `ours`.
    pub fn verified(&mut self, from: SocketAddr, ours: &str, nominated: bool) -> Moved {
        let mut moved = Moved::default();
        if !self.verified.contains(&from) {
            if self.verified.len() == MOST_ADDRESSES {
                let oldest = self.verified.iter().position(|address| Some(*address) != self.bound).unwrap_or(0);
                moved.dropped = Some(self.verified.remove(oldest));
            }
            self.verified.push(from);
        }
        if self.bound.is_none() {
            moved.first = true;
            self.bound = Some(from);
        }
        if nominated && ours == self.current.ufrag {
            self.bound = Some(from);
            self.previous = None;
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(ufrag: &str) -> Credentials {
        Credentials { ufrag: ufrag.into(), password: format!("{ufrag}-password"), theirs: None }
    }
    fn at(udp_port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], udp_port))
    }

    #[test]
    fn the_first_verified_check_binds_and_nomination_moves() {
        let mut ice = Ice::new(credentials("a"));
        assert!(ice.verified(at(1), "a", false).first);
        assert_eq!(ice.bound(), Some(at(1)));
        ice.verified(at(2), "a", false);
        assert_eq!(ice.bound(), Some(at(1)));
        ice.verified(at(2), "a", true);
        assert_eq!(ice.bound(), Some(at(2)));
    }

    #[test]
    fn a_restart_keeps_the_old_path_until_the_new_one_nominates() {
        let mut ice = Ice::new(credentials("a"));
        assert!(!ice.learn("x"));
        ice.verified(at(1), "a", true);
        assert!(ice.learn("y"), "another fragment is a restart");
        ice.restart(Credentials { theirs: Some("y".into()), ..credentials("b") });
        assert_eq!(ice.password("a", "x"), Some("a-password"));
        assert_eq!(ice.password("b", "y"), Some("b-password"));
        assert_eq!(ice.password("b", "x"), None);
        ice.verified(at(2), "b", false);
        assert_eq!(ice.bound(), Some(at(1)));
        ice.verified(at(1), "a", true);
        assert_eq!(ice.bound(), Some(at(1)), "the old generation cannot nominate");
        ice.verified(at(2), "b", true);
        assert_eq!(ice.bound(), Some(at(2)));
        assert_eq!(ice.password("a", "x"), None);
    }

    #[test]
    fn addresses_are_bounded_and_the_one_in_use_stays() {
        let mut ice = Ice::new(credentials("a"));
        for udp_port in 1..10 {
            ice.verified(at(udp_port), "a", false);
        }
        assert_eq!(ice.addresses().len(), MOST_ADDRESSES);
        assert!(ice.accepts(at(1)) && ice.accepts(at(9)) && !ice.accepts(at(3)));
    }
}
