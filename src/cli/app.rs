//! What every command is given: where things are, what the person set, what time it is.

use anyhow::{Context, anyhow};

use crate::config::{Paths, Settings, SettingsError};
use crate::model::Timestamp;
use crate::search::{Clock, When};
use crate::store::StoreError;
use crate::store::sqlite::SqliteStore;

/// The surroundings of a command.
pub struct App {
    /// Where everything is.
    pub paths: Paths,
    /// What the person set.
    pub settings: Settings,
    /// When the command started.
    pub now: Timestamp,
}

impl App {
    /// Reads environment, settings and clock.
    pub fn from_env() -> anyhow::Result<Self> {
        match Self::despite_settings()? {
            (app, None) => Ok(app),
            (_, Some(error)) => Err(error.into()),
        }
    }

    /// The same with the defaults in place of settings that cannot be used, and why not: for what must run all the same.
    pub fn despite_settings() -> anyhow::Result<(Self, Option<SettingsError>)> {
        let paths = Paths::from_env().ok_or_else(|| {
            anyhow!("no home directory is known; set MEMORY_LANE_HOME to a directory for the program")
        })?;
        let (settings, error) = match Settings::load(&paths.settings()) {
            Ok(settings) => (settings, None),
            Err(error) => (Settings::default(), Some(error)),
        };
        Ok((Self { paths, settings, now: now() }, error))
    }

    /// What "now" and "yesterday" mean to the person.
    pub fn clock(&self) -> Clock {
        Clock { now: self.now, zone: jiff::tz::TimeZone::system() }
    }

    /// A point in time as a person gives it: the start of a day, or how long ago.
    pub fn moment(&self, text: &str) -> anyhow::Result<Timestamp> {
        When::parse(text, &self.clock())
            .map(|when| when.start)
            .ok_or_else(|| anyhow!("`{text}` is no time; give yesterday, 2026-02-11, 2026-02-11T15:00:00Z, 7d or 12h"))
    }

    /// What is never ingested: the person's choice, and what a distiller's client leaves behind.
    pub fn excluded(&self) -> Vec<String> {
        let scratch = self.paths.distiller_scratch().to_string_lossy().into_owned();
        self.settings.excluded.iter().cloned().chain([scratch]).collect()
    }

    /// Makes the program's home, for its owner only, before anything else makes it as the person's other directories are.
    pub fn make_home(&self) -> anyhow::Result<()> {
        Ok(SqliteStore::make_directory(&self.paths.database())?)
    }

    /// Opens the database, making it if need be.
    pub fn open_store(&self) -> anyhow::Result<SqliteStore> {
        self.opened(SqliteStore::open(&self.paths.database()))
    }

    /// The same for what only reads: it also works where nothing can be written.
    pub fn open_store_to_read(&self) -> anyhow::Result<SqliteStore> {
        self.opened(SqliteStore::open_to_read(&self.paths.database()))
    }

    fn opened(&self, opened: Result<SqliteStore, StoreError>) -> anyhow::Result<SqliteStore> {
        opened.with_context(|| format!("open the store in {}", self.paths.home().display()))
    }
}

/// The clock, read once at the edge.
#[expect(clippy::disallowed_methods, reason = "the edge where the clock is read")]
pub(super) fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}
