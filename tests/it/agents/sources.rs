//! The commands over the homes of several agents.

use serde_json::json;

use super::{codex, copilot, gemini, lines, pi};
use crate::support::Home;

#[test]
fn every_agents_home_is_found_counted_and_taken_in() {
    let home = Home::new();
    let write = |path: &str, content: &str| {
        let path = home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    let claude = json!({"type": "user", "uuid": "u", "sessionId": "s", "timestamp": "2026-02-02T10:00:00Z", "message": {"content": "hi"}});
    write("claude/projects/-w/s.jsonl", &lines(&[claude]));
    write("claude/settings.json", r#"{"cleanupPeriodDays": 90}"#);
    write(&format!(".codex/sessions/2026/02/02/{}", codex::NAME), &lines(&[codex::meta("/w"), codex::user(1, "go")]));
    write(".codex/history.jsonl", "{\"session_id\":\"x\",\"ts\":1,\"text\":\"go\"}\n");
    write(&format!(".pi/agent/sessions/--w--/{}", pi::NAME), &lines(&[pi::header("/w"), pi::user(1, "a<", "go")]));
    write(".gemini/projects.json", r#"{"projects":{"/w":"w"}}"#);
    write(
        &format!(".gemini/tmp/w/chats/{}", gemini::NAME),
        &lines(&[gemini::header(), gemini::message(1, "1", "user", "go")]),
    );
    let say = copilot::event(1, "user.message", json!({"content": "go"}));
    write(&format!(".copilot/session-state/{}", copilot::NAME), &lines(&[copilot::start("/w"), say]));

    let before = home.json(&["sources", "--json"]);
    let sources = before["sources"].as_array().unwrap();
    let counts: Vec<_> = sources.iter().map(|source| (source["files"].as_u64(), source["ingested"].as_u64())).collect();
    assert!(counts.len() >= 5 && counts[..5].iter().all(|count| *count == (Some(1), Some(0))), "{before}");
    assert_eq!(
        (sources[0]["cleanup_days"].as_i64(), sources[0]["oldest_deleted_in_days"].as_i64()),
        (Some(90), Some(89))
    );

    let report = home.json(&["ingest", "--json"]);
    assert_eq!((report["files_read"].as_u64(), report["files_unrecognised"].as_u64()), (Some(5), Some(0)), "{report}");
    let after = home.json(&["sources", "--json"]);
    assert!(after["sources"].as_array().unwrap()[..5].iter().all(|source| source["ingested"] == 1), "{after}");
    for agent in ["claude-code", "codex", "pi", "gemini-cli", "copilot-cli"] {
        let sessions = home.json(&["sessions", "list", "--agent", agent, "--json"]);
        assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1, "{agent}");
        assert_eq!(sessions["sessions"][0]["agent"], agent);
    }
    assert!(home.run(&["sources"]).contains("the oldest is deleted in 89 days"));
    assert!(home.fails(&["sessions", "list", "--agent", "nobody"]).1.contains("known agents are"));
    assert!(home.run(&["sources"]).lines().all(|line| !line.contains("not found")) || sources.len() > 5);
}
