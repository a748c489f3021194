//! Registers the plugin with the person's Claude Code and the worker with a scheduler, and takes that back.
//!
//! Claude Code's `settings.json` belongs to the person: single members of it are changed in place, every other byte
//! stays, the file is backed up before the first change and comes back byte for byte when nothing else changed it.

mod client;
mod error;
mod json_edit;
mod line_diff;
mod plugin_files;
mod program;
mod purge;
mod record;
mod registration;
mod replace;
mod schedule;
mod setting;

pub use client::Client;
pub use error::InstallError;
pub use line_diff::line_diff;
pub use plugin_files::{PLUGIN_FILES, PluginFile, remove_plugin_files, write_plugin_files};
pub use program::{link_program, unlink_program};
pub use purge::{Purge, plan_purge};
pub use record::SetupRecord;
pub use registration::{
    PLUGIN_ID, PluginSource, Registration, enabled_plugin, observed_registration, plan_registration, plan_removal,
    registered_elsewhere,
};
pub use schedule::{
    Scheduled, Scheduler, SchedulerPlaces, Step, Task, carry_out, find_scheduler, plan_schedule, plan_unschedule,
    scheduled,
};
pub use setting::set_setting;
