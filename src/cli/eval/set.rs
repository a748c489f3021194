//! A judged set on disk: documents and queries as JSON lines, judgements as tab-separated lines.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::{MemoryKind, Timestamp};

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
    /// What kind of memory it is; an insight where the set does not say.
    #[serde(default)]
    pub(super) kind: Option<MemoryKind>,
    /// The failure that it is about: the command after `$ `, then what it said.
    #[serde(default)]
    pub(super) quote: String,
    /// Files that it is about, relative to the project's root.
    #[serde(default)]
    pub(super) files: Vec<String>,
    /// Full names of those it mentions.
    #[serde(default)]
    pub(super) people: Vec<String>,
}

/// One query.
#[derive(Deserialize)]
pub(super) struct SetQuery {
    #[serde(rename = "_id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) scope: String,
    pub(super) text: String,
    /// What is counted apart.
    #[serde(default = "any", rename = "type")]
    pub(super) kind: String,
    /// Whether a document answers it; where none does, silence is right.
    #[serde(default = "yes")]
    pub(super) answerable: bool,
    /// The file that the agent has read or changed; the text is then the change.
    #[serde(default)]
    pub(super) file: Option<String>,
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

fn any() -> String {
    "any".to_owned()
}

fn yes() -> bool {
    true
}

/// Which documents answer a query, and how well: 1 and more.
pub(super) type Judgements = HashMap<String, HashMap<String, f64>>;

/// Reads lines of query, document and grade, after a line of headings.
pub(super) fn read_judgements(path: &Path) -> anyhow::Result<Judgements> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let mut judgements = Judgements::new();
    for (index, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [query, document, grade] = fields[..] else {
            bail!("{} line {}: not query, document and grade, separated by tabs", path.display(), index + 1);
        };
        let grade =
            grade.trim().parse().with_context(|| format!("{} line {}: the grade", path.display(), index + 1))?;
        judgements.entry(query.to_owned()).or_default().insert(document.to_owned(), grade);
    }
    Ok(judgements)
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
