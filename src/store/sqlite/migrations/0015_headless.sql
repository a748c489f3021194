-- Whether a program began the session and no person was there, as far as the agent says so.
ALTER TABLE sessions ADD COLUMN headless INTEGER NOT NULL DEFAULT 0;
