//! Built turns through the catcher and through the store: what comes out, from whom, and only once.
#![expect(clippy::unwrap_used, reason = "a test that cannot open its own store fails")]

use memory_lane::catcher::{EarlierPrompt, Excerpt, Judge, VERSION, catch};
use memory_lane::model::{
    Agent, Direction, EntityKind, FileAction, MemoryDraft, MemoryKind, Message, Origin, Polarity, Project, Role,
    SessionId, Step, Timestamp, ToolCall, ToolStatus, TouchedFile, Trigger, Turn,
};
use memory_lane::pipeline::{self, Meaning};
use memory_lane::store::sqlite::SqliteStore;
use memory_lane::store::{Append, MemoryFilter, MemoryStore, SessionHead, SessionStore, StepAt, TranscriptState};
use proptest::prelude::*;

/// Builds the turns of one session, numbering steps as a transcript does.
#[derive(Debug, Default)]
struct Talk {
    turns: Vec<Turn>,
    seq: u32,
}

impl Talk {
    fn next(&mut self) -> (u32, Timestamp) {
        self.seq += 1;
        (self.seq - 1, Timestamp(1_770_000_000_000 + i64::from(self.seq) * 60_000))
    }

    fn message(&mut self, role: Role, text: &str) -> Message {
        let (seq, at) = self.next();
        Message { seq, uuid: Some(format!("m{seq}")), role, text: text.to_owned(), at, after_interrupt: false }
    }

    fn asks(mut self, text: &str) -> Self {
        let prompt = self.message(Role::User, text);
        let number = u32::try_from(self.turns.len()).unwrap_or(u32::MAX);
        self.turns.push(Turn { number, prompt: Some(prompt), steps: Vec::new() });
        self
    }

    fn says(mut self, text: &str) -> Self {
        let said = self.message(Role::Agent, text);
        self.step(Step::Said(said));
        self
    }

    fn edits(self, path: &str) -> Self {
        self.calls("Edit", None, ToolStatus::Ok, "", &[path])
    }

    fn runs(self, command: &str, status: ToolStatus, output: &str) -> Self {
        self.calls("Bash", Some(command), status, output, &[])
    }

    fn calls(mut self, name: &str, command: Option<&str>, status: ToolStatus, output: &str, files: &[&str]) -> Self {
        let (seq, at) = self.next();
        let touched = |path: &&str| TouchedFile { path: (*path).to_owned(), action: FileAction::Edit };
        self.step(Step::Called(ToolCall {
            seq,
            call_id: format!("c{seq}"),
            name: name.to_owned(),
            command: command.map(str::to_owned),
            input: String::new(),
            status,
            output: output.to_owned(),
            files: files.iter().map(touched).collect(),
            patch: None,
            at,
        }));
        self
    }

    fn step(&mut self, step: Step) {
        if self.turns.is_empty() {
            self.turns.push(Turn::default());
        }
        if let Some(turn) = self.turns.last_mut() {
            turn.steps.push(step);
        }
    }

    fn caught(&self) -> Vec<MemoryDraft> {
        self.caught_after(&[])
    }

    fn caught_after(&self, earlier: &[EarlierPrompt]) -> Vec<MemoryDraft> {
        let session = SessionId::new(Agent::ClaudeCode, "s1");
        let project = Some("github.com/acme/rocket");
        catch(&Excerpt {
            session: &session,
            project,
            turns: &self.turns,
            from_turn: 0,
            caught_before: 0,
            earlier,
            judge: &Judge::by_words(),
            around: 3,
        })
    }
}

fn opening() -> Talk {
    Talk::default()
        .asks("Write the settings loader for the launcher")
        .edits("src/settings.rs")
        .says("The loader reads settings.yaml from the working directory.")
}

/// The one memory of the conversation.
fn only(talk: &Talk) -> MemoryDraft {
    let mut drafts = talk.caught();
    assert_eq!(drafts.len(), 1, "{:?}", drafts.iter().map(|draft| &draft.title).collect::<Vec<_>>());
    drafts.remove(0)
}

