-- How far the distiller has read each session. Kept when a transcript is read anew: sending it again would cost again.
CREATE TABLE distil_state (
    session  INTEGER PRIMARY KEY REFERENCES sessions,
    upto_seq INTEGER NOT NULL
) STRICT;

-- Every call of a distiller, noted before it is made: a run that is killed has spent what it sent.
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

-- Why a distiller is left alone for a while.
CREATE TABLE distiller_state (
    distiller TEXT PRIMARY KEY,
    failures  INTEGER NOT NULL,                 -- in a row
    until     INTEGER,
    cause     TEXT,
    why       TEXT
) STRICT, WITHOUT ROWID;
