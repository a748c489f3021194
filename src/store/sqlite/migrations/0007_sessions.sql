-- What people ask of a session: where it was read, how it ended, how much is in it.
ALTER TABLE sessions ADD COLUMN host TEXT;                          -- null: read on this machine before hosts were kept
ALTER TABLE sessions ADD COLUMN outcome TEXT;                       -- null: not settled yet
ALTER TABLE sessions ADD COLUMN given_title TEXT;                   -- by the person, in this program
ALTER TABLE sessions ADD COLUMN turns INTEGER NOT NULL DEFAULT 0;   -- counted after every append, like files
ALTER TABLE sessions ADD COLUMN files INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sessions_unclaimed ON sessions (id) WHERE host IS NULL;
CREATE INDEX sessions_unsettled ON sessions (id) WHERE outcome IS NULL;
CREATE INDEX sessions_by_parent ON sessions (parent) WHERE parent IS NOT NULL;
-- A search asks what was done in a message's turn: without this it looked through all calls of the session.
CREATE INDEX tool_calls_in_turn ON tool_calls (session, turn, status);
