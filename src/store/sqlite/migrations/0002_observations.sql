-- When a memory was said again: the evidence behind memories.times_observed, which counts sessions.
CREATE TABLE memory_observations (
    memory  INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    session TEXT NOT NULL,
    message TEXT NOT NULL,
    at      INTEGER NOT NULL,
    quote   TEXT NOT NULL,
    PRIMARY KEY (memory, session, message)
) STRICT, WITHOUT ROWID;

-- Derived tables too small or too flat for rows: rebuilt at will.
CREATE TABLE derived (
    name TEXT PRIMARY KEY,
    v    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
