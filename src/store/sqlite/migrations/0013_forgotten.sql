-- When a person told the program to forget a session. Its row and those of its transcripts stay, without anything that was
-- said: they keep it from being taken in again.
ALTER TABLE sessions ADD COLUMN forgotten_at INTEGER;
