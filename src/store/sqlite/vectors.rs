//! Vectors of memories: the exact ones, and their places in the blobs that the scan reads.
//!
//! A memory has a place exactly while recall may return it, so the scan needs no look-up of the status.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, params};

use super::SqliteStore;
use super::chunk::{Layout, to_blob};
use super::dot::{exact_product, unit};
use super::failure::Attempt;
use super::memory_rows::RECALLABLE;
use super::values::limit;
use crate::model::MemoryId;
use crate::store::{StoreError, VectorHit};

/// A model whose vectors are stored.
#[derive(Clone, Copy)]
pub(super) struct Model {
    pub(super) row: i64,
    pub(super) dimension: usize,
}

impl Model {
    /// The model with this name.
    pub(super) fn known(db: &Connection, name: &str) -> Attempt<Option<Self>> {
        let statement = "SELECT id, dimension FROM models WHERE name = ?";
        Ok(db.prepare_cached(statement)?.query_row([name], Self::from_row).optional()?)
    }

    fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let dimension: u32 = row.get(1)?;
        Ok(Self { row: row.get(0)?, dimension: dimension as usize })
    }

    /// Refuses a vector of another dimension.
    pub(super) fn check(self, name: &str, vector: &[f32]) -> Result<(), StoreError> {
        if vector.len() == self.dimension {
            return Ok(());
        }
        Err(StoreError::WrongDimension { model: name.to_owned(), expected: self.dimension, found: vector.len() })
    }

    pub(super) fn layout(self) -> Layout {
        Layout::new(self.dimension)
    }

    /// The numbers that the model's blobs may have.
    pub(super) fn chunks(self) -> RangeInclusive<i64> {
        self.row << 32..=(self.row << 32) + i64::from(u32::MAX)
    }
}

/// Stores vectors; memories forgotten in the meantime are passed over.
pub(super) fn put(db: &Connection, name: &str, vectors: &[(MemoryId, Vec<f32>)]) -> Attempt<()> {
    let Some((_, first)) = vectors.first() else { return Ok(()) };
    db.prepare_cached("INSERT INTO models (name, dimension) VALUES (?, ?) ON CONFLICT (name) DO NOTHING")?
        .execute(params![name, first.len() as i64])?;
    let Some(model) = Model::known(db, name)? else { return Ok(()) };
    for (memory, vector) in vectors {
        model.check(name, vector)?;
        unplace(db, model, *memory)?;
        let statement = "INSERT INTO vectors (memory, model, text_hash, v)
             SELECT id, ?, text_hash, ? FROM memories WHERE id = ?
             ON CONFLICT (memory, model) DO UPDATE SET text_hash = excluded.text_hash, v = excluded.v";
        db.prepare_cached(statement)?.execute(params![model.row, to_blob(vector), memory])?;
        place(db, model, *memory, vector)?;
    }
    Ok(())
}

/// Gives a recallable memory a row in a blob: a free one, else the first of a new blob.
fn place(db: &Connection, model: Model, memory: MemoryId, vector: &[f32]) -> Attempt<()> {
    let project = db
        .prepare_cached(&format!("SELECT COALESCE(project, 0) FROM memories m WHERE id = ? AND {RECALLABLE}"))?
        .query_row([memory], |row| row.get::<_, u32>(0))
        .optional()?;
    let (Some(project), Ok(number)) = (project, u32::try_from(memory.0)) else { return Ok(()) };
    let layout = model.layout();
    let (chunk, mut blob) = chunk_with_room(db, model)?;
    let Some(row) = layout.free_row(&blob) else { return Ok(()) };
    layout.write(&mut blob, row, number, project, vector);
    db.prepare_cached("UPDATE vector_chunks SET v = ?, free = free - 1 WHERE id = ?")?.execute(params![blob, chunk])?;
    db.prepare_cached("UPDATE vectors SET chunk = ?, slot = ? WHERE memory = ? AND model = ?")?
        .execute(params![chunk, row as i64, memory, model.row])?;
    Ok(())
}

