-- Records that no reader understood, as they were written but for secrets, so that a later version can read them.
CREATE TABLE raw_records (
    id         INTEGER PRIMARY KEY,
    transcript INTEGER NOT NULL REFERENCES transcripts ON DELETE CASCADE,
    line       INTEGER NOT NULL,
    why        TEXT NOT NULL,
    bytes      INTEGER NOT NULL,                        -- before it was cut
    text       TEXT NOT NULL
) STRICT;
CREATE INDEX raw_records_by_transcript ON raw_records (transcript);

-- What tools were given and what failures said, as terms. Filled when the worker or a search comes by, not by ingest:
-- facts.calls_upto is the last call that went in, and calls_to_index are those to be looked at once more.
CREATE VIRTUAL TABLE calls_fts USING fts5 (
    body, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
);
CREATE TABLE calls_to_index (
    call INTEGER PRIMARY KEY
) STRICT;
CREATE TRIGGER calls_failed AFTER UPDATE OF status ON tool_calls WHEN new.status = 'failed' BEGIN
    INSERT INTO calls_to_index (call) VALUES (new.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER calls_gone AFTER DELETE ON tool_calls BEGIN
    INSERT INTO calls_to_index (call) VALUES (old.id) ON CONFLICT DO NOTHING;
END;
