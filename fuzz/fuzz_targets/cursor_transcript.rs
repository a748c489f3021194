//! Cursor's transcripts, as JSON lines and as plain text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane_fuzz::File;

thread_local! {
    static LINES: File = File::new("agent-transcripts/a.jsonl");
    static TEXT: File = File::new("agent-transcripts/a.txt");
}

fuzz_target!(|data: &[u8]| match data.first() {
    Some(b'{') => LINES.with(|file| file.document(data)),
    _ => TEXT.with(|file| file.document(data)),
});
