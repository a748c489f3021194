-- Times are milliseconds since the epoch. Sessions are named by their text id wherever the store may learn of them
-- before their transcript is read (parents, memories, recalls), by row number elsewhere.

CREATE TABLE projects (
    id   INTEGER PRIMARY KEY,
    key  TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    root TEXT NOT NULL DEFAULT ''
) STRICT;

-- What agents wrote ---------------------------------------------------------------------------------------------------

CREATE TABLE sessions (
    id             INTEGER PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,        -- <agent>/<native>
    agent          TEXT NOT NULL,
    native         TEXT NOT NULL,
    parent         TEXT,
    subagent       INTEGER NOT NULL DEFAULT 0,
    project        INTEGER REFERENCES projects,
    cwd            TEXT,
    branch         TEXT,
    custom_title   TEXT,
    agent_title    TEXT,
    client_version TEXT,
    started_at     INTEGER,
    ended_at       INTEGER,
    -- counted from the tables below after every append
    user_messages  INTEGER NOT NULL DEFAULT 0,
    agent_messages INTEGER NOT NULL DEFAULT 0,
    tool_calls     INTEGER NOT NULL DEFAULT 0,
    failed_calls   INTEGER NOT NULL DEFAULT 0,
    next_seq       INTEGER NOT NULL DEFAULT 0   -- position after the last step
) STRICT;
CREATE INDEX sessions_by_native ON sessions (native);
CREATE INDEX sessions_by_project ON sessions (project);
CREATE INDEX sessions_by_end ON sessions (ended_at);

