//! What the program is for, told as small stories: through the real program, the hook and the model.

mod commands;
mod feedback;
mod files;
mod intent;
mod lessons;
mod names;
mod people;
mod talk;

use serde_json::{Value, json};

use crate::support::Home;

const PROJECT: &str = "/home/ada/notes";

/// A prompt of a session.
fn prompt(session: &str, text: &str) -> Value {
    json!({"session_id": session, "cwd": PROJECT, "hook_event_name": "UserPromptSubmit", "prompt": text})
}

/// A file that the agent has read.
fn read_file(session: &str, path: &str) -> Value {
    json!({"session_id": session, "cwd": PROJECT, "hook_event_name": "PostToolUse", "tool_name": "Read",
           "tool_input": {"file_path": format!("{PROJECT}/{path}")}})
}

/// What the hook gives the model for an event; empty for silence.
fn said(home: &Home, event: &Value) -> String {
    let stdout = home.hook(&event.to_string());
    if stdout.is_empty() {
        return String::new();
    }
    let answer: Value = serde_json::from_str(&stdout).expect("one JSON object");
    assert_eq!(answer["hookSpecificOutput"]["hookEventName"], event["hook_event_name"]);
    for forbidden in ["decision", "continue", "stopReason"] {
        assert!(answer.get(forbidden).is_none(), "{forbidden} in {stdout}");
    }
    assert!(answer["hookSpecificOutput"].get("permissionDecision").is_none(), "{stdout}");
    answer["hookSpecificOutput"]["additionalContext"].as_str().unwrap().to_owned()
}

/// A memory of the project as a line of an import.
fn memory(kind: &str, title: &str, body: &str, entities: &[(&str, &str)]) -> Value {
    let entities: Vec<Value> = entities.iter().map(|(kind, name)| json!({"kind": kind, "name": name})).collect();
    json!({"kind": kind, "title": title, "body": body, "project": PROJECT, "entities": entities,
           "formed_at": "2026-11-09T09:15:00Z"})
}

/// Every candidate of a recall, with its explanation.
fn explained(home: &Home, text: &str) -> Vec<Value> {
    let found = home.json(&["recall", text, "--cwd", PROJECT, "--explain", "--json"]);
    found["memories"].as_array().unwrap().clone()
}

fn of(hits: &[Value], id: i64) -> Value {
    hits.iter().find(|hit| hit["id"] == id).unwrap_or_else(|| panic!("#{id} is no candidate")).clone()
}

fn score(hits: &[Value], id: i64) -> f64 {
    of(hits, id)["explanation"]["score"].as_f64().unwrap()
}

/// The names of the parts of a candidate's score.
fn signals(hit: &Value) -> Vec<String> {
    let signals = hit["explanation"]["signals"].as_array().unwrap();
    signals.iter().map(|signal| signal["name"].as_str().unwrap().to_owned()).collect()
}
