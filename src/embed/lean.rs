//! One text in a fresh process, in some 40 ms.
//!
//! What makes it six times faster than a session as it comes (measured at 64 tokens, one thread): the word table is
//! a mapped file of which only the rows of the text are read; the encoder is in ONNX Runtime's own format, with the
//! optimiser's work done when the pack was built, and its weights are used where they are mapped; they are not packed
//! in advance, which costs 42 ms at opening and saves 8 ms in a run.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use half::f16;
use memmap2::Mmap;
use ort::ep;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::Tensor;

use super::bert::{LEAN_INPUT, LEAN_OUTPUT};
use super::pack::{Manifest, file};
use super::{EmbedError, Embedder, WordPiece, mapped, runtime};

/// How much of a text a hook embeds; twice the tokens take nearly twice the time.
pub const HOOK_TOKENS: usize = 128;

/// Embeds one text at a time.
pub struct LeanEmbedder {
    // The session uses the bytes of `_encoder`: it is declared first so that it is dropped first.
    session: Session,
    _encoder: Mmap,
    words: Mmap,
    positions: Mmap,
    tokenizer: WordPiece,
    manifest: Manifest,
}

impl LeanEmbedder {
    /// Opens the pack in directory `pack` with the ONNX Runtime in directory `runtime`.
    pub fn open(pack: &Path, runtime: &Path) -> Result<Self, EmbedError> {
        let manifest = Manifest::read(pack)?;
        let checked = |name: &str| manifest.checked_path(pack, name);
        let (encoder_path, words, positions) =
            (checked(file::ENCODER)?, checked(file::WORDS)?, checked(file::POSITIONS)?);
        let tokenizer = WordPiece::open(&checked(file::VOCABULARY)?)?;
        let environment = runtime::environment(runtime)?;
        let encoder = mapped::map_whole(&encoder_path)?;
        let (words, positions) = (mapped::map(&words)?, mapped::map(&positions)?);
        let session =
            open_session(&environment, &encoder).map_err(|error| EmbedError::damaged(&encoder_path, error))?;
        Ok(Self { session, _encoder: encoder, words, positions, tokenizer, manifest })
    }

    /// Opens on another thread, so that loading the library (some 15 ms) overlaps with other work.
    pub fn open_in_background(pack: &Path, runtime: &Path) -> OpeningEmbedder {
        let (sender, receiver) = mpsc::channel();
        let (pack, runtime) = (pack.to_owned(), runtime.to_owned());
        let _detached = thread::spawn(move || {
            // Nobody listens any more when the hook's time is over.
            let _unheard = sender.send(Self::open(&pack, &runtime));
        });
        OpeningEmbedder { receiver }
    }

    /// The vector of the first `max_tokens` tokens of a text, counted with the two marks around it.
    pub fn embed_limited(&mut self, text: &str, max_tokens: usize) -> Result<Vec<f32>, EmbedError> {
        let ids = self.tokenizer.encode(text, max_tokens.min(self.manifest.max_tokens));
        let sums = self.summed_embeddings(&ids)?;
        let shape = [1, ids.len(), self.manifest.dimension];
        let failed = EmbedError::inference("run");
        let input = Tensor::from_array((shape, sums)).map_err(&failed)?;
        let outputs = self.session.run(ort::inputs![LEAN_INPUT => input]).map_err(&failed)?;
        let output = outputs.get(LEAN_OUTPUT).ok_or_else(|| failed(ort::Error::new("it gave no vector")))?;
        let (_, vector) = output.try_extract_tensor::<f32>().map_err(&failed)?;
        Ok(vector.to_vec())
    }

    /// Word vector plus position vector for each token.
    fn summed_embeddings(&self, ids: &[u32]) -> Result<Vec<f32>, EmbedError> {
        let dimension = self.manifest.dimension;
        let mut sums = Vec::with_capacity(ids.len() * dimension);
        for (id, position) in ids.iter().zip(self.positions.chunks_exact(4 * dimension)) {
            let start = *id as usize * 2 * dimension;
            let word = self.words.get(start..start + 2 * dimension).ok_or_else(|| EmbedError::Inference {
                stage: "run",
                reason: format!("token {id} is not in the word table"),
            })?;
            let words = word.as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32());
            let positions = position.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
            sums.extend(words.zip(positions).map(|(word, position)| word + position));
        }
        Ok(sums)
    }
}

impl Embedder for LeanEmbedder {
    fn model(&self) -> &str {
        &self.manifest.model
    }

    fn dimension(&self) -> usize {
        self.manifest.dimension
    }

    fn embed(&mut self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.embed_limited(text, self.manifest.max_tokens)
    }
}

fn open_session(environment: &ort::environment::Environment, encoder: &[u8]) -> ort::Result<Session> {
    let mut builder = Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::Disable)?
        .with_execution_providers([ep::CPU::default().with_arena_allocator(false).build()])?
        .with_memory_pattern(false)?
        .with_intra_threads(1)?
        .with_intra_op_spinning(false)?
        .with_prepacking(false)?
        .with_config_entry("session.load_model_format", "ORT")?
        .with_config_entry("session.use_ort_model_bytes_directly", "1")?
        .with_config_entry("session.use_ort_model_bytes_for_initializers", "1")?;
    builder.commit_from_memory(encoder)
}

/// An embedder that is being opened on another thread.
#[derive(Debug)]
pub struct OpeningEmbedder {
    receiver: Receiver<Result<LeanEmbedder, EmbedError>>,
}

impl OpeningEmbedder {
    /// Waits until it is open.
    pub fn wait(self) -> Result<LeanEmbedder, EmbedError> {
        self.receiver.recv().unwrap_or(Err(EmbedError::Interrupted))
    }

    /// Waits for at most `patience`; `None` when it is not open by then.
    pub fn wait_for(&self, patience: Duration) -> Option<Result<LeanEmbedder, EmbedError>> {
        match self.receiver.recv_timeout(patience) {
            Ok(opened) => Some(opened),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(EmbedError::Interrupted)),
        }
    }
}

impl std::fmt::Debug for LeanEmbedder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LeanEmbedder").field("model", &self.manifest.model).finish_non_exhaustive()
    }
}

const _: () = {
    const fn can_move_to_another_thread<T: Send>() {}
    can_move_to_another_thread::<LeanEmbedder>();
};
