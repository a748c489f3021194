-- How much of what a distiller draws on is used, as the client or the server last said. Of no account once it is reset.
CREATE TABLE quotas (
    distiller TEXT NOT NULL,
    name      TEXT NOT NULL,                            -- five_hour, tokens and the like
    used      REAL NOT NULL,                            -- 0 to 1
    resets_at INTEGER NOT NULL,
    PRIMARY KEY (distiller, name)
) STRICT, WITHOUT ROWID;

-- Memories of one project that are about the same thing, in both directions, by the cosine of their vectors.
CREATE TABLE memory_links (
    memory   INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    other    INTEGER NOT NULL REFERENCES memories ON DELETE CASCADE,
    likeness REAL NOT NULL,
    PRIMARY KEY (memory, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX memory_links_by_other ON memory_links (other);

-- Memories that were compared with all others in meaning; one whose text changes is compared again.
CREATE TABLE memories_compared (
    memory INTEGER PRIMARY KEY REFERENCES memories ON DELETE CASCADE
) STRICT;
