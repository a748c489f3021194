//! What the catcher's judge may ask about the meaning of prompts: the model in use, opened when first asked.

use std::cell::{OnceCell, RefCell};
use std::path::PathBuf;

use crate::config::Paths;
use crate::embed::{self, LeanEmbedder};

/// A model that embeds one prompt at a time: about 20 ms each. For detached work only.
pub struct Meaning {
    model: String,
    /// The model's pack; none when there is nothing to open.
    pack: Option<PathBuf>,
    opened: OnceCell<Option<RefCell<LeanEmbedder>>>,
}

impl Meaning {
    /// Of this model, if it is installed.
    pub fn of(paths: &Paths, model: &str) -> Self {
        let pack = paths.models().join(model);
        let pack = embed::is_installed(&pack).then_some(pack);
        Self { model: model.to_owned(), pack, opened: OnceCell::new() }
    }

    /// None at all: the catcher goes by words.
    pub fn unknown() -> Self {
        Self { model: String::new(), pack: None, opened: OnceCell::new() }
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The vector of a text. A model that cannot be opened or fails is no reason to catch nothing, and `doctor` reports
    /// it: the catcher then goes by words.
    pub fn vector(&self, text: &str) -> Option<Vec<f32>> {
        let pack = self.pack.as_ref()?;
        let open = || LeanEmbedder::open(pack).ok().map(RefCell::new);
        let embedder = self.opened.get_or_init(open).as_ref()?;
        embedder.borrow_mut().embed_limited(text, embed::HOOK_TOKENS).ok()
    }
}
