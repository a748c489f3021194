//! Aider's history.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane_fuzz::File;

thread_local!(static FILE: File = File::new(".aider.chat.history.md"));

fuzz_target!(|data: &[u8]| FILE.with(|file| file.document(data)));
