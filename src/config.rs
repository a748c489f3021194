//! Where the program keeps things, and what the person has set. The only readers of the environment are here.

mod paths;
mod settings;

pub use paths::{Paths, agent_home, variable};
pub use settings::{RecallMode, Settings, SettingsError};
