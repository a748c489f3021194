//! Codex's rollouts in all dialects, plain and compressed: the bytes tell.

#![no_main]

use libfuzzer_sys::fuzz_target;
use memory_lane::model::Agent;

const PLAIN: &str = "/s/rollout-2026-02-02T10-00-00-01900000-0000-7000-8000-000000000001.jsonl";
const COMPRESSED: &str = "/s/rollout-2026-02-02T10-00-00-01900000-0000-7000-8000-000000000001.jsonl.zst";

fuzz_target!(|data: &[u8]| {
    let path = if data.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) { COMPRESSED } else { PLAIN };
    memory_lane_fuzz::transcript(Agent::Codex, path, data);
});
