//! Reading sessions and the state of transcripts.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::failure::Attempt;
use super::values::limit;
use crate::model::{ModelUse, Session, SessionId};
use crate::store::{DistilFilter, SessionEdit, SessionFilter, SkippedRecord, TranscriptState};
use crate::text::headline;

/// One row per session, all columns of [`Session`]. Several files of one session are copies of one another (moved,
/// archived, compressed, restored), so what files are counted for is that of the fullest. Texts come from the messages
/// themselves; a person's title wins. Without any title the first prompt that says something gives one.
const COLUMNS: &str = "s.id AS row, s.name, s.agent, s.parent, s.subagent, s.headless, s.host, p.key AS project, s.cwd, s.branch,
        s.git_commit, s.model,
        COALESCE(NULLIF(s.given_title, ''), NULLIF(s.custom_title, ''), NULLIF(s.agent_title, ''), NULLIF(s.made_title, '')) AS title,
        s.pinned_at, s.client_version, s.started_at,
        s.ended_at, COALESCE(s.outcome, 'ended') AS outcome, s.turns, s.files,
        s.user_messages, s.agent_messages, s.tool_calls, s.failed_calls,
        first.text AS first_prompt, first.at AS first_prompt_at, last.text AS last_message, last.at AS last_message_at,
        (SELECT COALESCE(MAX(interrupts), 0) FROM transcripts WHERE session = s.id) AS interrupts,
        (SELECT COALESCE(MAX(compactions), 0) FROM transcripts WHERE session = s.id) AS compactions,
        (SELECT COALESCE(MAX(tokens_in), 0) FROM transcripts WHERE session = s.id) AS tokens_in,
        (SELECT COALESCE(MAX(tokens_out), 0) FROM transcripts WHERE session = s.id) AS tokens_out,
        (SELECT count(*) FROM memories WHERE session = s.name) AS memories";

/// What the columns come from, beside the sessions themselves.
const JOINS: &str = "LEFT JOIN projects p ON p.id = s.project
    LEFT JOIN messages first ON first.id =
        (SELECT id FROM messages WHERE session = s.id AND role = 'user' ORDER BY seq, id LIMIT 1)
    LEFT JOIN messages last ON last.id =
        (SELECT id FROM messages WHERE session = s.id ORDER BY seq DESC, id DESC LIMIT 1)";

fn session_from(db: &Connection, row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: row.get("name")?,
        agent: row.get("agent")?,
        parent: row.get("parent")?,
        subagent: row.get("subagent")?,
        headless: row.get("headless")?,
        host: row.get("host")?,
        project: row.get("project")?,
        cwd: row.get("cwd")?,
        branch: row.get("branch")?,
        commit: row.get("git_commit")?,
        usage: ModelUse {
            model: row.get("model")?,
            tokens_in: row.get::<_, i64>("tokens_in")?.cast_unsigned(),
            tokens_out: row.get::<_, i64>("tokens_out")?.cast_unsigned(),
        },
        title: title(db, row)?,
        pinned_at: row.get("pinned_at")?,
        client_version: row.get("client_version")?,
        first_prompt: row.get("first_prompt")?,
        first_prompt_at: row.get("first_prompt_at")?,
        last_message: row.get("last_message")?,
        last_message_at: row.get("last_message_at")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        outcome: row.get("outcome")?,
        turns: row.get("turns")?,
        files: row.get("files")?,
        user_messages: row.get("user_messages")?,
        agent_messages: row.get("agent_messages")?,
        tool_calls: row.get("tool_calls")?,
        failed_calls: row.get("failed_calls")?,
        interrupts: row.get("interrupts")?,
        compactions: row.get("compactions")?,
        pull_requests: pull_requests(db, row.get("row")?)?,
        memories: row.get("memories")?,
    })
}

/// Prompts that are looked at for want of a title: the first ones may be commands or pasted text.
const PROMPTS_LOOKED_AT: usize = 5;

fn title(db: &Connection, row: &Row<'_>) -> rusqlite::Result<Option<String>> {
    let given: Option<String> = row.get("title")?;
    if given.is_some() {
        return Ok(given);
    }
    let statement = "SELECT text FROM messages WHERE session = ? AND role = 'user' ORDER BY seq, id LIMIT ?";
    let mut statement = db.prepare_cached(statement)?;
    let mut prompts = statement.query(params![row.get::<_, i64>("row")?, limit(PROMPTS_LOOKED_AT)])?;
    let mut poor = None;
    while let Some(prompt) = prompts.next()? {
        match headline(prompt.get_ref(0)?.as_str()?) {
            Some(line) if line.contains(' ') && !line.starts_with('/') => return Ok(Some(line)),
            line => poor = poor.or(line),
        }
    }
    Ok(poor)
}

