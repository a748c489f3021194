-- Each word of a person's name of several words: `adam` and `smith` find Adam Smith. Of a project the last part, if it is
-- not short: `apollo` finds acme/apollo. Names as a whole are in entity_aliases.
CREATE TABLE entity_words (
    word   TEXT NOT NULL,
    entity INTEGER NOT NULL REFERENCES entities ON DELETE CASCADE,
    PRIMARY KEY (word, entity)
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_words_by_entity ON entity_words (entity);

WITH RECURSIVE split (entity, word, rest) AS (
    SELECT id, '', replace(norm, '/', ' ') || ' ' FROM entities
    WHERE kind = 'person' AND instr(norm, ' ') > 0 OR kind = 'project' AND instr(norm, '/') > 0
    UNION ALL
    SELECT entity, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1) FROM split WHERE rest <> ''
)
INSERT INTO entity_words (word, entity) SELECT DISTINCT word, entity FROM split WHERE length(word) > 1;
DELETE FROM entity_words WHERE EXISTS (
    SELECT 1 FROM entities e
    WHERE e.id = entity AND e.kind = 'project' AND (length(word) < 4 OR substr(e.norm, -length(word) - 1) <> '/' || word)
);

-- What tells the entity from others of its name, and who says so; neither is known of one that memories brought.
ALTER TABLE entities ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE entities ADD COLUMN source TEXT;

-- Files that stand for an entity: people/amy.md for Amy.
CREATE TABLE entity_files (
    path   TEXT PRIMARY KEY,
    entity INTEGER NOT NULL REFERENCES entities ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_files_by_entity ON entity_files (entity);

-- Names that a person said are none.
CREATE TABLE entities_ignored (
    norm TEXT NOT NULL,
    kind TEXT NOT NULL,
    at   INTEGER NOT NULL,
    PRIMARY KEY (norm, kind)
) STRICT, WITHOUT ROWID;

-- What people changed about entities, with the rows as they were before, as JSON.
CREATE TABLE entity_changes (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    what      TEXT NOT NULL,
    summary   TEXT NOT NULL,
    before    TEXT NOT NULL,
    undone_at INTEGER
) STRICT;

-- What a name means in a session: the entity, or none as long as the question which one is open.
CREATE TABLE session_names (
    session TEXT NOT NULL,
    name    TEXT NOT NULL,
    entity  INTEGER REFERENCES entities ON DELETE CASCADE,
    choices TEXT NOT NULL,          -- JSON, in the order in which they were shown
    asked   TEXT NOT NULL,          -- the prompt that gave rise to the question
    at      INTEGER NOT NULL,
    PRIMARY KEY (session, name)
) STRICT, WITHOUT ROWID;

-- How commands went in each session, in the form in which commands are compared.
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

-- Commands that a session was warned of.
CREATE TABLE session_warnings (
    session TEXT NOT NULL,
    command TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (session, command)
) STRICT, WITHOUT ROWID;

-- What became of an injected memory in the turn after it.
CREATE TABLE memory_uses (
    memory  INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    session TEXT NOT NULL,
    at      INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    why     TEXT NOT NULL,
    PRIMARY KEY (memory, session, at)
) STRICT, WITHOUT ROWID;
