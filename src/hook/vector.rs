//! The query's vector, made on a second thread while the text search runs on the first.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::embed::{EmbedError, LeanEmbedder};

/// A vector on its way.
pub(super) struct PendingVector {
    receiver: Receiver<Result<Vec<f32>, EmbedError>>,
}

/// Why there is no vector.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoVector {
    /// The model could not be used.
    #[error(transparent)]
    Model(#[from] EmbedError),
    /// The deadline passed first.
    #[error("the model took longer than the hook may take")]
    Late,
}

impl PendingVector {
    /// Starts embedding `text`, cut to `most_tokens`, with the model in directory `pack`.
    pub(super) fn start(pack: PathBuf, text: String, most_tokens: usize) -> Self {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let vector = LeanEmbedder::open(&pack).and_then(|mut embedder| embedder.embed_limited(&text, most_tokens));
            let _nobody_waits = sender.send(vector);
        });
        Self { receiver }
    }

    /// The vector, if it comes in time. A panic in the thread counts as late.
    pub(super) fn wait(&self, left: Duration) -> Result<Vec<f32>, NoVector> {
        match self.receiver.recv_timeout(left) {
            Ok(vector) => Ok(vector?),
            Err(_) => Err(NoVector::Late),
        }
    }
}
