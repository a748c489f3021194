//! What makes the worker run.

use std::fmt;

/// Why there may be something to ingest and to catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// The agent finished a turn.
    Stop,
    /// A session ended.
    End,
    /// A session's context is about to be compacted.
    Compact,
    /// A session started: a good moment to look at what others left.
    Start,
    /// The time has come.
    Schedule,
}

impl Occasion {
    /// Every occasion.
    pub const ALL: &'static [Self] = &[Self::Stop, Self::End, Self::Compact, Self::Start, Self::Schedule];

    /// The name on the command line and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::End => "end",
            Self::Compact => "compact",
            Self::Start => "start",
            Self::Schedule => "schedule",
        }
    }

    /// The occasion with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|occasion| occasion.as_str() == name)
    }

    /// Whether the session is caught from at once: nothing more is to come, or what was said is about to be cut away.
    pub fn closes(self) -> bool {
        matches!(self, Self::End | Self::Compact)
    }

    /// Whether all agents' homes are looked through, not only the transcript that is named.
    pub fn looks_everywhere(self) -> bool {
        matches!(self, Self::Start | Self::Schedule)
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Occasion {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::parse(name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|occasion| occasion.as_str()).collect();
            format!("`{name}` is none of: {}", known.join(", "))
        })
    }
}
