//! A model as this program uses it: a directory of files, made once from what the model's authors published.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use half::f16;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::bert::{Architecture, Weights, packed_encoder, standard_encoder};
use super::encoder::EncoderShape;
use super::{EmbedError, mapped, vocabulary};

/// The layout of a pack; a pack of another layout is built again.
pub const FORMAT: u32 = 2;

/// The files of a pack.
pub(in crate::embed) mod file {
    pub(in crate::embed) const MANIFEST: &str = "pack.json";
    /// The encoder's weights in the order they are used in, for `LeanEmbedder`.
    pub(in crate::embed) const ENCODER: &str = "encoder.f32";
    pub(in crate::embed) const WORDS: &str = "words.f16";
    pub(in crate::embed) const POSITIONS: &str = "positions.f32";
    pub(in crate::embed) const VOCABULARY: &str = "vocabulary.table";
    /// Graph of standard operators, for `BulkEmbedder`.
    pub(in crate::embed) const STANDARD: &str = "model.onnx";
    pub(in crate::embed) const TOKENIZER: &str = "tokenizer.json";
    pub(in crate::embed) const CONFIG: &str = "config.json";
    pub(in crate::embed) const SPECIAL_TOKENS: &str = "special_tokens_map.json";
    pub(in crate::embed) const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
    pub(in crate::embed) const WORD_LIST: &str = "vocab.txt";
    pub(in crate::embed) const WEIGHTS: &str = "model.safetensors";
    /// The author's words about the model and its licence; carried along when they are there.
    pub(in crate::embed) const NOTICES: [&str; 2] = ["README.md", "LICENSE"];
}

/// What a pack says of itself, in `pack.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout, [`FORMAT`].
    pub format: u32,
    /// The model's name, stored with each vector.
    pub model: String,
    /// Numbers in a vector.
    pub dimension: usize,
    /// The model's longest input in tokens; more is cut.
    pub max_tokens: usize,
    /// Where the weights came from.
    pub source: String,
    /// SHA-256 of the weights, hexadecimal.
    pub source_sha256: String,
    /// What the encoder's weights are the weights of.
    pub encoder: EncoderShape,
    /// Every file of the pack but this one.
    pub files: BTreeMap<String, FileRecord>,
}

/// A file of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its size.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// The part of a manifest that every layout has.
#[derive(Deserialize)]
struct Layout {
    format: u32,
}

impl Manifest {
    /// Reads the manifest of the pack in `directory`.
    pub fn read(directory: &Path) -> Result<Self, EmbedError> {
        let path = directory.join(file::MANIFEST);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(EmbedError::PackMissing { path: directory.to_owned() });
            }
            Err(error) => return Err(EmbedError::io("read", &path)(error)),
        };
        let damaged = |error| EmbedError::damaged(&path, error);
        let Layout { format } = serde_json::from_slice(&bytes).map_err(damaged)?;
        if format != FORMAT {
            let reason = format!("layout {format} where {FORMAT} is expected");
            return Err(EmbedError::damaged(&path, reason));
        }
        serde_json::from_slice(&bytes).map_err(damaged)
    }

    /// The path of a file of the pack, when it is there in its full size: a cut file must not be mapped.
    pub(super) fn checked_path(&self, directory: &Path, name: &str) -> Result<PathBuf, EmbedError> {
        let path = directory.join(name);
        let record = self.files.get(name).ok_or_else(|| EmbedError::damaged(&path, "it is not in the pack's list"))?;
        match fs::metadata(&path) {
            Ok(found) if found.len() == record.bytes => Ok(path),
            Ok(found) => Err(EmbedError::damaged(&path, format!("{} bytes instead of {}", found.len(), record.bytes))),
            Err(error) => Err(EmbedError::damaged(&path, error)),
        }
    }

    /// Reads every file and compares it with its hash (about 160 MB).
    pub fn verify(&self, directory: &Path) -> Result<(), EmbedError> {
        for (name, record) in &self.files {
            let path = self.checked_path(directory, name)?;
            if sha256_of(&path)? != record.sha256 {
                return Err(EmbedError::damaged(&path, "its content has changed"));
            }
        }
        Ok(())
    }
}

