//! Recalls that could not be recorded at once, because another process was writing: kept in a file of lines, taken in
//! by the next writer, so that none is lost and no prompt waits.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{RecallRecord, RecallStore, Result, StoreError};

/// One hook's recalls, as [`RecallStore::record_recalls`] takes them.
#[derive(Serialize, Deserialize)]
pub struct Line {
    /// What was considered.
    pub records: Vec<RecallRecord>,
    /// What was asked.
    pub query: String,
    /// Which model embedded it.
    pub model: String,
    /// Its vector, if it was embedded in time.
    pub vector: Option<Vec<f32>>,
}

/// Appends one hook's recalls in a single write, so that parallel hooks never mix their lines.
pub fn append(
    path: &Path,
    records: &[RecallRecord],
    query: &str,
    model: &str,
    vector: Option<&[f32]>,
) -> io::Result<()> {
    let line = Line {
        records: records.to_vec(),
        query: query.to_owned(),
        model: model.to_owned(),
        vector: vector.map(<[f32]>::to_vec),
    };
    let mut text = serde_json::to_string(&line)?;
    text.push('\n');
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}

/// Moves spooled recalls into the store, all or none; returns how many. The file is put aside first, so that hooks go on
/// appending to a new one, and is removed only after its lines are in.
pub fn take_in(path: &Path, store: &mut dyn RecallStore) -> Result<usize> {
    let aside = path.with_extension("spool.taken");
    let failed = |source| StoreError::Io { path: aside.clone(), source };
    if !aside.exists() {
        match std::fs::rename(path, &aside) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(failed(error)),
        }
    }
    let text = std::fs::read_to_string(&aside).map_err(failed)?;
    let lines: Vec<Line> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    store.record_spooled(&lines)?;
    std::fs::remove_file(&aside).map_err(failed)?;
    Ok(lines.iter().map(|line| line.records.len()).sum())
}
