//! Pi's trees of entries.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane::model::Agent;

fuzz_target!(|data: &[u8]| memory_lane_fuzz::transcript(
    Agent::Pi,
    "/s/2026-02-02T10-00-00-000Z_01900000-0000-7000-8000-000000000002.jsonl",
    data
));
