//! Numbers with their noun: `1 memory`, `2 memories`.

use std::fmt::Display;

/// The number and the noun in the form that it asks for.
pub(super) fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    format!("{count} {}", if count == N::from(1) { one } else { many })
}

/// A number of memories.
pub(super) fn memories<N: Copy + Display + PartialEq + From<u8>>(count: N) -> String {
    counted(count, "memory", "memories")
}

/// A number of files.
pub(super) fn files<N: Copy + Display + PartialEq + From<u8>>(count: N) -> String {
    counted(count, "file", "files")
}

/// A number of sessions.
pub(super) fn sessions<N: Copy + Display + PartialEq + From<u8>>(count: N) -> String {
    counted(count, "session", "sessions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!([memories(0_usize), memories(1_u64), files(2_u32)], ["0 memories", "1 memory", "2 files"]);
    }
}
