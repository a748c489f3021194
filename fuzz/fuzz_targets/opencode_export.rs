//! OpenCode's exports.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane_fuzz::File;

thread_local!(static FILE: File = File::new("ses_1.json"));

fuzz_target!(|data: &[u8]| FILE.with(|file| file.document(data)));
