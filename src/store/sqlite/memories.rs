//! Adding, changing and forgetting memories, with everything that is derived from them.

use rusqlite::{Connection, OptionalExtension, named_params, params};
use sha2::{Digest, Sha256};

use super::failure::Attempt;
use super::scope::{NO_PROJECT, project_row};
use super::{entities, kin, links, memory_rows, observations, vectors, words};
use crate::model::{MemoryDraft, MemoryId, Project, Timestamp, Trigger};
use crate::store::{Added, MemoryEdit, StoreError};

/// Stores one memory; to be called in a transaction.
pub(super) fn add(db: &Connection, draft: &MemoryDraft, now: Timestamp) -> Attempt<Added> {
    let identity = identity(draft);
    let forgotten = db.prepare_cached("SELECT 1 FROM memory_tombstones WHERE identity = ?")?.exists([&identity[..]])?;
    if forgotten || stands_on_forgotten(db, draft)? {
        return Ok(Added::Forgotten);
    }
    let known = db
        .prepare_cached("SELECT id FROM memories WHERE identity = ?")?
        .query_row([&identity[..]], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(Added::Known(id));
    }
    let project = draft.project.as_deref().map(|key| project_row(db, &Project::named(key))).transpose()?;
    let id = insert(db, &identity, project, draft, now)?;
    words::index(db, id, draft.status, project.unwrap_or(NO_PROJECT), &draft.index_text())?;
    entities::link(db, id, draft)?;
    Ok(Added::New(id))
}

/// Whether a memory that a person had forgotten stood on the same message. Its words need not be the same: a later
/// version of the catcher or a model words it differently.
fn stands_on_forgotten(db: &Connection, draft: &MemoryDraft) -> Attempt<bool> {
    let (Some(session), Some(message)) = (&draft.provenance.session, evidence(draft)) else { return Ok(false) };
    let statement = "SELECT 1 FROM forgotten_messages WHERE session = ? AND message = ? AND of_recovery = ?";
    Ok(db.prepare_cached(statement)?.exists(params![session, message, draft.trigger == Trigger::Recovery])?)
}

/// The message that a memory stands on, as [`Observation::message`](crate::store::Observation::message) names it.
fn evidence(draft: &MemoryDraft) -> Option<String> {
    let place = || draft.provenance.seq.map(|seq| format!("#{seq}"));
    draft.provenance.message.clone().or_else(place)
}

fn insert(
    db: &Connection,
    identity: &[u8; 32],
    project: Option<i64>,
    draft: &MemoryDraft,
    now: Timestamp,
) -> Attempt<MemoryId> {
    let statement = "INSERT INTO memories (
             identity, status, kind, project, formed_at, saved_at, session, message, seq, trigger, origin, direction,
             category, polarity, confidence, times_observed, text_hash, title, body, quote, reasoning, mentions, files, extra, source_chunk)
         VALUES (
             :identity, :status, :kind, :project, :formed_at, :saved_at, :session, :message, :seq, :trigger, :origin,
             :direction, :category, :polarity, :confidence, :times_observed, :text_hash, :title, :body, :quote, :reasoning, :mentions, :files,
             :extra, :source_chunk)";
    db.prepare_cached(statement)?.execute(named_params! {
        ":identity": identity,
        ":status": draft.status,
        ":kind": draft.kind,
        ":project": project,
        ":formed_at": draft.formed_at,
        ":saved_at": now,
        ":session": draft.provenance.session,
        ":message": draft.provenance.message,
        ":seq": draft.provenance.seq,
        ":trigger": draft.trigger,
        ":origin": draft.origin,
        ":direction": draft.direction,
        ":category": draft.category,
        ":polarity": draft.polarity,
        ":confidence": draft.confidence,
        ":times_observed": draft.times_observed,
        ":text_hash": text_hash(&draft.index_text()),
        ":title": draft.title,
        ":body": draft.body,
        ":quote": draft.quote,
        ":reasoning": draft.reasoning,
        ":mentions": serde_json::to_string(&draft.entities)?,
        ":files": serde_json::to_string(&draft.files)?,
        ":extra": serde_json::to_string(&draft.extra)?,
        ":source_chunk": draft.source_chunk,
    })?;
    Ok(MemoryId(db.last_insert_rowid()))
}

