-- What hooks and the scheduler ask of the worker. A request goes when it was served; asked again, it gets a new number.
CREATE TABLE worker_requests (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    occasion   TEXT NOT NULL,
    session    TEXT NOT NULL,                           -- empty: none in particular
    transcript TEXT NOT NULL,                           -- empty: none in particular
    at         INTEGER NOT NULL,
    UNIQUE (occasion, session, transcript)
) STRICT;

-- The worker's latest runs, for `status` and `doctor`.
CREATE TABLE worker_runs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    occasions  TEXT NOT NULL,                           -- names, joined by spaces
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    looked_everywhere INTEGER NOT NULL,                 -- at all agents' homes, not only the transcripts asked for
    files      INTEGER NOT NULL,
    sessions   INTEGER NOT NULL,
    memories   INTEGER NOT NULL,
    failure    TEXT
) STRICT;

-- Messages that forgotten memories stood on: nothing is caught from them again, however it would be worded.
CREATE TABLE forgotten_messages (
    session     TEXT NOT NULL,
    message     TEXT NOT NULL,                          -- uuid, or # and the position
    of_recovery INTEGER NOT NULL,                       -- about the calls of the turn, not about the prompt
    at          INTEGER NOT NULL,
    PRIMARY KEY (session, message, of_recovery)
) STRICT, WITHOUT ROWID;

-- Drafts that were made from memories.
CREATE TABLE memory_promotions (
    memory INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    path   TEXT NOT NULL,
    form   TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (memory, path)
) STRICT, WITHOUT ROWID;

-- A title that was made for a session which has none of its own.
ALTER TABLE sessions ADD COLUMN made_title TEXT;
