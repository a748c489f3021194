//! Votes, each with the situation it was given in.

use rusqlite::{Connection, params};

use super::chunk::from_blob;
use super::failure::Attempt;
use crate::model::MemoryId;
use crate::store::{StoreError, Vote, VoteRecord};

/// Stores a vote with the query that last surfaced the memory, preferring one that injected it.
pub(super) fn vote(db: &Connection, vote: &VoteRecord) -> Attempt<()> {
    let statement = "INSERT INTO memory_feedback (memory, session, vote, at, query, model, vector)
         SELECT m.id, ?2, ?3, ?4, q.text, q.model, q.vector
         FROM memories m LEFT JOIN recall_queries q ON q.id = (
             SELECT query FROM session_recalls
             WHERE memory = m.id AND (?2 IS NULL OR session = ?2) AND outcome <> 'dropped'
             ORDER BY outcome = 'injected' DESC, at DESC, id DESC LIMIT 1)
         WHERE m.id = ?1";
    let value = if vote.up { 1 } else { -1 };
    let stored = db.prepare_cached(statement)?.execute(params![vote.memory, vote.session, value, vote.at])?;
    if stored == 0 {
        return Err(StoreError::NoSuchMemory(vote.memory).into());
    }
    Ok(())
}

/// Votes on these memories, oldest first for each.
pub(super) fn votes(db: &Connection, ids: &[MemoryId]) -> Attempt<Vec<Vote>> {
    let mut statement = db.prepare_cached("SELECT vote, vector FROM memory_feedback WHERE memory = ? ORDER BY id")?;
    let mut votes = Vec::new();
    for &memory in ids {
        let mut rows = statement.query([memory])?;
        while let Some(row) = rows.next()? {
            let vector = row.get_ref(1)?.as_blob_or_null()?.map(from_blob);
            votes.push(Vote { memory, value: row.get(0)?, vector });
        }
    }
    Ok(votes)
}
