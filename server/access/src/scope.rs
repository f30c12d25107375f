//! How far somebody sees: whose members, seats, devices and calls. Each scope holds the one before it.

/// How far somebody sees among the company's people and what is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Themselves, their seat, their calls.
    Own,
    /// Whoever is in a team with them, too.
    Team,
    /// Whoever is in their department or one below it, and in the teams of these, too.
    Subtree,
    /// Everybody of the company, and what nobody sits on.
    All,
}

/// Text that names no scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a data scope")]
pub struct NotAScope;

impl Scope {
    /// Every scope, narrowest first.
    pub const ALL: [Self; 4] = [Self::Own, Self::Team, Self::Subtree, Self::All];

    /// As stored and sent.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Team => "team",
            Self::Subtree => "subtree",
            Self::All => "all",
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = NotAScope;
    fn from_str(text: &str) -> Result<Self, NotAScope> {
        Self::ALL.into_iter().find(|scope| scope.code() == text).ok_or(NotAScope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_survives_its_text_and_each_is_wider_than_the_last() {
        for scope in Scope::ALL {
            assert_eq!(scope.code().parse(), Ok(scope));
        }
        assert_eq!("everything".parse::<Scope>(), Err(NotAScope));
        assert!(Scope::ALL.is_sorted());
    }
}