/// Sessions for which a title may be made, latest first.
pub(super) fn untitled(db: &Connection, filter: &DistilFilter) -> Attempt<Vec<SessionId>> {
    let statement = "SELECT name FROM sessions
         WHERE COALESCE(NULLIF(given_title, ''), NULLIF(custom_title, ''), NULLIF(agent_title, ''), made_title) IS NULL
             AND subagent = 0 AND user_messages > 0
             AND (:since IS NULL OR ended_at >= :since) AND (:quiet IS NULL OR ended_at <= :quiet)
         ORDER BY ended_at DESC, id DESC";
    let names = db
        .prepare_cached(statement)?
        .query_map(named_params! { ":since": filter.since, ":quiet": filter.quiet_since }, |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(names)
}

/// The title that goes before a made one.
pub(super) fn own_title(db: &Connection, id: &SessionId) -> Attempt<Option<String>> {
    let statement = "SELECT COALESCE(NULLIF(given_title, ''), NULLIF(custom_title, ''), NULLIF(agent_title, ''))
         FROM sessions WHERE name = ?";
    Ok(db.prepare_cached(statement)?.query_row([id], |row| row.get(0)).optional()?.flatten())
}

/// Keeps a made title.
pub(super) fn put_made_title(db: &Connection, id: &SessionId, title: &str) -> Attempt<()> {
    db.prepare_cached("UPDATE sessions SET made_title = ? WHERE name = ?")?.execute(params![title, id])?;
    Ok(())
}

fn pull_requests(db: &Connection, session: i64) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached("SELECT url FROM session_links WHERE session = ? GROUP BY url ORDER BY MIN(id)")?
        .query_map([session], |row| row.get(0))?
        .collect()
}

/// One session.
pub(super) fn session(db: &Connection, id: &SessionId) -> Attempt<Option<Session>> {
    let statement = format!("SELECT {COLUMNS} FROM sessions s {JOINS} WHERE s.name = ? AND s.forgotten_at IS NULL");
    Ok(db.prepare_cached(&statement)?.query_row([id], |row| session_from(db, row)).optional()?)
}

/// Sessions by filter, latest first. Which ones is settled before anything else is looked up for them.
pub(super) fn list(db: &Connection, filter: &SessionFilter) -> Attempt<Vec<Session>> {
    let pull_request = filter.pull_request.as_deref().map(pull_request_pattern);
    let statement = format!(
        "SELECT {COLUMNS} FROM (
             SELECT * FROM sessions s
             WHERE s.forgotten_at IS NULL
               AND (:project IS NULL OR s.project = (SELECT id FROM projects WHERE key = :project))
               AND (:agent IS NULL OR s.agent = :agent)
               AND (:branch IS NULL OR s.branch = :branch)
               AND (:host IS NULL OR s.host = :host COLLATE NOCASE)
               AND (:outcome IS NULL OR s.outcome = :outcome)
               AND (:parent IS NULL OR s.parent = :parent)
               AND (:since IS NULL OR s.ended_at >= :since)
               AND (:before IS NULL OR s.started_at < :before)
               AND (:pull IS NULL OR s.id IN (SELECT session FROM session_links WHERE url LIKE :pull ESCAPE '\\'))
               AND (NOT :headless OR s.headless = 1)
               AND (NOT :pinned OR s.pinned_at IS NOT NULL)
               AND (NOT :with_steps OR s.user_messages + s.agent_messages + s.tool_calls > 0)
               AND (:subagents OR s.subagent = 0)
             ORDER BY s.ended_at DESC, s.id DESC LIMIT :limit) s
         {JOINS}
         ORDER BY s.ended_at DESC, s.id DESC"
    );
    let sessions = db
        .prepare_cached(&statement)?
        .query_map(
            named_params! {
                ":project": filter.project,
                ":agent": filter.agent,
                ":branch": filter.branch,
                ":host": filter.host,
                ":outcome": filter.outcome,
                ":parent": filter.parent,
                ":since": filter.since,
                ":before": filter.before,
                ":pull": pull_request,
                ":headless": filter.headless,
                ":pinned": filter.pinned,
                ":with_steps": filter.with_steps,
                ":subagents": filter.subagents,
                ":limit": limit(filter.limit),
            },
            |row| session_from(db, row),
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(sessions)
}

