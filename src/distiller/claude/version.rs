//! Which clients can be kept from firing hooks, and how.

use std::fmt;

/// `2.1.329`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32, u32);

/// The oldest client that is used. Before it, the flag that leaves settings out made the client's own cleaning delete
/// conversations older than 30 days.
pub(super) const LEAST: Version = Version(2, 1, 101);

/// The first client with safe mode.
const SAFE_MODE: Version = Version(2, 1, 169);

/// How a client is kept quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Support {
    /// By safe mode.
    Lean,
    /// By leaving all settings out and turning hooks off.
    WithoutSettings,
}

impl Support {
    pub(super) fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Lean => &["--safe-mode"],
            Self::WithoutSettings => &["--setting-sources", "", "--settings", r#"{"disableAllHooks":true}"#],
        }
    }
}

impl Version {
    /// Reads `2.1.329 (Claude Code)`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace().next()?.split('.').map(|number| number.parse().ok());
        let version = Self(numbers.next()??, numbers.next()??, numbers.next()??);
        numbers.next().is_none().then_some(version)
    }

    /// None for clients that must not be used.
    pub(super) fn support(self) -> Option<Support> {
        match self {
            _ if self >= SAFE_MODE => Some(Support::Lean),
            _ if self >= LEAST => Some(Support::WithoutSettings),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_flags_or_is_refused() {
        let support = |text: &str| Version::parse(text).and_then(Version::support);
        assert_eq!(support("2.1.329 (Claude Code)"), Some(Support::Lean));
        assert_eq!(support("2.1.169 (Claude Code)"), Some(Support::Lean));
        assert_eq!(support("3.0.0"), Some(Support::Lean));
        assert_eq!(support("2.1.168 (Claude Code)"), Some(Support::WithoutSettings));
        assert_eq!(support("2.1.101"), Some(Support::WithoutSettings));
        assert_eq!(support("2.1.100"), None);
        assert_eq!(support("2.0.60 (Claude Code)"), None);
        assert_eq!(Version::parse("claude"), None);
        assert_eq!(Version::parse("2.1"), None);
    }
}
