//! Claude Code's transcripts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane::model::Agent;

fuzz_target!(|data: &[u8]| memory_lane_fuzz::transcript(
    Agent::ClaudeCode,
    "/p/0a57f201-e967-4d94-a191-eef5c4419091.jsonl",
    data
));
