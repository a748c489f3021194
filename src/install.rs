//! stub
use crate::config::Paths;
/// stub
pub enum Registration {
    /// s
    Enabled(String),
    /// s
    Absent(String),
}
/// stub
pub fn registration(_: &Paths) -> Registration {
    Registration::Absent(String::new())
}