/// SHA-256 of a file, hexadecimal.
pub fn sha256_of(path: &Path) -> Result<String, EmbedError> {
    let mut file = fs::File::open(path).map_err(EmbedError::io("read", path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = file.read(&mut buffer).map_err(EmbedError::io("read", path))?;
        if length == 0 {
            break;
        }
        hasher.update(&buffer[..length]);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What a pack is built from.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// A directory with the published files.
    pub directory: &'a Path,
    /// The model's name.
    pub model: &'a str,
    /// The model's longest input in tokens.
    pub max_tokens: usize,
    /// Where the files came from, for the manifest.
    pub origin: &'a str,
}

/// Builds the pack into directory `pack`, all or nothing. The same source gives the same bytes. Not to be called twice
/// at a time for one model and parent directory.
pub fn build(source: &Source<'_>, pack: &Path) -> Result<Manifest, EmbedError> {
    let parent = pack.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(EmbedError::io("write", parent))?;
    let work = WorkDirectory::new(parent.join(format!(".building-{}", source.model)))?;
    let manifest = write_files(source, &work.0)?;
    replace_directory(&work.0, pack)?;
    Ok(manifest)
}

/// A directory that is gone after use, however that ends.
struct WorkDirectory(PathBuf);

impl WorkDirectory {
    /// An empty one: what a process that was killed left there is removed.
    fn new(path: PathBuf) -> Result<Self, EmbedError> {
        let _nothing_there = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(EmbedError::io("write", &path))?;
        Ok(Self(path))
    }
}

impl Drop for WorkDirectory {
    fn drop(&mut self) {
        let _already_renamed = fs::remove_dir_all(&self.0);
    }
}

/// Puts `new` where `old` is; a process that has files of the old one mapped keeps them.
fn replace_directory(new: &Path, old: &Path) -> Result<(), EmbedError> {
    let mut name = std::ffi::OsString::from(".old-");
    name.push(old.file_name().unwrap_or_default());
    let aside = old.with_file_name(name);
    let _nothing_there = fs::remove_dir_all(&aside);
    let had_old = old.exists();
    if had_old {
        fs::rename(old, &aside).map_err(EmbedError::io("rename", old))?;
    }
    fs::rename(new, old).map_err(EmbedError::io("rename", new))?;
    if had_old {
        fs::remove_dir_all(&aside).map_err(EmbedError::io("remove", &aside))?;
    }
    Ok(())
}

fn write_files(source: &Source<'_>, work: &Path) -> Result<Manifest, EmbedError> {
    let weights_path = source.directory.join(file::WEIGHTS);
    let weights_bytes = mapped::map(&weights_path)?;
    let architecture = Architecture::parse(&read(source.directory, file::CONFIG)?)?;
    let weights = Weights::new(&weights_bytes, &architecture)?;
    write_tables(&weights, work)?;
    write(work, file::STANDARD, &standard_encoder(&weights)?)?;
    write(work, file::ENCODER, &packed_encoder(&weights)?)?;
    copy_texts(source.directory, work)?;
    let manifest = Manifest {
        format: FORMAT,
        model: source.model.to_owned(),
        dimension: architecture.hidden_size,
        max_tokens: source.max_tokens,
        source: source.origin.to_owned(),
        source_sha256: sha256_of(&weights_path)?,
        encoder: architecture.encoder(),
        files: records(work)?,
    };
    let text =
        serde_json::to_vec_pretty(&manifest).map_err(|error| EmbedError::Source { reason: error.to_string() })?;
    write(work, file::MANIFEST, &text)?;
    Ok(manifest)
}

/// Halves for the words: the vectors come out the same to six digits, and the file is half as large.
fn write_tables(weights: &Weights<'_>, work: &Path) -> Result<(), EmbedError> {
    let words: Vec<u8> = weights.words()?.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect();
    write(work, file::WORDS, &words)?;
    let positions: Vec<u8> = weights.positions_with_type()?.iter().flat_map(|value| value.to_le_bytes()).collect();
    write(work, file::POSITIONS, &positions)
}

fn copy_texts(from: &Path, work: &Path) -> Result<(), EmbedError> {
    for name in [file::TOKENIZER, file::CONFIG, file::SPECIAL_TOKENS, file::TOKENIZER_CONFIG] {
        write(work, name, &read(from, name)?)?;
    }
    let words = String::from_utf8(read(from, file::WORD_LIST)?)
        .map_err(|error| EmbedError::Source { reason: format!("{}: {error}", file::WORD_LIST) })?;
    write(work, file::VOCABULARY, &vocabulary::build_table(&words)?)?;
    write(work, file::WORD_LIST, words.as_bytes())?;
    for name in file::NOTICES.into_iter().filter(|name| from.join(name).is_file()) {
        write(work, name, &read(from, name)?)?;
    }
    Ok(())
}

fn records(work: &Path) -> Result<BTreeMap<String, FileRecord>, EmbedError> {
    let mut records = BTreeMap::new();
    for entry in fs::read_dir(work).map_err(EmbedError::io("read", work))? {
        let entry = entry.map_err(EmbedError::io("read", work))?;
        let path = entry.path();
        let bytes = entry.metadata().map_err(EmbedError::io("read", &path))?.len();
        let name = entry.file_name().to_string_lossy().into_owned();
        records.insert(name, FileRecord { bytes, sha256: sha256_of(&path)? });
    }
    Ok(records)
}

fn read(directory: &Path, name: &str) -> Result<Vec<u8>, EmbedError> {
    let path = directory.join(name);
    fs::read(&path).map_err(EmbedError::io("read", &path))
}

fn write(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), EmbedError> {
    let path = directory.join(name);
    let mut file = fs::File::create(&path).map_err(EmbedError::io("write", &path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(EmbedError::io("write", &path))
}
