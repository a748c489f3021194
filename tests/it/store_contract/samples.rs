//! Small inputs that the behaviours are told with.

use memory_lane::model::{
    Agent, MemoryDraft, MemoryId, MemoryKind, Message, ModelUse, Project, Role, SessionId, Timestamp, ToolCall,
    ToolStatus,
};
use memory_lane::store::{Added, Append, Scope, SearchTerm, SessionHead, StepAt, Store, ToolResult, TranscriptState};

pub(super) const LANE: &str = "github.com/lane/memory";
pub(super) const OTHER: &str = "github.com/lane/other";
pub(super) const NOW: Timestamp = Timestamp(1_800_000_000_000);

pub(super) fn session_id(native: &str) -> SessionId {
    SessionId::new(Agent::ClaudeCode, native)
}

/// An append without steps, as if the transcript of `native` held nothing but its head.
pub(super) fn empty_append(native: &str) -> Append {
    let id = session_id(native);
    Append {
        state: TranscriptState {
            path: format!("/transcripts/{native}.jsonl"),
            session: id.clone(),
            offset: 100,
            prefix_hash: [7; 32],
            size: 100,
            mtime_ns: 5,
            next_seq: 0,
        },
        restart: false,
        head: SessionHead {
            id,
            agent: Agent::ClaudeCode,
            parent: None,
            subagent: false,
            headless: false,
            project: Some(Project { key: LANE.to_owned(), name: "memory".to_owned(), root: "/srv/memory".to_owned() }),
            cwd: Some("/srv/memory".to_owned()),
            branch: Some("main".to_owned()),
            commit: None,
            usage: ModelUse::default(),
            custom_title: None,
            agent_title: None,
            client_version: Some("2.1.0".to_owned()),
            started_at: Some(Timestamp(1_000)),
            ended_at: Some(Timestamp(2_000)),
            interrupts: 0,
            compactions: 0,
            pull_requests: Vec::new(),
        },
        steps: Vec::new(),
        results: Vec::new(),
        skipped: Vec::new(),
        raw: Vec::new(),
    }
}

/// The end of a call that failed.
pub(super) fn failed_result(call_id: &str) -> ToolResult {
    ToolResult { call_id: call_id.to_owned(), status: ToolStatus::Failed, output: "exit 1".to_owned(), patch: None }
}

pub(super) fn with_steps(native: &str, steps: Vec<StepAt>) -> Append {
    Append { steps, ..empty_append(native) }
}

pub(super) fn said(role: Role, turn: u32, seq: u32, uuid: &str, text: &str) -> StepAt {
    let message = Message {
        seq,
        uuid: (!uuid.is_empty()).then(|| uuid.to_owned()),
        role,
        text: text.to_owned(),
        at: Timestamp(1_000 + i64::from(seq)),
        after_interrupt: false,
    };
    StepAt::Message { turn, message }
}

pub(super) fn user(turn: u32, seq: u32, uuid: &str, text: &str) -> StepAt {
    said(Role::User, turn, seq, uuid, text)
}

pub(super) fn agent(turn: u32, seq: u32, uuid: &str, text: &str) -> StepAt {
    said(Role::Agent, turn, seq, uuid, text)
}

pub(super) fn tool_call(seq: u32, call_id: &str, status: ToolStatus) -> ToolCall {
    ToolCall {
        seq,
        call_id: call_id.to_owned(),
        name: "Bash".to_owned(),
        command: Some("cargo test".to_owned()),
        input: "{}".to_owned(),
        status,
        output: String::new(),
        files: Vec::new(),
        patch: None,
        at: Timestamp(1_000 + i64::from(seq)),
    }
}

pub(super) fn called(turn: u32, uuid: &str, call: ToolCall) -> StepAt {
    StepAt::Call { turn, uuid: Some(uuid.to_owned()), call }
}

/// A memory of the project [`LANE`], formed at `formed_at` milliseconds.
pub(super) fn draft(title: &str, formed_at: i64) -> MemoryDraft {
    let mut draft = MemoryDraft::new(MemoryKind::Decision, title, format!("Body of {title}"), Timestamp(formed_at));
    draft.project = Some(LANE.to_owned());
    draft
}

pub(super) fn add(store: &mut dyn Store, draft: &MemoryDraft) -> MemoryId {
    match store.add_memory(draft, NOW).unwrap() {
        Added::New(id) => id,
        other => panic!("{:?} is not new: {other:?}", draft.title),
    }
}

/// Everything of the project [`LANE`] as of now.
pub(super) fn scope() -> Scope {
    Scope { project: Some(LANE.to_owned()), before: NOW, not_session: None }
}

/// A unit vector of two dimensions at this angle in degrees: cosines are then known.
pub(super) fn angle(degrees: f32) -> Vec<f32> {
    let radians = degrees.to_radians();
    vec![radians.cos(), radians.sin()]
}

/// Words as a query without emphasis asks for them.
pub(super) fn asked<W: AsRef<str>>(words: &[W]) -> Vec<SearchTerm> {
    words.iter().map(|word| SearchTerm { term: word.as_ref().to_owned(), weight: 1.0 }).collect()
}

pub(super) fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}
