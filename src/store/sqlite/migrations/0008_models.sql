-- Which model a session used and how much, the commit it began at, and what its calls changed in files.
ALTER TABLE sessions ADD COLUMN model TEXT;
ALTER TABLE sessions ADD COLUMN git_commit TEXT;
-- Sums over the parts read, as interrupts and compactions are.
ALTER TABLE transcripts ADD COLUMN tokens_in INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transcripts ADD COLUMN tokens_out INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tool_calls ADD COLUMN patch TEXT;
