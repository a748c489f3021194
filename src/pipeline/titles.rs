//! Titles for sessions that have none of their own: neither the person nor the agent gave one.

use anyhow::Context;

use crate::model::Turn;
use crate::redact::redact;
use crate::store::SessionStore;
use crate::text::one_line;

/// Longest title, in characters.
const LONGEST: usize = 90;

/// Whatever can say in a few words what a session is about.
pub trait Titler {
    /// A title for a session with these turns; `None` when it has none to give.
    fn title(&mut self, turns: &[Turn]) -> anyhow::Result<Option<String>>;
}

/// Has titles made for at most `limit` sessions, latest first; returns how many got one. What comes back is text of
/// unknown origin: it is stripped of secrets, line ends and control characters, and cut.
pub fn title_sessions<S: SessionStore + ?Sized>(
    store: &mut S,
    titler: &mut dyn Titler,
    limit: usize,
) -> anyhow::Result<usize> {
    let mut titled = 0;
    for id in store.untitled(limit).context("list the sessions without a title")? {
        let turns = store.turns(&id, 0)?;
        let made = titler.title(&turns).with_context(|| format!("make a title for session {id}"))?;
        let title = one_line(&redact(&made.unwrap_or_default()), LONGEST);
        if !title.is_empty() {
            store.put_made_title(&id, &title)?;
            titled += 1;
        }
    }
    Ok(titled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Agent, Message, Role, SessionId, Timestamp};
    use crate::store::sqlite::SqliteStore;
    use crate::store::{Append, SessionHead, StepAt, TranscriptState};

    /// Answers with the first prompt between odd characters.
    struct Echo;

    impl Titler for Echo {
        fn title(&mut self, turns: &[Turn]) -> anyhow::Result<Option<String>> {
            let prompt = turns.iter().find_map(|turn| turn.prompt.as_ref());
            Ok(prompt.filter(|prompt| prompt.text != "nothing").map(|prompt| format!("\u{1b}[1m{}\n!", prompt.text)))
        }
    }

    fn session(native: &str, prompt: &str) -> Append {
        let id = SessionId::new(Agent::ClaudeCode, native);
        let message = Message {
            seq: 0,
            uuid: None,
            role: Role::User,
            text: prompt.to_owned(),
            at: Timestamp(1),
            after_interrupt: false,
        };
        Append {
            state: TranscriptState {
                path: native.to_owned(),
                session: id.clone(),
                offset: 1,
                prefix_sha256: [0; 32],
                size: 1,
                mtime_ns: 1,
                next_seq: 1,
            },
            restart: false,
            head: SessionHead {
                id,
                agent: Agent::ClaudeCode,
                parent: None,
                subagent: false,
                project: None,
                cwd: None,
                branch: None,
                commit: None,
                usage: crate::model::ModelUse::default(),
                custom_title: None,
                agent_title: None,
                client_version: None,
                started_at: Some(Timestamp(1)),
                ended_at: Some(Timestamp(1)),
                interrupts: 0,
                compactions: 0,
                pull_requests: Vec::new(),
            },
            steps: vec![StepAt::Message { turn: 0, message }],
            results: Vec::new(),
            skipped: Vec::new(),
            raw: Vec::new(),
        }
    }

    #[test]
    fn a_made_title_is_one_clean_line_and_made_once() {
        let mut store = SqliteStore::open_in_memory().unwrap();
        let secret = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
        store.append(&session("a", &format!("use {secret} here"))).unwrap();
        store.append(&session("b", "nothing")).unwrap();
        assert_eq!(title_sessions(&mut store, &mut Echo, 10).unwrap(), 1);
        assert_eq!(title_sessions(&mut store, &mut Echo, 10).unwrap(), 0);
        let title = store.session(&SessionId::new(Agent::ClaudeCode, "a")).unwrap().unwrap().title.unwrap();
        assert!(title.starts_with("[1muse ") && title.ends_with(" here !") && !title.contains(&secret), "{title}");
    }
}
