//! Where the program keeps things, and what the person has set. The only readers of the environment are here.

mod distiller;
mod paths;
mod settings;

pub use distiller::{Backend, Credential, DistillerSettings};
use paths::expanded;
pub use paths::{
    AgentHome, CHILD, Paths, agent_home, agent_homes, agent_variables, config_home, host_name, is_agents_shell,
    variable,
};
pub use settings::{RecallMode, Settings, SettingsError};
