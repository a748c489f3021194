//! Gemini CLI's logs and its older objects.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane::model::Agent;

fuzz_target!(|data: &[u8]| memory_lane_fuzz::transcript(
    Agent::GeminiCli,
    "/t/app/chats/session-2026-02-02T10-00-01900000.jsonl",
    data
));