fn chunk_with_room(db: &Connection, model: Model) -> Attempt<(i64, Vec<u8>)> {
    let range = model.chunks();
    let with_room = db
        .prepare_cached("SELECT id, v FROM vector_chunks WHERE free > 0 AND id BETWEEN ? AND ? ORDER BY id LIMIT 1")?
        .query_row([range.start(), range.end()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some(found) = with_room {
        return Ok(found);
    }
    let next = db
        .prepare_cached("SELECT COALESCE(MAX(id) + 1, ?1) FROM vector_chunks WHERE id BETWEEN ?1 AND ?2")?
        .query_row([range.start(), range.end()], |row| row.get(0))?;
    let blob = model.layout().empty();
    db.prepare_cached("INSERT INTO vector_chunks (id, free, v) VALUES (?, ?, ?)")?.execute(params![
        next,
        model.layout().rows() as i64,
        blob
    ])?;
    Ok((next, blob))
}

/// Takes a memory's row in the blobs of one model away.
fn unplace(db: &Connection, model: Model, memory: MemoryId) -> Attempt<()> {
    let placed = db
        .prepare_cached(
            "SELECT c.id, v.slot, c.v FROM vectors v JOIN vector_chunks c ON c.id = v.chunk
             WHERE v.memory = ? AND v.model = ?",
        )?
        .query_row(params![memory, model.row], |row| Ok((row.get(0)?, row.get::<_, u32>(1)?, row.get(2)?)))
        .optional()?;
    let Some((chunk, slot, mut blob)): Option<(i64, u32, Vec<u8>)> = placed else { return Ok(()) };
    model.layout().clear(&mut blob, slot as usize);
    db.prepare_cached("UPDATE vector_chunks SET v = ?, free = free + 1 WHERE id = ?")?.execute(params![blob, chunk])?;
    db.prepare_cached("UPDATE vectors SET chunk = NULL, slot = NULL WHERE memory = ? AND model = ?")?
        .execute(params![memory, model.row])?;
    Ok(())
}

/// The models that have a vector of this memory.
fn models_of(db: &Connection, memory: MemoryId) -> Attempt<Vec<Model>> {
    let statement = "SELECT m.id, m.dimension FROM vectors v JOIN models m ON m.id = v.model WHERE v.memory = ?";
    let models =
        db.prepare_cached(statement)?.query_map([memory], Model::from_row)?.collect::<rusqlite::Result<_>>()?;
    Ok(models)
}

/// Takes a memory out of every scan; its exact vectors stay.
pub(super) fn unplace_all(db: &Connection, memory: MemoryId) -> Attempt<()> {
    for model in models_of(db, memory)? {
        unplace(db, model, memory)?;
    }
    Ok(())
}

/// Puts a memory back into every scan.
pub(super) fn place_all(db: &Connection, memory: MemoryId) -> Attempt<()> {
    for model in models_of(db, memory)? {
        if let Some(vector) = exact(db, model, memory)? {
            place(db, model, memory, &vector)?;
        }
    }
    Ok(())
}

/// Deletes a memory's vectors.
pub(super) fn drop_all(db: &Connection, memory: MemoryId) -> Attempt<()> {
    unplace_all(db, memory)?;
    db.prepare_cached("DELETE FROM vectors WHERE memory = ?")?.execute([memory])?;
    Ok(())
}

fn exact(db: &Connection, model: Model, memory: MemoryId) -> Attempt<Option<Vec<f32>>> {
    let vector = db
        .prepare_cached("SELECT v FROM vectors WHERE memory = ? AND model = ?")?
        .query_row(params![memory, model.row], |row| Ok(super::chunk::from_blob(row.get_ref(0)?.as_blob()?)))
        .optional()?;
    Ok(vector)
}

/// Exact cosines of these memories to a query, in the order given.
pub(super) fn cosines(db: &Connection, name: &str, vector: &[f32], ids: &[MemoryId]) -> Attempt<Vec<VectorHit>> {
    let Some(model) = Model::known(db, name)? else { return Ok(Vec::new()) };
    model.check(name, vector)?;
    let Some(query) = unit(vector) else { return Ok(Vec::new()) };
    exact_cosines(db, model, &query, ids.iter().copied())
}

/// The same for a query of unit length.
pub(super) fn exact_cosines(
    db: &Connection,
    model: Model,
    query: &[f32],
    ids: impl Iterator<Item = MemoryId>,
) -> Attempt<Vec<VectorHit>> {
    let mut statement = db.prepare_cached("SELECT v FROM vectors WHERE memory = ? AND model = ?")?;
    let mut hits = Vec::new();
    for id in ids {
        let cosine = statement
            .query_row(params![id, model.row], |row| Ok(exact_product(query, row.get_ref(0)?.as_blob()?)))
            .optional()?;
        hits.extend(cosine.map(|cosine| VectorHit { id, cosine }));
    }
    Ok(hits)
}

/// The memories nearest to one memory, recallable or not, by the exact vectors.
pub(super) fn neighbours(db: &Connection, id: MemoryId, name: &str, count: usize) -> Attempt<Vec<(MemoryId, f32)>> {
    let Some(model) = Model::known(db, name)? else { return Ok(Vec::new()) };
    let statement = "SELECT other.memory, 1 - vec_distance_cosine(other.v, this.v) AS cosine
         FROM vectors this JOIN vectors other ON other.model = this.model AND other.memory <> this.memory
         WHERE this.memory = ? AND this.model = ?
         ORDER BY cosine DESC, other.memory LIMIT ?";
    let neighbours = db
        .prepare_cached(statement)?
        .query_map(params![id, model.row, limit(count)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(neighbours)
}

impl SqliteStore {
    /// Gives this connection the functions of sqlite-vec. Not done at opening, as the hook never needs them: its own
    /// scan is 8 to 40 times as fast.
    #[expect(unsafe_code, reason = "an SQLite extension is a C function")]
    pub(super) fn with_distance_functions(&self) -> Attempt<()> {
        type Entry = unsafe extern "C" fn(
            *mut rusqlite::ffi::sqlite3,
            *mut *mut std::ffi::c_char,
            *const rusqlite::ffi::sqlite3_api_routines,
        ) -> std::ffi::c_int;
        if self.has_distance_functions.get() {
            return Ok(());
        }
        let mut message = std::ptr::null_mut();
        // SAFETY: the crate declares the entry point without its parameters, these are the ones of its C source and of
        // every SQLite extension. It is compiled against the SQLite of this program, which is why it may get no table
        // of routines. The handle is open and used by this thread alone.
        let code = unsafe {
            let entry = std::mem::transmute::<unsafe extern "C" fn(), Entry>(sqlite_vec::sqlite3_vec_init);
            entry(self.connection.handle(), &raw mut message, std::ptr::null())
        };
        if code != rusqlite::ffi::SQLITE_OK {
            return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None).into());
        }
        self.has_distance_functions.set(true);
        Ok(())
    }
}
