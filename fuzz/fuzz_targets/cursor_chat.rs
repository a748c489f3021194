//! Cursor's command line database: the first row says what the chat is, each further one is a blob's name, a line's end
//! and the blob.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane_fuzz::File;

const SCHEMA: &str = "CREATE TABLE blobs (id TEXT PRIMARY KEY ON CONFLICT REPLACE, data BLOB);
    CREATE TABLE meta (key TEXT, value BLOB);
    CREATE VIEW rows AS SELECT 0 AS number, id, data FROM blobs;
    CREATE TRIGGER put INSTEAD OF INSERT ON rows BEGIN
        INSERT INTO meta SELECT NEW.id, NEW.data WHERE NEW.number = 0;
        INSERT INTO blobs SELECT NEW.id, NEW.data WHERE NEW.number > 0;
    END;";
const INSERT: &str = "INSERT INTO rows VALUES (?1, ?2, ?3)";

thread_local!(static FILE: File = File::new("store.db"));

fuzz_target!(|data: &[u8]| FILE.with(|file| file.database(SCHEMA, INSERT, data)));