#[test]
fn a_correction_becomes_a_memory_with_its_evidence() {
    let words = "No, the launcher must read settings.toml from the home directory, like `src/paths.rs` does";
    let talk = opening().asks(words).says("You're right, I'll change it.").edits("src/settings.rs");
    let draft = only(&talk);
    assert_eq!((draft.kind, draft.trigger, draft.origin), (MemoryKind::Correction, Trigger::Correction, Origin::User));
    assert_eq!(draft.direction, Some(Direction::UserCorrectsAgent));
    assert_eq!(draft.polarity, Polarity::Negative);
    assert_eq!(draft.quote, words);
    assert!((draft.confidence - 0.65).abs() < 1e-6, "the words and the agent's admission are two hits");
    assert!(draft.title.contains("settings.toml") && draft.title.chars().count() <= 120, "{}", draft.title);
    assert!(draft.reasoning.contains("you're right"), "{}", draft.reasoning);
    assert_eq!(draft.files, ["src/paths.rs", "src/settings.rs"]);
    assert!(draft.source_chunk.contains(words) && draft.source_chunk.contains("- Edit `src/settings.rs` → ok"));
    assert_eq!(draft.provenance.message.as_deref(), Some("m3"));
    assert_eq!(draft.provenance.seq, Some(3));
    assert_eq!(Some(draft.formed_at), talk.turns[1].prompt.as_ref().map(|prompt| prompt.at));
    assert!(draft.entities.iter().any(|m| m.kind == EntityKind::File && m.name == "src/paths.rs"));
}

#[test]
fn a_fragment_is_given_its_subject() {
    let draft = only(
        &opening().asks("no, the other one. Launcher settings. Boot icons. It should not be hidden.").says("Done."),
    );
    assert!(draft.title.contains("(about: Write the settings loader"), "{}", draft.title);
    assert!(draft.body.contains("settings loader"), "{}", draft.body);
}

#[test]
fn the_agent_may_correct_the_user() {
    let talk = opening()
        .asks("Use the yaml crate's async reader")
        .says("Actually, that crate has no async reader. It only reads from memory, so I would load the file first.");
    let draft = only(&talk);
    assert_eq!(draft.direction, Some(Direction::AgentCorrectsUser));
    assert_eq!(draft.origin, Origin::Agent);
}

#[test]
fn rules_decisions_and_delight_have_their_kinds() {
    let check = |words: &str, kind: MemoryKind, trigger: Trigger| {
        let draft = only(&opening().asks(words).says("Noted."));
        assert_eq!((draft.kind, draft.trigger), (kind, trigger), "{words}");
        assert_eq!(draft.quote, words);
    };
    check("From now on, always run the formatter before a commit", MemoryKind::Commitment, Trigger::Preference);
    check("let's go with sqlite for the launch log", MemoryKind::Decision, Trigger::Decision);
    check("This is absolutely perfect, exactly how I pictured the loader", MemoryKind::Pattern, Trigger::Enthusiasm);
    check("I really don't like these nested builders in the loader", MemoryKind::Correction, Trigger::Negative);
}

#[test]
fn small_talk_orders_and_pasted_text_give_nothing() {
    for words in [
        "continue",
        "commit this",
        "yes please",
        "No need to add tests for that",
        "no problem, take your time",
        "fix it",
        "/review everything again",
        "<command-name>/clear</command-name>",
        "what does this say?\n```\nno, that's wrong. never do that again\n```",
        "> Actually, we should never use threads here. Always use processes.\nis he right about it?",
        "2026-02-01 10:00:00 ERROR: this is wrong, never do that\nany idea?",
        "The loader reads settings.yaml from the working directory.\nwhere is that?",
    ] {
        let titles: Vec<String> = opening().asks(words).says("Done.").caught().into_iter().map(|d| d.title).collect();
        assert!(titles.is_empty(), "{words:?} gave {titles:?}");
    }
    let first = Talk::default().asks("No, that is wrong: the loader should not read yaml at all").says("Fixed.");
    assert!(first.caught().is_empty(), "nothing can be corrected before the agent did anything");
}

#[test]
fn a_recovery_keeps_what_failed_and_what_worked() {
    let talk = opening()
        .asks("show me the changed files of change 7")
        .runs("cd /w && rocket diff 7 --stat 2>&1 | head", ToolStatus::Failed, "Exit code 1\nunknown flag: --stat")
        .runs("rocket diff 7 --name-only", ToolStatus::Ok, "src/a.rs");
    let draft = only(&talk);
    assert_eq!((draft.kind, draft.origin), (MemoryKind::Learning, Origin::Agent));
    assert_eq!(draft.title, "`rocket diff 7 --stat` fails; `rocket diff 7 --name-only` works");
    assert_eq!(
        draft.body,
        "In rocket, `rocket diff 7 --stat` fails (unknown flag: --stat); `rocket diff 7 --name-only` works."
    );
    assert!((draft.confidence - 0.65).abs() < 1e-6);
    assert_eq!(draft.quote, "$ rocket diff 7 --stat\nunknown flag: --stat", "the prompt says nothing of the lesson");
}

