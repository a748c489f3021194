//! Cursor's editor database: each row is a key, a line's end and a value.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane_fuzz::File;

const SCHEMA: &str = "CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);";
const INSERT: &str = "INSERT INTO cursorDiskKV SELECT ?2, ?3 WHERE ?1 >= 0";

thread_local!(static FILE: File = File::new("state.vscdb"));

fuzz_target!(|data: &[u8]| FILE.with(|file| file.database(SCHEMA, INSERT, data)));
