//! Measuring the program against judged sets.

pub mod triggers;
