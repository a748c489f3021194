//! OpenCode's database: one session, rows by turns a message and a part of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane_fuzz::File;

const SCHEMA: &str = "CREATE TABLE session (id TEXT, parent_id TEXT, directory TEXT, title TEXT, version TEXT,
        time_created INTEGER, time_updated INTEGER);
    INSERT INTO session VALUES ('ses_1', NULL, '/w', 't', '1', 1770000000000, 1770000000000);
    CREATE TABLE message (id TEXT, session_id TEXT, time_created INTEGER, data TEXT);
    CREATE TABLE part (id INTEGER, message_id TEXT, session_id TEXT, data TEXT);
    CREATE VIEW rows AS SELECT 0 AS number, id, data FROM message;
    CREATE TRIGGER put INSTEAD OF INSERT ON rows BEGIN
        INSERT INTO message SELECT 'm' || (NEW.number / 2), 'ses_1', NEW.number, NEW.data WHERE NEW.number % 2 = 0;
        INSERT INTO part SELECT NEW.number, 'm' || (NEW.number / 2), 'ses_1', NEW.data WHERE NEW.number % 2 = 1;
    END;";
const INSERT: &str = "INSERT INTO rows VALUES (?1, ?2, ?3)";

thread_local!(static FILE: File = File::new("opencode.db"));

fuzz_target!(|data: &[u8]| FILE.with(|file| file.database(SCHEMA, INSERT, data)));
