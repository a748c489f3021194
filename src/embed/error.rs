//! Why a text could not be embedded.

use std::path::{Path, PathBuf};

/// Why a text could not be embedded. Recall goes on without vectors; `doctor` shows the message.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The library is not installed.
    #[error("no ONNX Runtime at {path}; run `memory-lane model add`")]
    RuntimeMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The library is there and cannot be used.
    #[error("ONNX Runtime at {path} cannot be used: {reason}; remove it and run `memory-lane model add`")]
    RuntimeUnusable {
        /// The library.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
    /// The model is not installed.
    #[error("no model at {path}; run `memory-lane model add`")]
    PackMissing {
        /// The pack's directory.
        path: PathBuf,
    },
    /// A file of the model is not what it should be.
    #[error("model file {path} is damaged: {reason}; run `memory-lane model add` to build it again")]
    PackDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What the model is built from is not what it should be.
    #[error("cannot build the model: {reason}")]
    Source {
        /// What is wrong.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// `read`, `write`, `map`, `rename`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The model failed on a text.
    #[error("the model could not {stage}: {reason}")]
    Inference {
        /// `open` or `run`.
        stage: &'static str,
        /// What the library said.
        reason: String,
    },
}

impl EmbedError {
    /// For `map_err` on a file operation.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    pub(super) fn damaged(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::PackDamaged { path: path.to_owned(), reason: reason.to_string() }
    }

    /// For `map_err` on a call of the library.
    pub(super) fn inference<E: std::fmt::Display>(stage: &'static str) -> impl Fn(E) -> Self {
        move |error| Self::Inference { stage, reason: error.to_string() }
    }
}
