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
    write("claude/projects/-w/s.jsonl", &lines(std::slice::from_ref(&claude)));
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

    assert!(sources[..5].iter().all(|source| source["waiting"] == 1 && source["sessions"] == 0), "{before}");
    assert!(sources.iter().all(|source| source.get("each").is_none()));
    let files = home.json(&["sources", "--files", "--json"]);
    let file = &files["sources"][0]["each"][0];
    assert_eq!((&file["taken_in"], &file["deleted_in_days"]), (&json!(false), &json!(89)), "{file}");

    let report = home.json(&["ingest", "--json"]);
    assert_eq!((report["files_read"].as_u64(), report["files_unrecognised"].as_u64()), (Some(5), Some(0)), "{report}");
    let after = home.json(&["sources", "--json"]);
    let taken =
        |source: &serde_json::Value| source["ingested"] == 1 && source["waiting"] == 0 && source["sessions"] == 1;
    assert!(after["sources"].as_array().unwrap()[..5].iter().all(taken), "{after}");
    for agent in ["claude-code", "codex", "pi", "gemini-cli", "copilot-cli"] {
        let sessions = home.json(&["sessions", "list", "--agent", agent, "--json"]);
        assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1, "{agent}");
        assert_eq!(sessions["sessions"][0]["agent"], agent);
    }
    let codex = home.json(&["sessions", "list", "--agent", "codex", "--json"]);
    assert_eq!(codex["sessions"][0]["project"], "example.org/team/app", "the transcript names what this machine lacks");
    assert!(home.run(&["sources"]).contains("the oldest is deleted in 89 days"));
    assert!(home.fails(&["sessions", "list", "--agent", "nobody"]).1.contains("known agents are"));
    assert!(home.run(&["sources", "--files"]).contains("taken in  deleted in 89 days"));
    let absent: Vec<_> = sources[5..].iter().map(|source| (&source["agent"], &source["found"])).collect();
    assert_eq!(absent, [(&json!("cursor"), &json!(false)), (&json!("opencode"), &json!(false))]);
    let moved = home.command(&["sources", "--json"]).env("XDG_DATA_HOME", home.path().join("data")).output().unwrap();
    let moved: serde_json::Value = serde_json::from_slice(&moved.stdout).unwrap();
    assert_eq!(moved["sources"][6]["path"], home.path().join("data/opencode").to_str().unwrap());

    // What was written since waits again.
    let more = json!({"type": "user", "uuid": "v", "sessionId": "s", "timestamp": "2026-02-02T10:01:00Z", "message": {"content": "and?"}});
    write("claude/projects/-w/s.jsonl", &lines(&[claude, more]));
    let behind = home.json(&["sources", "--json"]);
    assert_eq!((&behind["sources"][0]["ingested"], &behind["sources"][0]["waiting"]), (&json!(1), &json!(1)));

    // What the agent deletes is kept.
    std::fs::remove_file(home.path().join("claude/projects/-w/s.jsonl")).unwrap();
    let alone = &home.json(&["sources", "--json"])["sources"][0];
    assert_eq!((&alone["files"], &alone["gone"], &alone["sessions"]), (&json!(0), &json!(1), &json!(1)));
    assert!(home.run(&["sources"]).contains("1 session, 1 kept here alone, their files are gone"));
}

#[test]
fn databases_and_transcripts_of_cursor_and_opencode_are_found() {
    let home = Home::new();
    let write = |path: &str, content: &str| {
        let path = home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    let said =
        json!({"role": "user", "message": {"content": [{"type": "text", "text": "<user_query>go</user_query>"}]}});
    let session = "11111111-2222-4333-8444-555555555555";
    write(&format!(".cursor/projects/w/agent-transcripts/{session}/{session}.jsonl"), &lines(&[said]));
    std::fs::create_dir_all(home.path().join(".config/Cursor/User/globalStorage")).unwrap();
    let editor = home.path().join(".config/Cursor/User/globalStorage/state.vscdb");
    let composer =
        json!({"fullConversationHeadersOnly": [{"bubbleId": "b", "type": 1}], "createdAt": 1_770_026_400_000_i64});
    let rows = [("composerData:c", composer), ("bubbleId:c:b", json!({"type": 1, "text": "go"}))];
    drop(crate::documents::cursor::editor_database(&editor, &rows));
    std::fs::create_dir_all(home.path().join(".local/share/opencode")).unwrap();
    let export = json!({"info": {"id": "ses_1", "directory": "/w"}, "messages": [
        {"info": {"id": "m", "role": "user"}, "parts": [{"type": "text", "text": "go"}]}]});
    write(".local/share/opencode/export/ses_1.json", &export.to_string());
    assert_eq!(home.json(&["ingest", "--json"])["sessions_new"], 3);
    let sources = home.json(&["sources", "--json"]);
    let found: Vec<_> = sources["sources"].as_array().unwrap().iter().filter(|source| source["files"] == 1).collect();
    let agents: Vec<_> = found.iter().map(|source| source["agent"].as_str().unwrap()).collect();
    assert_eq!(agents, ["cursor", "cursor", "opencode"], "{sources}");
    assert!(found.iter().all(|source| source["waiting"] == 0), "{sources}");
}

#[test]
fn what_is_kept_beside_the_code_of_known_projects_is_taken_in() {
    let home = Home::new();
    let project = home.path().join("shop");
    std::fs::create_dir_all(project.join(".git")).unwrap();
    std::fs::write(project.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
    let rollout = home.path().join(format!(".codex/sessions/2026/02/02/{}", codex::NAME));
    std::fs::create_dir_all(rollout.parent().unwrap()).unwrap();
    std::fs::write(&rollout, lines(&[codex::meta(project.to_str().unwrap()), codex::user(1, "go")])).unwrap();
    let history = "\n# aider chat started at 2026-01-02 03:04:05\n\n#### paint the shed green  \n\nIt is green.\n\n";
    std::fs::write(project.join(".aider.chat.history.md"), history).unwrap();

    home.run(&["ingest"]);
    let sources = home.json(&["sources", "--json"]);
    let aider = sources["sources"].as_array().unwrap().iter().find(|source| source["agent"] == "aider");
    let aider = aider.unwrap_or_else(|| panic!("the project is known: {sources}"));
    assert_eq!((&aider["files"], &aider["waiting"], &aider["found"]), (&json!(1), &json!(1), &json!(true)));
    assert_eq!(aider["path"], project.join(".aider.chat.history.md").to_str().unwrap());
    assert_eq!(home.json(&["ingest", "--json"])["sessions_new"], 1);
    let taken = home.json(&["sessions", "list", "--agent", "aider", "--json"]);
    assert_eq!(taken["sessions"][0]["first_prompt"], "paint the shed green");
    assert!(home.run(&["sources"]).contains("aider            1 file "));
}
