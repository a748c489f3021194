//! SpecStory's Markdown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane_fuzz::File;

thread_local!(static FILE: File = File::new("2026-01-01_00-00-00Z-a.md"));

fuzz_target!(|data: &[u8]| FILE.with(|file| file.document(data)));
