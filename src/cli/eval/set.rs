//! A judged set on disk: documents and queries as JSON lines.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::Timestamp;

/// One document.
#[derive(Deserialize)]
pub(super) struct Document {
    #[serde(rename = "_id")]
    pub(super) id: String,
    /// The project or person that it belongs to.
    #[serde(default)]
    pub(super) scope: String,
    pub(super) text: String,
    /// When it was said, RFC 3339.
    #[serde(default)]
    pub(super) ts: Option<String>,
    #[serde(default)]
    pub(super) session: Option<String>,
}

/// One query.
#[derive(Deserialize)]
pub(super) struct SetQuery {
    #[serde(rename = "_id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) scope: String,
    pub(super) text: String,
    /// Only documents from before this may answer, RFC 3339.
    #[serde(default)]
    pub(super) before: Option<String>,
    /// The branch that the session was opened on.
    #[serde(default)]
    pub(super) branch: Option<String>,
    /// No document of this session may answer.
    #[serde(default)]
    pub(super) not_session: Option<String>,
}

impl SetQuery {
    /// When it is asked, if the set says so.
    pub(super) fn at(&self) -> Option<Timestamp> {
        self.before.as_deref().and_then(Timestamp::parse)
    }
}

/// Reads a file of JSON lines; unknown fields are ignored.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut rows = Vec::new();
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let line = line.with_context(|| format!("read {}", path.display()))?;
        if line.trim().is_empty() {
            continue;
        }
        rows.push(serde_json::from_str(&line).with_context(|| format!("{} line {}", path.display(), index + 1))?);
    }
    Ok(rows)
}
