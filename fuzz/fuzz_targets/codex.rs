//! Codex's rollouts in all dialects, also compressed: the bytes tell.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane::model::Agent;

fuzz_target!(|data: &[u8]| memory_lane_fuzz::transcript(Agent::Codex, "/s/rollout-2026-02-02T10-00-00-01900000-0000-7000-8000-000000000001.jsonl", data));