/// A pattern for the URLs of a pull request: the URL itself, or its number at the end of a path, whatever the forge.
pub(super) fn pull_request_pattern(name: &str) -> String {
    let number = name.trim_start_matches('#');
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { format!("%/{number}") } else { like(name) }
}

/// The text as a pattern of `LIKE` with `\` as its escape, in which it stands for itself.
pub(super) fn like(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect()
}

/// Pins or names a session; whether it is there.
pub(super) fn edit(db: &Connection, id: &SessionId, edit: &SessionEdit) -> Attempt<bool> {
    let changed = match edit {
        SessionEdit::Pin(at) => {
            db.prepare_cached("UPDATE sessions SET pinned_at = ? WHERE name = ?")?.execute(params![at, id])?
        }
        SessionEdit::Title(title) => {
            db.prepare_cached("UPDATE sessions SET given_title = ? WHERE name = ?")?.execute(params![title, id])?
        }
    };
    Ok(changed > 0)
}

/// Keys of all projects.
pub(super) fn projects(db: &Connection) -> Attempt<Vec<String>> {
    let keys = db
        .prepare_cached("SELECT key FROM projects ORDER BY key")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(keys)
}

/// The directories of all projects.
pub(super) fn project_roots(db: &Connection) -> Attempt<Vec<String>> {
    let roots = db
        .prepare_cached("SELECT root FROM projects WHERE root <> '' ORDER BY key")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(roots)
}

/// Whether the machine of some session is not known.
pub(super) fn has_unclaimed(db: &Connection) -> Attempt<bool> {
    let statement = "SELECT EXISTS (SELECT 1 FROM sessions INDEXED BY sessions_unclaimed WHERE host IS NULL)";
    Ok(db.prepare_cached(statement)?.query_row([], |row| row.get(0))?)
}

/// Gives these sessions a machine.
pub(super) fn claim(db: &Connection, host: &str) -> Attempt<()> {
    db.prepare_cached("UPDATE sessions SET host = ? WHERE host IS NULL")?.execute([host])?;
    Ok(())
}

/// Sessions whose native id starts with `prefix`, at most ten.
pub(super) fn starting(db: &Connection, prefix: &str) -> Attempt<Vec<SessionId>> {
    let statement = "SELECT name FROM sessions WHERE native >= ?1 AND native < ?1 || char(0x10FFFF)
         ORDER BY native, name LIMIT 10";
    let names =
        db.prepare_cached(statement)?.query_map([prefix], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(names)
}

/// How far every transcript was read.
pub(super) fn transcripts(db: &Connection) -> Attempt<Vec<TranscriptState>> {
    let statement = "SELECT t.path, s.name, t.offset, t.prefix_sha256, t.size, t.mtime_ns, t.next_seq
         FROM transcripts t JOIN sessions s ON s.id = t.session ORDER BY t.id";
    let states = db
        .prepare_cached(statement)?
        .query_map([], |row| {
            Ok(TranscriptState {
                path: row.get(0)?,
                session: row.get(1)?,
                offset: row.get::<_, i64>(2)?.cast_unsigned(),
                prefix_hash: row.get(3)?,
                size: row.get::<_, i64>(4)?.cast_unsigned(),
                mtime_ns: row.get(5)?,
                next_seq: row.get(6)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(states)
}

/// Notes a file's new size and time.
pub(super) fn touch_transcript(db: &Connection, path: &str, size: u64, mtime_ns: i64) -> Attempt<()> {
    db.prepare_cached("UPDATE transcripts SET size = ?, mtime_ns = ? WHERE path = ?")?.execute(params![
        size.cast_signed(),
        mtime_ns,
        path
    ])?;
    Ok(())
}

/// What was skipped, by reason.
pub(super) fn skipped(db: &Connection) -> Attempt<Vec<SkippedRecord>> {
    let statement = "SELECT why, MIN(line), SUM(count) FROM skipped GROUP BY why ORDER BY SUM(count) DESC, why";
    let records = db
        .prepare_cached(statement)?
        .query_map([], |row| {
            Ok(SkippedRecord {
                why: row.get(0)?,
                line: row.get::<_, i64>(1)?.cast_unsigned(),
                count: row.get::<_, i64>(2)?.cast_unsigned(),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(records)
}
