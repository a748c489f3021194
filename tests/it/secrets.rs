//! Secrets in a session, from the transcript to everything that the program keeps: nothing of them is left.

use std::path::Path;

use serde_json::json;

use crate::support::Home;
use crate::traces::session_file::SessionFile;

/// So many characters of a secret are enough to know it by.
const PIECE: usize = 12;

/// Letters that look drawn at random; built here, so that no scanner takes this file for a leak.
fn drawn(alphabet: &str, length: usize, start: u64) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = start.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        letters[(state >> 33) as usize % letters.len()]
    };
    (0..length).map(next).collect()
}

/// What stands before a secret, the secret, and what stands after it.
fn planted() -> Vec<(&'static str, String, &'static str)> {
    let mut start = 100;
    let mut an = |length| {
        start += 1;
        drawn("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length, start)
    };
    let hex = |length, start| drawn("0123456789abcdef", length, start);
    vec![
        ("the key id is ", format!("{}{}", "AKIA", drawn("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 1)), ""),
        ("aws_secret_access_key = ", an(40), ""),
        ("the map needs ", format!("{}{}", "AIza", an(35)), ""),
        ("clone with ", format!("{}{}", "ghp_", an(36)), ""),
        ("or with ", format!("{}{}_{}", "github_pat_", an(22), an(59)), ""),
        ("PRIVATE-TOKEN: ", format!("{}{}", "glpat-", an(20)), ""),
        (
            "the bot has ",
            format!("{}{}-{}-{}", "xoxb-", drawn("123456789", 12, 2), drawn("123456789", 12, 3), an(24)),
            "",
        ),
        ("post to https://hooks.slack.com/services/", format!("T{}/B{}/{}", an(8), an(8), an(24)), ""),
        ("stripe has ", format!("{}{}", "sk_live_", an(24)), ""),
        ("openai has ", format!("{}{}", "sk-proj-", an(48)), ""),
        ("anthropic has ", format!("{}{}", "sk-ant-api03-", an(90)), ""),
        ("the hub has ", format!("{}{}", "hf_", an(34)), ""),
        ("its bucket has ", format!("{}{}", "HFAK", drawn("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", 20, 4)), ""),
        ("_authToken=", format!("{}{}", "npm_", an(36)), ""),
        ("twine has ", format!("{}{}", "pypi-AgEIcHlwaS5vcmc", an(60)), ""),
        ("calls have ", format!("{}{}", "SK", hex(32, 5)), ""),
        ("mails have ", format!("{}{}.{}", "SG.", an(22), an(43)), ""),
        ("telegram has ", format!("{}:{}{}", drawn("123456789", 10, 6), "AA", an(33)), ""),
        ("the session is ", format!("{}{}.eyJ{}.{}", "eyJ", an(30), an(60), an(43)), ""),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n", an(70), "\n-----END OPENSSH PRIVATE KEY-----"),
        ("the shop has ", format!("{}{}", "shpat_", hex(32, 7)), ""),
        ("the droplet has ", format!("{}{}", "dop_v1_", hex(64, 8)), ""),
        ("bricks have ", format!("{}{}", "dapi", hex(32, 9)), ""),
        ("tickets have ", format!("{}{}", "lin_api_", an(40)), ""),
        ("connect to postgres://app:", an(20), "@db.example.com/app"),
        ("export DB_PASSWORD=", an(18), ""),
        ("Authorization: Bearer ", an(40), ""),
        ("Cookie: sessionid=", an(32), ""),
        ("curl -u admin:", an(16), " https://example.com"),
        ("client_secret: \"", an(40), "\""),
    ]
}

/// All files of a home but the agent's own transcripts.
fn kept(dir: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("claude") {
            kept(&path, files);
        } else if path.is_file() {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn no_secret_is_in_anything_that_is_kept() {
    let home = Home::new();
    let work = home.path().join("work");
    std::fs::create_dir_all(&work).unwrap();
    let mut session = SessionFile::new("aaaaaaaa-2222-4333-8444-555555555555", work.to_str().unwrap())
        .user("Write the launcher")
        .agent("The launcher is written and reads its settings.");
    let secrets = planted();
    for (number, (before, secret, after)) in secrets.iter().enumerate() {
        let (failing, working) = (format!("c{number}f"), format!("c{number}w"));
        // In a correction, which becomes a memory; in the agent's answer; in commands and what they print.
        session = session
            .user(&format!("No, the launcher must never read service {number} without it, {before}{secret}{after}"))
            .agent(&format!("You're right, {before}{secret}{after}"))
            .call(&failing, "Bash", json!({"command": format!("rocket {number} --all # {before}{secret}{after}")}))
            .result(&failing, &format!("Exit code 2\nunknown flag: --all\n{before}{secret}{after}"), true)
            .call(&working, "Bash", json!({"command": format!("rocket {number} --every # {before}{secret}{after}")}))
            .result(&working, &format!("ok {before}{secret}{after}"), false);
    }
    let transcript = home.path().join("claude/projects/-work/aaaaaaaa-2222-4333-8444-555555555555.jsonl");
    std::fs::create_dir_all(transcript.parent().unwrap()).unwrap();
    std::fs::write(&transcript, session.text()).unwrap();
    home.run(&["ingest"]);
    home.run(&["catch"]);
    assert!(
        home.json(&["memories", "list", "--json"])["memories"].as_array().unwrap().len() >= 3,
        "nothing caught, nothing shown"
    );
    for (number, (before, secret, after)) in secrets.iter().enumerate() {
        home.hook(
            &json!({"session_id": format!("other-{number}"), "cwd": work, "hook_event_name": "UserPromptSubmit",
                    "prompt": format!("why does the launcher not start with service {number}, {before}{secret}{after}")})
            .to_string(),
        );
    }
    let mut files = Vec::new();
    kept(home.path(), &mut files);
    assert!(files.iter().any(|(name, _)| name.ends_with(".db")));
    for (before, secret, _) in &secrets {
        let pieces: Vec<&[u8]> = secret.as_bytes().chunks_exact(PIECE).collect();
        assert!(!pieces.is_empty(), "{before}");
        for (name, content) in &files {
            let found = |piece: &&&[u8]| content.windows(PIECE).any(|window| window == **piece);
            assert!(!pieces.iter().any(|piece| found(&piece)), "what follows {before:?} is in {name}");
        }
    }
}
