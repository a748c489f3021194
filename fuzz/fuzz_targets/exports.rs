//! Exports of chat services, as a list and as an archive.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane_fuzz::File;

thread_local! {
    static LIST: File = File::new("conversations.json");
    static ARCHIVE: File = File::new("export.zip");
}

fuzz_target!(|data: &[u8]| match data.first() {
    Some(b'P') => ARCHIVE.with(|file| file.document(data)),
    _ => LIST.with(|file| file.document(data)),
});
