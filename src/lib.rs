//! Memory Lane gives coding agents a memory: it keeps their sessions, catches the moments that mattered, and recalls
//! them at the next prompt.
//!
//! Modules in layer order, lowest first; `tests/it/layers.rs` checks who may import whom, `ARCHITECTURE.md` is the map.

pub mod model;

pub mod config;
pub mod redact;
pub mod text;

pub mod catcher;
pub mod embed;
pub mod entity;
pub mod store;
pub mod trace;

pub mod distiller;

pub mod pipeline;
pub mod recall;
pub mod search;

pub mod hook;
pub mod install;

pub mod cli;
