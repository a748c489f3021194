-- Messages are found as calls are: what is new goes into their text index when the worker or a search comes by, not by
-- ingest. facts.messages_upto is the last one that went in, and messages_to_index are those to be looked at once more.
CREATE TABLE messages_to_index (
    message INTEGER PRIMARY KEY
) STRICT;
CREATE TRIGGER messages_gone AFTER DELETE ON messages BEGIN
    INSERT INTO messages_to_index (message) VALUES (old.id) ON CONFLICT DO NOTHING;
END;
INSERT INTO facts (name, value) SELECT 'messages_upto', COALESCE(MAX(id), 0) FROM messages;

-- Each index of these tables costs ingest a fiftieth. A transcript's rows are found by its session; and a call by its id,
-- with or without the record it stood in, by the index that keeps it from being stored twice.
DROP INDEX messages_by_transcript;
DROP INDEX tool_calls_by_transcript;
DROP INDEX tool_calls_by_call;
DROP INDEX tool_calls_once;
CREATE UNIQUE INDEX tool_calls_once ON tool_calls (call_id, uuid);
