//! Copilot CLI's event logs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane::model::Agent;

fuzz_target!(|data: &[u8]| memory_lane_fuzz::transcript(
    Agent::CopilotCli,
    "/s/01900000-0000-7000-8000-000000000003/events.jsonl",
    data
));