#[test]
fn coding_is_no_recovery() {
    let check = |talk: Talk, why: &str| assert!(talk.caught().is_empty(), "{why}: {:?}", talk.caught());
    let failed =
        |command: &str, output: &str| opening().asks("run the tests").runs(command, ToolStatus::Failed, output);
    check(
        failed("rocket test", "Exit code 1\nunknown flag: --x").edits("a.rs").runs(
            "rocket test -v",
            ToolStatus::Ok,
            "",
        ),
        "an edit lies between",
    );
    check(
        failed("rocket test a", "Exit code 101\n--- FAIL: a").runs("rocket test b", ToolStatus::Ok, ""),
        "tests fail",
    );
    check(failed("grep -r x src", "Exit code 1").runs("grep -r y src", ToolStatus::Ok, "y"), "nothing found");
    check(failed("gh pr checks 3", "Exit code 8\nlint pending").runs("gh pr checks 4", ToolStatus::Ok, ""), "pending");
    check(
        failed("rocket sync", "Exit code 1\nrequires login").runs("rocket sync", ToolStatus::Ok, ""),
        "the same command",
    );
    check(
        failed("rocket up", "The user doesn't want to proceed with this tool use").runs(
            "rocket up -n",
            ToolStatus::Ok,
            "",
        ),
        "refused",
    );
}

#[test]
fn a_request_of_several_sessions_is_noted() {
    let words = "can you summarise the open review comments of this branch";
    let earlier: Vec<EarlierPrompt> = (0..2)
        .filter_map(|n| {
            let session = SessionId::new(Agent::ClaudeCode, &format!("old{n}"));
            EarlierPrompt::new(session, Timestamp(n), "summarise the open review comments of this branch please")
        })
        .collect();
    let talk = Talk::default().asks(words).says("There are two.");
    assert!(talk.caught_after(&earlier[..1]).is_empty(), "twice is chance");
    let drafts = talk.caught_after(&earlier);
    assert_eq!(drafts.len(), 1);
    assert_eq!(drafts[0].trigger, Trigger::Repeat);
    assert!(drafts[0].body.contains("3 sessions"), "{}", drafts[0].body);
}

fn append(path: &str, talk: &Talk, from: usize, to: usize) -> Append {
    let steps: Vec<StepAt> = talk.turns.iter().flat_map(steps_of).collect();
    let next_seq = u32::try_from(to).unwrap_or(u32::MAX);
    let session = SessionId::new(Agent::ClaudeCode, "s1");
    Append {
        state: TranscriptState {
            path: path.to_owned(),
            session: session.clone(),
            offset: u64::from(next_seq),
            prefix_hash: [0; 32],
            size: u64::from(next_seq),
            mtime_ns: i64::from(next_seq),
            next_seq,
        },
        restart: false,
        head: SessionHead {
            commit: None,
            usage: memory_lane::model::ModelUse::default(),
            id: session,
            agent: Agent::ClaudeCode,
            parent: None,
            subagent: false,
            headless: false,
            project: Some(Project::named("github.com/acme/rocket")),
            cwd: None,
            branch: None,
            custom_title: None,
            agent_title: None,
            client_version: None,
            started_at: Some(Timestamp(1_770_000_000_000)),
            ended_at: Some(Timestamp(1_780_000_000_000)),
            interrupts: 0,
            compactions: 0,
            pull_requests: Vec::new(),
        },
        steps: steps[from..to].to_vec(),
        results: Vec::new(),
        skipped: Vec::new(),
        raw: Vec::new(),
    }
}

fn steps_of(turn: &Turn) -> Vec<StepAt> {
    let at = |message: &Message| StepAt::Message { turn: turn.number, message: message.clone() };
    let steps = turn.steps.iter().map(|step| match step {
        Step::Said(message) => at(message),
        Step::Called(call) => StepAt::Call { turn: turn.number, uuid: None, call: call.clone() },
    });
    turn.prompt.iter().map(at).chain(steps).collect()
}