CREATE TABLE transcripts (
    id            INTEGER PRIMARY KEY,
    path          TEXT NOT NULL UNIQUE,
    session       INTEGER NOT NULL REFERENCES sessions,
    offset        INTEGER NOT NULL,
    prefix_sha256 BLOB NOT NULL,
    size          INTEGER NOT NULL,
    mtime_ns      INTEGER NOT NULL,
    next_seq      INTEGER NOT NULL,
    interrupts    INTEGER NOT NULL DEFAULT 0,
    compactions   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX transcripts_by_session ON transcripts (session);

CREATE TABLE skipped (
    transcript INTEGER NOT NULL REFERENCES transcripts ON DELETE CASCADE,
    why        TEXT NOT NULL,
    line       INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (transcript, why)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_links (
    id         INTEGER PRIMARY KEY,
    session    INTEGER NOT NULL REFERENCES sessions,
    transcript INTEGER NOT NULL REFERENCES transcripts ON DELETE CASCADE,
    url        TEXT NOT NULL,
    UNIQUE (session, url, transcript)
) STRICT;

CREATE TABLE messages (
    id              INTEGER PRIMARY KEY,
    session         INTEGER NOT NULL REFERENCES sessions,
    transcript      INTEGER NOT NULL REFERENCES transcripts,
    turn            INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    role            TEXT NOT NULL,
    at              INTEGER NOT NULL,
    after_interrupt INTEGER NOT NULL,
    uuid            TEXT,
    text_hash       INTEGER NOT NULL,
    text            TEXT NOT NULL
) STRICT;
CREATE INDEX messages_in_order ON messages (session, seq, role);
CREATE INDEX messages_by_transcript ON messages (transcript);
-- One record of a transcript may hold several texts, all with its uuid, and a fork copies the record: the same record,
-- side and text is the same message.
CREATE UNIQUE INDEX messages_once ON messages (uuid, role, text_hash) WHERE uuid IS NOT NULL;

-- Both indexes hold the terms of our own analysis, joined by spaces. The ascii tokenizer passes them through untouched:
-- every byte above 127 is part of a term for it, whatever Unicode version it was built with.
CREATE VIRTUAL TABLE messages_fts USING fts5 (
    body, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
);

CREATE TABLE tool_calls (
    id         INTEGER PRIMARY KEY,
    session    INTEGER NOT NULL REFERENCES sessions,
    transcript INTEGER NOT NULL REFERENCES transcripts,
    turn       INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    status     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    call_id    TEXT NOT NULL,
    uuid       TEXT,
    name       TEXT NOT NULL,
    command    TEXT,
    input      TEXT NOT NULL,
    output     TEXT NOT NULL
) STRICT;
CREATE INDEX tool_calls_in_order ON tool_calls (session, seq, status);
CREATE INDEX tool_calls_by_call ON tool_calls (call_id);
CREATE INDEX tool_calls_by_transcript ON tool_calls (transcript);
CREATE UNIQUE INDEX tool_calls_once ON tool_calls (uuid, call_id) WHERE uuid IS NOT NULL;

CREATE TABLE tool_call_files (
    call   INTEGER NOT NULL REFERENCES tool_calls ON DELETE CASCADE,
    path   TEXT NOT NULL,
    action TEXT NOT NULL,
    PRIMARY KEY (call, path, action)
) STRICT, WITHOUT ROWID;
CREATE INDEX tool_call_files_by_path ON tool_call_files (path);

CREATE TABLE catch_state (
    session  INTEGER PRIMARY KEY REFERENCES sessions,
    version  INTEGER NOT NULL,
    upto_seq INTEGER NOT NULL
) STRICT;

-- What was caught -----------------------------------------------------------------------------------------------------

CREATE TABLE memories (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,   -- a number that people use is never given twice
    identity       BLOB NOT NULL UNIQUE,
    status         TEXT NOT NULL,
    kind           TEXT NOT NULL,
    project        INTEGER REFERENCES projects,
    formed_at      INTEGER NOT NULL,
    saved_at       INTEGER NOT NULL,
    session        TEXT,
    message        TEXT,
    seq            INTEGER,
    trigger        TEXT NOT NULL,
    origin         TEXT NOT NULL,
    direction      TEXT,
    polarity       TEXT NOT NULL,
    confidence     REAL NOT NULL,
    times_observed INTEGER NOT NULL DEFAULT 1,
    superseded_by  INTEGER REFERENCES memories ON DELETE SET NULL,
    category       TEXT,
    durability     TEXT,
    valid_from     INTEGER,
    valid_to       INTEGER,
    target         TEXT,
    text_hash      BLOB NOT NULL,                       -- of the text that is embedded
    title          TEXT NOT NULL,
    body           TEXT NOT NULL,
    quote          TEXT NOT NULL,
    reasoning      TEXT NOT NULL,
    mentions       TEXT NOT NULL,                       -- JSON, as written; memory_entities is the index
    files          TEXT NOT NULL,                       -- JSON, as written; memory_files is the index
    extra          TEXT NOT NULL,
    source_chunk   TEXT NOT NULL
) STRICT;
CREATE INDEX memories_by_time ON memories (formed_at);
CREATE INDEX memories_by_session ON memories (session);
CREATE INDEX memories_superseding ON memories (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE INDEX memories_standing ON memories (project, times_observed DESC, formed_at DESC)
    WHERE status IN ('active', 'pinned');

CREATE TABLE memory_tombstones (
    identity BLOB PRIMARY KEY,
    memory   INTEGER NOT NULL,
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- scope is p<project> (p0: none) for memories that recall may return, x<project> for the others.
CREATE VIRTUAL TABLE memories_fts USING fts5 (
    scope, body, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
);
CREATE VIRTUAL TABLE memories_vocabulary USING fts5vocab (memories_fts, col);

-- In how many memories a term stands; only for frequent terms, see facts.rare_below.
CREATE TABLE term_df (
    term TEXT PRIMARY KEY,
    df   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Single numbers about derived tables.
CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE entities (
    id   INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    norm TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (norm, kind)
) STRICT;

-- Every entity has its own normalised name here, files also their last one to three path components.
CREATE TABLE entity_aliases (
    alias  TEXT NOT NULL,
    entity INTEGER NOT NULL REFERENCES entities ON DELETE CASCADE,
    PRIMARY KEY (alias, entity)
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_aliases_by_entity ON entity_aliases (entity);

CREATE TABLE memory_entities (
    entity    INTEGER NOT NULL REFERENCES entities ON DELETE CASCADE,
    formed_at INTEGER NOT NULL,
    memory    INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    PRIMARY KEY (entity, formed_at DESC, memory)
) STRICT, WITHOUT ROWID;
CREATE INDEX memory_entities_by_memory ON memory_entities (memory);

CREATE TABLE memory_files (
    path      TEXT NOT NULL,
    formed_at INTEGER NOT NULL,
    memory    INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    PRIMARY KEY (path, formed_at DESC, memory)
) STRICT, WITHOUT ROWID;
CREATE INDEX memory_files_by_memory ON memory_files (memory);

-- Vectors -------------------------------------------------------------------------------------------------------------

CREATE TABLE models (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    dimension INTEGER NOT NULL
) STRICT;

-- The exact vectors. Those of recallable memories also have a place in vector_chunks.
CREATE TABLE vectors (
    id        INTEGER PRIMARY KEY,
    memory    INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    model     INTEGER NOT NULL REFERENCES models,
    chunk     INTEGER,
    slot      INTEGER,
    text_hash BLOB NOT NULL,
    v         BLOB NOT NULL,                            -- little-endian f32
    UNIQUE (memory, model)
) STRICT;

-- What the scan reads: rows of 8-bit numbers in blobs that fit one page. id is model << 32 | position, so that the chunks
-- of one model are one range.
CREATE TABLE vector_chunks (
    id   INTEGER PRIMARY KEY,
    free INTEGER NOT NULL,
    v    BLOB NOT NULL
) STRICT;
CREATE INDEX vector_chunks_free ON vector_chunks (id) WHERE free > 0;

-- What was shown and how it was judged --------------------------------------------------------------------------------

-- The epoch grows each time a session forgets what it was shown.
CREATE TABLE session_state (
    session TEXT PRIMARY KEY,
    epoch   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE recall_queries (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    model  TEXT NOT NULL,
    text   TEXT NOT NULL,
    vector BLOB
) STRICT;

CREATE TABLE session_recalls (
    id        INTEGER PRIMARY KEY,
    memory    INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    session   TEXT NOT NULL,
    epoch     INTEGER NOT NULL,
    query     INTEGER NOT NULL REFERENCES recall_queries,
    outcome   TEXT NOT NULL,
    event     TEXT NOT NULL,
    prompt_id TEXT,
    at        INTEGER NOT NULL,
    score     REAL NOT NULL,
    floor     REAL NOT NULL,
    trigger   TEXT NOT NULL,
    why       TEXT NOT NULL,
    signals   TEXT NOT NULL
) STRICT;
-- The claim: what was injected once since the session's last epoch is not injected again.
CREATE UNIQUE INDEX session_recalls_once ON session_recalls (memory, session, epoch) WHERE outcome = 'injected';
CREATE INDEX session_recalls_by_memory ON session_recalls (memory);
CREATE INDEX session_recalls_by_session ON session_recalls (session);

CREATE TABLE memory_feedback (
    id      INTEGER PRIMARY KEY,
    memory  INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    session TEXT,
    vote    INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    query   TEXT,
    model   TEXT,
    vector  BLOB
) STRICT;
CREATE INDEX memory_feedback_by_memory ON memory_feedback (memory);

CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
