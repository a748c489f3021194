-- The schema as it is: what a new file gets. A test compares it with what the migrations come to, which older files get.

-- What agents wrote --------------------------------------------------------

CREATE TABLE projects (
    id   INTEGER PRIMARY KEY,
    key  TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    root TEXT NOT NULL DEFAULT ''
) STRICT;

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
    pinned_at      INTEGER,
    client_version TEXT,
    started_at     INTEGER,
    ended_at       INTEGER,
    -- counted from the tables below after every append
    user_messages  INTEGER NOT NULL DEFAULT 0,
    agent_messages INTEGER NOT NULL DEFAULT 0,
    tool_calls     INTEGER NOT NULL DEFAULT 0,
    failed_calls   INTEGER NOT NULL DEFAULT 0,
    next_seq       INTEGER NOT NULL DEFAULT 0,  -- position after the last step
    made_title     TEXT,                        -- by a distiller, or from the first request
    host           TEXT,
    outcome        TEXT,
    given_title    TEXT,                        -- by a person
    turns          INTEGER NOT NULL DEFAULT 0,
    files          INTEGER NOT NULL DEFAULT 0,
    model          TEXT,
    git_commit     TEXT,
    forgotten_at   INTEGER,
    headless       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sessions_by_native ON sessions (native);
CREATE INDEX sessions_by_project ON sessions (project);
CREATE INDEX sessions_by_end ON sessions (ended_at);
CREATE INDEX sessions_unclaimed ON sessions (id) WHERE host IS NULL;
CREATE INDEX sessions_unsettled ON sessions (id) WHERE outcome IS NULL;
CREATE INDEX sessions_by_parent ON sessions (parent) WHERE parent IS NOT NULL;

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
    compactions   INTEGER NOT NULL DEFAULT 0,
    tokens_in     INTEGER NOT NULL DEFAULT 0,
    tokens_out    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX transcripts_by_session ON transcripts (session);

CREATE TABLE skipped (
    transcript INTEGER NOT NULL REFERENCES transcripts ON DELETE CASCADE,
    why        TEXT NOT NULL,
    line       INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (transcript, why)
) STRICT, WITHOUT ROWID;

CREATE TABLE raw_records (
    id         INTEGER PRIMARY KEY,
    transcript INTEGER NOT NULL REFERENCES transcripts ON DELETE CASCADE,
    line       INTEGER NOT NULL,
    why        TEXT NOT NULL,
    bytes      INTEGER NOT NULL,                        -- before it was cut
    text       TEXT NOT NULL
) STRICT;
CREATE INDEX raw_records_by_transcript ON raw_records (transcript);

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
CREATE UNIQUE INDEX messages_once ON messages (uuid, role, text_hash) WHERE uuid IS NOT NULL;
CREATE TRIGGER messages_gone AFTER DELETE ON messages BEGIN
    INSERT INTO messages_to_index (message) VALUES (old.id) ON CONFLICT DO NOTHING;
END;

CREATE VIRTUAL TABLE messages_fts USING fts5 (
    body, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
);

