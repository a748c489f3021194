//! What is asked of a message or a call besides its words, as SQL over `messages m` or `tool_calls m`, and `sessions s`.

use rusqlite::types::{ToSql, ToSqlOutput, Value};

use super::failure::Attempt;
use super::sessions::{like, pull_request_pattern};
use crate::store::{Condition, Filter, Work};

/// What is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// What was said.
    Messages,
    /// What was done.
    Calls,
}

impl Over {
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Calls => "tool_calls",
        }
    }

    pub(super) fn index(self) -> &'static str {
        match self {
            Self::Messages => "messages_fts",
            Self::Calls => "calls_fts",
        }
    }
}

/// A part of a WHERE clause, with what its question marks stand for.
pub(super) struct Clause {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Clause {
    fn new(sql: impl Into<String>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values }
    }

    fn one(sql: impl Into<String>, value: impl ToSql) -> Attempt<Self> {
        Ok(Self::new(sql, vec![owned(value)?]))
    }
}

/// A value that outlives what it was made from.
pub(super) fn owned(value: impl ToSql) -> Attempt<Value> {
    Ok(match value.to_sql()? {
        ToSqlOutput::Borrowed(value) => Value::try_from(value)?,
        ToSqlOutput::Owned(value) => value,
        _ => Value::Null,
    })
}

/// A filter as SQL. A condition on something unknown (a session without a branch) does not hold.
pub(super) fn filter(filter: &Filter, over: Over) -> Attempt<Clause> {
    let mut parts = Vec::new();
    let mut values = Vec::new();
    for condition in &filter.any {
        let clause = self::condition(condition, over)?;
        parts.push(format!("COALESCE({}, 0)", clause.sql));
        values.extend(clause.values);
    }
    let any = format!("({})", if parts.is_empty() { "1".to_owned() } else { parts.join(" OR ") });
    Ok(Clause { sql: if filter.negated { format!("NOT {any}") } else { any }, values })
}

fn condition(condition: &Condition, over: Over) -> Attempt<Clause> {
    match condition {
        Condition::From(role) if over == Over::Messages => Clause::one("m.role = ?", role),
        Condition::From(_) => Ok(Clause::new("0", Vec::new())),
        Condition::FromTool => Ok(Clause::new(if over == Over::Calls { "1" } else { "0" }, Vec::new())),
        Condition::Agent(agent) => Clause::one("s.agent = ?", agent),
        Condition::Project(name) => Ok(Clause::new(
            "s.project IN (SELECT id FROM projects WHERE key = ? OR name = ? OR key LIKE ? ESCAPE '\\')",
            vec![owned(name)?, owned(name)?, owned(format!("%/{}", like(name)))?],
        )),
        Condition::Branch(name) if name.contains('*') => Clause::one("s.branch GLOB ?", stars_only(name)),
        Condition::Branch(name) => Clause::one("s.branch = ?", name),
        Condition::Host(name) => Clause::one("s.host = ? COLLATE NOCASE", name),
        Condition::File(name) => file(name, over),
        Condition::Caught(kind) => Clause::one(
            // The last message at or before the memory's place tells its turn: that place may be a call.
            "(m.session, m.turn) IN (
                 SELECT c.session, (SELECT turn FROM messages WHERE session = c.session AND seq <= c.seq
                                    ORDER BY seq DESC LIMIT 1)
                 FROM (SELECT z.id AS session, x.seq FROM memories x JOIN sessions z ON z.name = x.session
                       WHERE x.kind = ? AND x.seq IS NOT NULL) c)",
            kind,
        ),
        Condition::Work(work) => Ok(Clause::new(is_call(done(*work), over), Vec::new())),
        Condition::Tool(name) => Clause::one(is_call("c.name = ? COLLATE NOCASE", over), name),
        Condition::PullRequest(name) => Clause::one(
            "m.session IN (SELECT session FROM session_links WHERE url LIKE ? ESCAPE '\\')",
            pull_request_pattern(name),
        ),
        Condition::Outcome(outcome) => Clause::one("s.outcome = ?", outcome),
        Condition::Session(name) => Ok(Clause::new(
            "(s.name = ? OR s.native = ? OR s.native LIKE ? ESCAPE '\\')",
            vec![owned(name)?, owned(name)?, owned(format!("{}%", like(name)))?],
        )),
        Condition::Since(at) => Clause::one("m.at >= ?", at),
        Condition::Before(at) => Clause::one("m.at < ?", at),
    }
}

/// The name as a pattern of `GLOB` in which `*` stands for anything and all else for itself: brackets are common in paths.
fn stars_only(name: &str) -> String {
    name.replace('[', "[[]").replace('?', "[?]")
}

fn done(work: Work) -> &'static str {
    match work {
        Work::Edit => "EXISTS (SELECT 1 FROM tool_call_files f WHERE f.call = c.id AND f.action = 'edit')",
        Work::Read => "EXISTS (SELECT 1 FROM tool_call_files f WHERE f.call = c.id AND f.action = 'read')",
        Work::Run => "c.command IS NOT NULL",
        Work::Failure => "c.status = 'failed'",
    }
}

/// The call, or some call of the message's turn, is so.
fn is_call(so: &str, over: Over) -> String {
    let own = match over {
        Over::Messages => "c.session = m.session AND c.turn = m.turn",
        Over::Calls => "c.id = m.id",
    };
    format!("EXISTS (SELECT 1 FROM tool_calls c WHERE {own} AND {so})")
}

/// Paths are looked through once, not for every message.
fn file(name: &str, over: Over) -> Attempt<Clause> {
    let (test, pattern) = if name.contains('*') {
        ("'/' || f.path GLOB ?", format!("*/{}", stars_only(name.trim_start_matches('/'))))
    } else if name.starts_with('.') && !name.contains('/') {
        ("f.path LIKE ? ESCAPE '\\'", format!("%{}", like(name)))
    } else {
        ("'/' || f.path LIKE ? ESCAPE '\\'", format!("%/{}%", like(name.trim_start_matches('/'))))
    };
    let sql = match over {
        // As one number: the engine looks pairs up a quarter as fast.
        Over::Messages => format!(
            "(m.session << 32 | m.turn) IN (SELECT c.session << 32 | c.turn
                                            FROM tool_call_files f JOIN tool_calls c ON c.id = f.call WHERE {test})"
        ),
        Over::Calls => format!("m.id IN (SELECT f.call FROM tool_call_files f WHERE {test})"),
    };
    Clause::one(sql, pattern)
}
