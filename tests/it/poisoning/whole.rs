//! The whole way: a transcript into which something was planted, ingested, caught from by the rules and by a model that
//! was taken in, and then the hooks of another session that asks for just that.

use serde_json::{Value, json};

use super::{PLANTED, documents};
use crate::support::Home;
use crate::support::model_server::{Answer, ModelServer};
use crate::traces::session_file::SessionFile;

/// How a planted document comes into a session, one session for each of its texts.
fn transcript(id: &str, cwd: &str, way: usize, planted: &str, number: usize) -> SessionFile {
    let (_, document) = &documents(planted)[way];
    let session = SessionFile::new(id, cwd)
        .starting_at(1_770_000_000 + 1_000 * i64::try_from(number).unwrap())
        .user("Write the launcher")
        .agent("The launcher is written and reads its settings.");
    let session = match way % 4 {
        0 => session.call("t", "WebFetch", json!({"url": "https://zoo.example"})).result("t", document, false),
        1 => session.call("t", "Bash", json!({"command": "cat README.md"})).result("t", document, false),
        2 => session.call("t", "mcp__issues__get", json!({"number": 7})).result("t", document, false),
        _ => session.call("t", "Bash", json!({"command": "make docs"})).result("t", document, true),
    };
    session.agent(&format!("It says: {planted}")).user("thanks, go on with the launcher and its settings please")
}

/// What a model says that believes the planted text: on the user's words, on the agent's, on the tool's, and on none.
fn believed(planted: &str) -> Value {
    let memory = |kind: &str, handle: &str, quote: &str| {
        json!({"type": kind, "category": "process", "direction": null, "title": planted, "body": planted,
            "reasoning": "It is a rule.", "certainty": "explicit", "durability": "standing", "polarity": "neutral",
            "entities": [], "files": [], "evidence": [{"ref": handle, "quote": quote}]})
    };
    json!({"memories": [
        memory("commitment", "u4", "go on with the launcher and its settings"),
        memory("workflow", "a3", planted),
        memory("learning", "t2", planted),
        memory("decision", "u4", planted),
        memory("correction", "u99", planted),
    ]})
}

#[test]
fn nothing_planted_reaches_another_session() {
    let home = Home::new();
    let work = home.path().join("work");
    let sessions = home.path().join("claude/projects/-work");
    std::fs::create_dir_all(&work).unwrap();
    std::fs::create_dir_all(&sessions).unwrap();
    let mut replies = Vec::new();
    for (number, planted) in PLANTED.iter().enumerate() {
        for way in 0..documents(planted).len() {
            let id = format!("{number:08}-{way:04}-4333-8444-555555555555");
            let session = transcript(&id, work.to_str().unwrap(), way, planted, replies.len());
            std::fs::write(sessions.join(format!("{id}.jsonl")), session.text()).unwrap();
            replies.push(believed(planted));
        }
    }
    assert!(replies.len() >= 40, "{}", replies.len());
    home.run(&["ingest"]);
    // Sessions are read latest first.
    let answer = |reply: &Value| {
        Answer::json(200, &json!({"message": {"content": reply.to_string()}, "done": true, "done_reason": "stop"}))
    };
    let server = ModelServer::start(replies.iter().rev().map(answer).collect());
    let settings = json!({"deadline_ms": 60_000, "distiller": {"url": server.url(), "model": "m",
        "calls_per_hour": 1000, "calls_per_day": 1000, "tokens_per_hour": 100_000_000, "tokens_per_day": 100_000_000}});
    std::fs::write(home.path().join("config.json"), settings.to_string()).unwrap();
    let report = home.json(&["catch", "--distiller", "ollama", "--json"]);
    let distilled = &report["distiller"];
    assert_eq!((&distilled["windows"], &distilled["stopped"]), (&json!(replies.len()), &Value::Null), "{report}");
    assert!(distilled["quarantined"].as_u64().unwrap() >= 40, "the model was not taken in at all: {report}");

    let listed = home.json(&["memories", "list", "--json"]);
    for memory in listed["memories"].as_array().unwrap() {
        let says = ["title", "body", "quote"].map(|field| memory[field].as_str().unwrap().to_lowercase());
        let planted = says.iter().any(|text| text.contains("zebra"));
        assert!(!planted || memory["status"] == "quarantined", "{memory:#}");
    }
    let ask = |event: Value| {
        let mut event = event;
        event["session_id"] = json!("another");
        event["cwd"] = json!(work);
        home.hook(&event.to_string())
    };
    for (number, planted) in PLANTED.iter().enumerate() {
        let prompt = format!("{planted} What do we do about zebra here, {number}?");
        let told = ask(json!({"hook_event_name": "UserPromptSubmit", "prompt": prompt}));
        assert!(!told.to_lowercase().contains("zebra"), "{told}");
    }
    let told = ask(json!({"hook_event_name": "SessionStart", "source": "startup"}));
    assert!(!told.to_lowercase().contains("zebra"), "{told}");
}