CREATE TABLE messages_to_index (
    message INTEGER PRIMARY KEY
) STRICT;

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
    output     TEXT NOT NULL,
    patch      TEXT
) STRICT;
CREATE TRIGGER calls_failed AFTER UPDATE OF status ON tool_calls WHEN new.status = 'failed' BEGIN
    INSERT INTO calls_to_index (call) VALUES (new.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER calls_gone AFTER DELETE ON tool_calls BEGIN
    INSERT INTO calls_to_index (call) VALUES (old.id) ON CONFLICT DO NOTHING;
END;
CREATE UNIQUE INDEX tool_calls_once ON tool_calls (call_id, uuid);
CREATE INDEX tool_calls_in_order ON tool_calls (session, turn, seq, status);

CREATE TABLE tool_call_files (
    call   INTEGER NOT NULL REFERENCES tool_calls ON DELETE CASCADE,
    path   TEXT NOT NULL,
    action TEXT NOT NULL,
    PRIMARY KEY (call, path, action)
) STRICT, WITHOUT ROWID;
CREATE INDEX tool_call_files_by_path ON tool_call_files (path);

CREATE VIRTUAL TABLE calls_fts USING fts5 (
    body, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
);

CREATE TABLE calls_to_index (
    call INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE command_runs (
    command TEXT NOT NULL,
    project INTEGER NOT NULL,
    session TEXT NOT NULL,
    failed  INTEGER NOT NULL,
    worked  INTEGER NOT NULL,
    at      INTEGER NOT NULL,       -- of the last run
    error   TEXT NOT NULL,          -- what the last failure said, on one line; empty when nothing telling
    PRIMARY KEY (command, project, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX command_runs_by_session ON command_runs (session);

-- What was learned from it -------------------------------------------------

CREATE TABLE catch_state (
    session  INTEGER PRIMARY KEY REFERENCES sessions,
    version  INTEGER NOT NULL,
    upto_seq INTEGER NOT NULL
) STRICT;

CREATE TABLE memories (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,   -- a number that people use is never given twice
    identity       BLOB NOT NULL UNIQUE,
    status         TEXT NOT NULL,
    kind           TEXT NOT NULL,
    terms          INTEGER NOT NULL DEFAULT 0,          -- words in the text index
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

CREATE TABLE memory_observations (
    memory  INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    session TEXT NOT NULL,
    message TEXT NOT NULL,
    at      INTEGER NOT NULL,
    quote   TEXT NOT NULL,
    PRIMARY KEY (memory, session, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE memory_tombstones (
    identity BLOB PRIMARY KEY,
    memory   INTEGER NOT NULL,
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE forgotten_messages (
    session     TEXT NOT NULL,
    message     TEXT NOT NULL,                          -- uuid, or # and the position
    of_recovery INTEGER NOT NULL,                       -- about the calls of the turn, not about the prompt
    at          INTEGER NOT NULL,
    PRIMARY KEY (session, message, of_recovery)
) STRICT, WITHOUT ROWID;

CREATE TABLE memory_promotions (
    memory INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    path   TEXT NOT NULL,
    form   TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (memory, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE memory_kin (
    memory   INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    kin      INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    likeness REAL NOT NULL,
    PRIMARY KEY (memory, kin)
) STRICT, WITHOUT ROWID;
CREATE INDEX memory_kin_by_kin ON memory_kin (kin);

CREATE TABLE memory_links (
    memory   INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    other    INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    likeness REAL NOT NULL,
    PRIMARY KEY (memory, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX memory_links_by_other ON memory_links (other);

CREATE TABLE memories_compared (
    memory INTEGER PRIMARY KEY REFERENCES memories ON DELETE CASCADE
) STRICT;

-- Words --------------------------------------------------------------------

CREATE VIRTUAL TABLE memories_fts USING fts5 (
    scope, body, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
);

CREATE VIRTUAL TABLE memories_vocabulary USING fts5vocab (memories_fts, col);

CREATE VIRTUAL TABLE memories_instances USING fts5vocab (memories_fts, instance);

CREATE TABLE term_df (
    term TEXT PRIMARY KEY,
    df   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Names --------------------------------------------------------------------

CREATE TABLE entities (
    id     INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL,
    norm   TEXT NOT NULL,
    name   TEXT NOT NULL,
    note   TEXT NOT NULL DEFAULT '',
    source TEXT,
    UNIQUE (norm, kind)
) STRICT;

CREATE TABLE entity_aliases (
    alias  TEXT NOT NULL,
    entity INTEGER NOT NULL REFERENCES entities ON DELETE CASCADE,
    PRIMARY KEY (alias, entity)
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_aliases_by_entity ON entity_aliases (entity);

CREATE TABLE entity_words (
    word   TEXT NOT NULL,
    entity INTEGER NOT NULL REFERENCES entities ON DELETE CASCADE,
    PRIMARY KEY (word, entity)
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_words_by_entity ON entity_words (entity);

CREATE TABLE entity_files (
    path   TEXT PRIMARY KEY,
    entity INTEGER NOT NULL REFERENCES entities ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_files_by_entity ON entity_files (entity);

CREATE TABLE entities_ignored (
    norm TEXT NOT NULL,
    kind TEXT NOT NULL,
    at   INTEGER NOT NULL,
    PRIMARY KEY (norm, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE entity_changes (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    what      TEXT NOT NULL,
    summary   TEXT NOT NULL,
    before    TEXT NOT NULL,
    undone_at INTEGER
) STRICT;

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

CREATE TABLE session_names (
    session TEXT NOT NULL,
    name    TEXT NOT NULL,
    entity  INTEGER REFERENCES entities ON DELETE CASCADE,
    choices TEXT NOT NULL,          -- JSON, in the order in which they were shown
    asked   TEXT NOT NULL,          -- the prompt that gave rise to the question
    at      INTEGER NOT NULL,
    PRIMARY KEY (session, name)
) STRICT, WITHOUT ROWID;

-- Vectors ------------------------------------------------------------------

CREATE TABLE models (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    dimension INTEGER NOT NULL
) STRICT;

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

CREATE TABLE vector_chunks (
    id   INTEGER PRIMARY KEY,
    free INTEGER NOT NULL,
    v    BLOB NOT NULL
) STRICT;
CREATE INDEX vector_chunks_free ON vector_chunks (id) WHERE free > 0;

-- What was shown and how it was judged -------------------------------------

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
CREATE UNIQUE INDEX session_recalls_once ON session_recalls (memory, session, epoch) WHERE outcome = 'injected';
CREATE INDEX session_recalls_by_memory ON session_recalls (memory);
CREATE INDEX session_recalls_by_session ON session_recalls (session);

CREATE TABLE session_warnings (
    session TEXT NOT NULL,
    command TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (session, command)
) STRICT, WITHOUT ROWID;

CREATE TABLE memory_uses (
    memory  INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    session TEXT NOT NULL,
    at      INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    why     TEXT NOT NULL,
    PRIMARY KEY (memory, session, at)
) STRICT, WITHOUT ROWID;

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

-- Distillers ---------------------------------------------------------------

CREATE TABLE distil_state (
    session  INTEGER PRIMARY KEY REFERENCES sessions,
    upto_seq INTEGER NOT NULL
) STRICT;

CREATE TABLE distiller_calls (
    id            INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    distiller     TEXT NOT NULL,
    model         TEXT NOT NULL,
    input_tokens  INTEGER NOT NULL,             -- estimates until the reply is there
    output_tokens INTEGER NOT NULL,
    microdollars  INTEGER NOT NULL,
    outcome       TEXT NOT NULL                 -- sent, then answered or the kind of failure
) STRICT;
CREATE INDEX distiller_calls_by_time ON distiller_calls (at);

CREATE TABLE distiller_state (
    distiller TEXT PRIMARY KEY,
    failures  INTEGER NOT NULL,                 -- in a row
    until     INTEGER,
    cause     TEXT,
    why       TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE quotas (
    distiller TEXT NOT NULL,
    name      TEXT NOT NULL,                            -- five_hour, tokens and the like
    used      REAL NOT NULL,                            -- 0 to 1
    resets_at INTEGER NOT NULL,
    PRIMARY KEY (distiller, name)
) STRICT, WITHOUT ROWID;

-- The worker, and small things ---------------------------------------------

CREATE TABLE worker_requests (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    occasion   TEXT NOT NULL,
    session    TEXT NOT NULL,                           -- empty: none in particular
    transcript TEXT NOT NULL,                           -- empty: none in particular
    at         INTEGER NOT NULL,
    UNIQUE (occasion, session, transcript)
) STRICT;

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

CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO facts (name, value) VALUES ('messages_upto', 0);

CREATE TABLE derived (
    name TEXT PRIMARY KEY,
    v    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
