//! Seeded memories, prompts and homes. Same seed, same corpus.

use std::path::{Path, PathBuf};

use memory_lane::embed::{BulkEmbedder, Embedder};
use memory_lane::model::{MemoryDraft, MemoryKind, Timestamp};
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{Added, MemoryStore};

const MODEL: &str = "all-MiniLM-L6-v2";
const PROJECT: &str = "/home/ada/shop-api";
/// Texts that are really embedded; the other vectors are mixtures of theirs.
const EMBEDDED: usize = 400;
const SYLLABLES: [&str; 16] =
    ["ba", "ser", "con", "ter", "mi", "lo", "ran", "de", "fi", "gu", "pan", "tor", "ve", "sil", "ko", "ni"];

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A word whose rank follows Zipf's law over 20,000 words.
    fn word(&mut self) -> String {
        let rank = (20_000_f64.powf(self.unit()) - 1.0) as usize;
        let mut n = rank + 16;
        let mut word = String::new();
        while n > 0 {
            word.push_str(SYLLABLES[n % 16]);
            n /= 16;
        }
        word
    }

    fn sentence(&mut self, words: usize) -> String {
        (0..words).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }
}

/// A prompt of about so many tokens.
pub(crate) fn prompt(words: usize) -> String {
    Random(42).sentence(words)
}

/// `count` memories from number `first` on.
pub(crate) fn drafts(first: usize, count: usize) -> Vec<MemoryDraft> {
    (first..first + count)
        .map(|number| {
            let mut random = Random(number as u64);
            let title = random.sentence(8);
            let body = random.sentence(34);
            let at = Timestamp(1_790_000_000_000 + number as i64 * 60_000);
            let mut draft = MemoryDraft::new(MemoryKind::ALL[number % 8], title, body, at);
            draft.project = Some(PROJECT.to_owned());
            draft.files = vec![format!("src/{}.rs", random.word())];
            draft
        })
        .collect()
}

/// A home with `size` memories, with a model if one is given; made once and kept for the next run.
pub(crate) fn home(scratch: &Path, size: usize, model: Option<&Path>) -> PathBuf {
    let home = scratch.join(format!("home-{size}"));
    let finished = home.join("finished");
    if !finished.exists() {
        let _not_there = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home).unwrap();
        fill(&home, size, model);
        std::fs::write(finished, "").unwrap();
    }
    home
}

fn fill(home: &Path, size: usize, model: Option<&Path>) {
    let mut store = SqliteStore::open(&home.join("memory-lane.db")).unwrap();
    let mut vectors = Vec::new();
    if let Some(model) = model {
        for part in ["models", "runtime"] {
            std::os::unix::fs::symlink(model.join(part), home.join(part)).unwrap();
        }
        let mut embedder = BulkEmbedder::open(&model.join("models").join(MODEL), &model.join("runtime")).unwrap();
        let texts: Vec<String> = drafts(0, EMBEDDED).iter().map(MemoryDraft::index_text).collect();
        vectors = embedder.embed_all(&texts).unwrap();
    }
    let mut random = Random(7);
    for first in (0..size).step_by(1_000) {
        let added = store.add_memories(&drafts(first, 1_000.min(size - first)), Timestamp(1)).unwrap();
        if vectors.is_empty() {
            continue;
        }
        let rows: Vec<_> = added
            .into_iter()
            .map(|added| {
                let Added::New(id) = added else { panic!("a memory was made twice") };
                (id, mixture(&vectors, &mut random))
            })
            .collect();
        store.put_vectors(MODEL, &rows).unwrap();
    }
    store.tidy().unwrap();
}

/// `a + 0.45 (b - c)` of three real vectors, at unit length: keeps their covariance.
fn mixture(vectors: &[Vec<f32>], random: &mut Random) -> Vec<f32> {
    let mut pick = || &vectors[random.next() as usize % vectors.len()];
    let (a, b, c) = (pick(), pick(), pick());
    let mut mixed: Vec<f32> = a.iter().zip(b.iter().zip(c)).map(|(a, (b, c))| a + 0.45 * (b - c)).collect();
    let length = mixed.iter().map(|number| number * number).sum::<f32>().sqrt();
    mixed.iter_mut().for_each(|number| *number /= length);
    mixed
}

/// A prompt's event with a transcript of five messages before it.
pub(crate) fn prompt_event(scratch: &Path, words: usize) -> PathBuf {
    let transcript = scratch.join("window.jsonl");
    let lines: Vec<String> = (0..5)
        .map(|n| {
            let role = if n % 2 == 0 { "user" } else { "assistant" };
            let text = Random(100 + n).sentence(40);
            format!(
                r#"{{"type":"{role}","uuid":"w{n}","timestamp":"2026-11-20T10:00:0{n}.000Z","message":{{"role":"{role}","content":[{{"type":"text","text":"{text}"}}]}}}}"#
            )
        })
        .collect();
    std::fs::write(&transcript, lines.join("\n") + "\n").unwrap();
    let event = scratch.join(format!("prompt-{words}.json"));
    let text = prompt(words);
    let json = format!(
        r#"{{"session_id":"bench","transcript_path":"{}","cwd":"{PROJECT}","hook_event_name":"UserPromptSubmit","prompt":"{text}"}}"#,
        transcript.display()
    );
    std::fs::write(&event, json).unwrap();
    event
}

/// A prompt that memory `number` answers, so that it is injected and recorded.
pub(crate) fn answered_event(scratch: &Path, number: usize) -> PathBuf {
    let event = scratch.join(format!("answered-{number}.json"));
    let text = drafts(number, 1)[0].body.clone();
    let json =
        format!(r#"{{"session_id":"bench","cwd":"{PROJECT}","hook_event_name":"UserPromptSubmit","prompt":"{text}"}}"#);
    std::fs::write(&event, json).unwrap();
    event
}

/// The same event in another session.
pub(crate) fn in_session(event: &Path, session: &str) -> PathBuf {
    let path = event.with_file_name(format!("{session}.json"));
    let text = std::fs::read_to_string(event)
        .unwrap()
        .replace(r#""session_id":"bench""#, &format!(r#""session_id":"{session}""#));
    std::fs::write(&path, text).unwrap();
    path
}

/// A file that no memory is about.
pub(crate) fn file_event(scratch: &Path) -> PathBuf {
    let event = scratch.join("file.json");
    let json = format!(
        r#"{{"session_id":"bench","cwd":"{PROJECT}","hook_event_name":"PostToolUse","tool_name":"Read","tool_input":{{"file_path":"{PROJECT}/src/unheard_of.rs"}}}}"#
    );
    std::fs::write(&event, json).unwrap();
    event
}
