//! entity

/// Lower-cased names in a text that may be known entities.
pub fn names(_text: &str) -> Vec<String> {
    Vec::new()
}