/// What makes two drafts the same moment: its place in a session, else its content.
fn identity(draft: &MemoryDraft) -> [u8; 32] {
    let parts: Vec<&str> = match &draft.provenance.session {
        Some(session) => {
            let message = draft.provenance.message.as_deref().unwrap_or_default();
            vec!["moment", &session.0, message, draft.trigger.as_str(), &draft.title]
        }
        None => {
            let project = draft.project.as_deref().unwrap_or_default();
            vec!["content", draft.kind.as_str(), project, &draft.title, &draft.body]
        }
    };
    let mut hasher = Sha256::new();
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Tells whether a vector still belongs to a text.
fn text_hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// Changes what a person changed, and the indexes with it.
pub(super) fn edit(db: &Connection, id: MemoryId, edit: &MemoryEdit) -> Attempt<()> {
    let memory = memory_rows::memory(db, id)?.ok_or(StoreError::NoSuchMemory(id))?;
    let old = memory.draft;
    let mut new = old.clone();
    new.title = edit.title.clone().unwrap_or(new.title);
    new.body = edit.body.clone().unwrap_or(new.body);
    new.kind = edit.kind.unwrap_or(new.kind);
    new.status = edit.status.unwrap_or(new.status);

    let text = new.index_text();
    db.prepare_cached("UPDATE memories SET title = ?, body = ?, kind = ?, status = ?, text_hash = ? WHERE id = ?")?
        .execute(params![new.title, new.body, new.kind, new.status, text_hash(&text), id])?;
    let text_changed = text != old.index_text();
    let turned = new.status.recallable() != old.status.recallable();
    if text_changed || turned {
        let project = db
            .prepare_cached("SELECT COALESCE(project, 0) FROM memories WHERE id = ?")?
            .query_row([id], |row| row.get(0))?;
        words::unindex(db, id)?;
        words::index(db, id, new.status, project, &text)?;
    }
    if text_changed {
        kin::unrelate(db, id)?;
        links::unlink(db, id)?;
        vectors::drop_all(db, id)?;
    } else if turned && new.status.recallable() {
        vectors::place_all(db, id)?;
    } else if turned {
        vectors::unplace_all(db, id)?;
    }
    Ok(())
}

/// Deletes a memory and everything that speaks of it, but for the mark that keeps it from coming back.
pub(super) fn forget(db: &Connection, id: MemoryId, now: Timestamp) -> Attempt<()> {
    let buried = db
        .prepare_cached(
            "INSERT INTO memory_tombstones (identity, memory, at) SELECT identity, id, ? FROM memories WHERE id = ?",
        )?
        .execute(params![now, id])?;
    if buried == 0 {
        return Err(StoreError::NoSuchMemory(id).into());
    }
    bury_evidence(db, id, now)?;
    vectors::drop_all(db, id)?;
    words::unindex(db, id)?;
    // A person who asks for this means it: 0.4 s at 100,000 memories is well spent.
    words::merge(db)?;
    entities::unlink(db, id)?;
    db.prepare_cached("DELETE FROM memories WHERE id = ?")?.execute([id])?;
    Ok(())
}

/// Notes the messages that a memory stood on.
fn bury_evidence(db: &Connection, id: MemoryId, now: Timestamp) -> Attempt<()> {
    let memory = memory_rows::memory(db, id)?.ok_or(StoreError::NoSuchMemory(id))?;
    let of_recovery = memory.draft.trigger == Trigger::Recovery;
    let own = memory.draft.provenance.session.clone().zip(evidence(&memory.draft));
    let further = observations::observations(db, id)?.into_iter().map(|seen| (seen.session, seen.message));
    let statement = "INSERT INTO forgotten_messages (session, message, of_recovery, at) VALUES (?, ?, ?, ?)
         ON CONFLICT DO NOTHING";
    for (session, message) in own.into_iter().chain(further) {
        db.prepare_cached(statement)?.execute(params![session, message, of_recovery, now])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MemoryKind, SessionId};

    fn check(change: impl FnOnce(&mut MemoryDraft), in_session: bool, same: bool) {
        let mut draft = MemoryDraft::new(MemoryKind::Decision, "title", "body", Timestamp(1));
        if in_session {
            draft.provenance.session = Some(SessionId("claude-code/a".to_owned()));
            draft.provenance.message = Some("m".to_owned());
        }
        let mut changed = draft.clone();
        change(&mut changed);
        assert_eq!(identity(&draft) == identity(&changed), same, "{changed:?}");
    }

    #[test]
    fn a_moment_of_a_session_is_its_place_trigger_and_title() {
        check(|draft| draft.body = "other".to_owned(), true, true);
        check(|draft| draft.kind = MemoryKind::Insight, true, true);
        check(|draft| draft.formed_at = Timestamp(2), true, true);
        check(|draft| draft.title = "other".to_owned(), true, false);
        check(|draft| draft.trigger = Trigger::Repeat, true, false);
        check(|draft| draft.provenance.message = None, true, false);
        check(|draft| draft.provenance.session = None, true, false);
    }

    #[test]
    fn without_a_session_the_content_counts() {
        check(|draft| draft.trigger = Trigger::Import, false, true);
        check(|draft| draft.quote = "other".to_owned(), false, true);
        check(|draft| draft.body = "other".to_owned(), false, false);
        check(|draft| draft.kind = MemoryKind::Insight, false, false);
        check(|draft| draft.project = Some("p".to_owned()), false, false);
    }
}