/// Reads the session in the given pieces, catching after each.
fn caught_in_pieces(talk: &Talk, ends: &[usize]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(&dir.path().join("memory.db")).unwrap();
    let mut from = 0;
    for &to in ends {
        store.append(&append("/t/s1.jsonl", talk, from, to)).unwrap();
        from = to;
        pipeline::catch(&mut store, &Meaning::unknown(), Timestamp(1_790_000_000_000), &mut |_, _| {}).unwrap();
    }
    let again = pipeline::catch(&mut store, &Meaning::unknown(), Timestamp(1_790_000_000_000), &mut |_, _| {}).unwrap();
    assert_eq!((again.sessions, again.memories), (0, 0), "a second run does nothing");
    assert!(store.uncaught(VERSION).unwrap().is_empty());
    let memories = store.memories(&MemoryFilter::default()).unwrap();
    let mut titles: Vec<String> = memories.into_iter().map(|memory| memory.draft.title).collect();
    titles.sort();
    titles
}

#[test]
fn a_growing_session_gives_each_memory_once() {
    let talk = opening()
        .asks("No, the launcher must read settings.toml from the home directory")
        .says("You're right.")
        .edits("src/settings.rs")
        .asks("list the flags")
        .runs("rocket flags --all", ToolStatus::Failed, "Exit code 2\nunknown flag: --all")
        .runs("rocket flags --every", ToolStatus::Ok, "a b c")
        .says("There are three.")
        .asks("From now on, always sort the flags by name")
        .says("Will do.");
    let steps = talk.turns.iter().map(|turn| steps_of(turn).len()).sum::<usize>();
    let whole = caught_in_pieces(&talk, &[steps]);
    assert_eq!(whole.len(), 3, "{whole:?}");
    let one_by_one: Vec<usize> = (1..=steps).collect();
    assert_eq!(caught_in_pieces(&talk, &one_by_one), whole);
    assert_eq!(caught_in_pieces(&talk, &[4, 8, steps]), whole);
}

fn any_words() -> impl Strategy<Value = String> {
    let phrase = prop::sample::select(vec![
        "no, ",
        "that's wrong. ",
        "never use tabs. ",
        "let's go with B\n",
        "perfect! ",
        "```\n",
        "> quoted\n",
        "ok ",
        "src/a.rs ",
        "as I said, ",
        "“ß” ",
        "🚀 ",
        "\n\n",
        "always ",
        "- item\n",
        "I meant the İ one. ",
        "# Plan\n",
        "you're right ",
    ]);
    prop_oneof![prop::collection::vec(phrase, 0..12).prop_map(|words| words.concat()), "\\PC{0,80}"]
}

fn any_talk() -> impl Strategy<Value = Talk> {
    let action = prop_oneof![
        any_words().prop_map(|words| (0, words)),
        any_words().prop_map(|words| (1, words)),
        prop::sample::select(vec!["a b --c", "a b --d", "cd x && a b", "grep 'q", "a | b"])
            .prop_map(|c| (2, c.to_owned())),
        prop::sample::select(vec!["a b --c", "a b --e"]).prop_map(|command| (3, command.to_owned())),
    ];
    prop::collection::vec(action, 0..14).prop_map(|actions| {
        actions.into_iter().fold(Talk::default(), |talk, (what, text)| match what {
            0 => talk.asks(&text),
            1 => talk.says(&text),
            2 => talk.runs(&text, ToolStatus::Failed, "Exit code 1\nunknown option --c"),
            _ => talk.runs(&text, ToolStatus::Ok, "fine"),
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_said_drafts_are_well_formed(talk in any_talk()) {
        let drafts = talk.caught();
        prop_assert_eq!(&drafts, &talk.caught());
        for draft in drafts {
            prop_assert!(!draft.title.trim().is_empty() && draft.title.chars().count() <= 120);
            prop_assert!(!draft.body.is_empty() && !draft.reasoning.is_empty() && !draft.source_chunk.is_empty());
            prop_assert!(draft.source_chunk.chars().count() <= 2_000);
            prop_assert!(draft.quote.chars().count() <= 1_000);
            prop_assert!((0.0..=0.65001).contains(&draft.confidence));
            prop_assert!(draft.origin != Origin::Tool);
            let said = talk.turns.iter().filter_map(|turn| turn.prompt.as_ref()).any(|prompt| prompt.text.contains(&draft.quote));
            let failed = draft.trigger == Trigger::Recovery && draft.quote.starts_with("$ ");
            prop_assert!(said || failed, "quote {:?} is nobody's", draft.quote);
            if draft.origin == Origin::User {
                prop_assert!(draft.source_chunk.contains(&draft.quote));
            }
        }
    }
}
