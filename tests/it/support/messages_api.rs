//! A scripted stand-in for the Messages API on the loopback interface, so that the real client runs without network,
//! key or model. Requests are answered by the first rule that fits and is not used up, and all are kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use regex::Regex;
use serde_json::{Value, json};

/// Who in the client makes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The conversation with the person.
    Main,
    /// An agent that the conversation started.
    Subagent,
    /// The summary that takes a conversation's place.
    Compact,
    /// Titles, probes and the like.
    Auxiliary,
}

/// One answer of the "model".
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    content: Vec<Value>,
    input_tokens: u64,
}

impl Reply {
    pub(crate) fn say(text: &str) -> Self {
        Self { content: vec![json!({"type": "text", "text": text})], input_tokens: 100 }
    }

    pub(crate) fn call(tool: &str, input: &Value) -> Self {
        let content = vec![json!({"type": "tool_use", "name": tool, "input": input})];
        Self { content, ..Self::say("") }
    }

    pub(crate) fn read(path: &std::path::Path) -> Self {
        Self::call("Read", &json!({"file_path": path}))
    }

    pub(crate) fn edit(path: &std::path::Path, old: &str, new: &str) -> Self {
        Self::call("Edit", &json!({"file_path": path, "old_string": old, "new_string": new}))
    }

    /// How full the context is said to be; close to the model's window it makes the client compact.
    pub(crate) fn with_input_tokens(self, input_tokens: u64) -> Self {
        Self { input_tokens, ..self }
    }
}

/// Replies to requests of one kind, in order; the last one repeats.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    kind: Kind,
    last_user: Option<Regex>,
    replies: Vec<Reply>,
    used: usize,
}

impl Rule {
    pub(crate) fn new(kind: Kind, replies: Vec<Reply>) -> Self {
        assert!(!replies.is_empty(), "a rule without a reply answers nothing");
        Self { kind, last_user: None, replies, used: 0 }
    }

    /// Only for requests whose newest user message matches.
    pub(crate) fn when(self, pattern: &str) -> Self {
        Self { last_user: Some(Regex::new(pattern).unwrap()), ..self }
    }

    fn fits(&self, kind: Kind, body: &Value) -> bool {
        self.kind == kind && self.last_user.as_ref().is_none_or(|pattern| pattern.is_match(&last_user_text(body)))
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    pub(crate) body: Value,
}

impl Request {
    /// The texts of each message: prompts, answers, tool results, and what hooks added.
    fn texts(&self) -> impl Iterator<Item = String> {
        self.body["messages"].as_array().into_iter().flatten().map(|message| text_of(&message["content"]))
    }

    /// The whole conversation.
    pub(crate) fn text(&self) -> String {
        self.texts().collect::<Vec<_>>().join("\n")
    }

    /// How often `words` stand in the conversation.
    pub(crate) fn count(&self, words: &str) -> usize {
        self.text().matches(words).count()
    }

    /// What hooks of this event put into the conversation.
    ///
    /// Newer models get it in a message of role system, several pieces parted by blank lines; older ones get each in
    /// its own reminder tag.
    pub(crate) fn injected(&self, event: &str) -> Vec<String> {
        let pattern = format!(
            r"(?s){event}(?::\w+)? hook (?:additional context|success): (.*?)(?:\n</system-reminder>|\n\n\w+(?::\w+)? hook |\n\nToday's date|\z)"
        );
        let pattern = Regex::new(&pattern).unwrap();
        let pieces = |text: String| pattern.captures_iter(&text).map(|found| found[1].to_owned()).collect::<Vec<_>>();
        self.texts().flat_map(pieces).collect()
    }

    /// How often hooks of any event said something with `words` in it.
    pub(crate) fn told(&self, words: &str) -> usize {
        self.injected(r"\w+").iter().filter(|piece| piece.contains(words)).count()
    }
}

struct Shared {
    rules: Mutex<Vec<Rule>>,
    requests: Mutex<Vec<Request>>,
    unserved: Mutex<Vec<String>>,
    next_id: AtomicU64,
    stopping: AtomicBool,
}

/// The server; it stops when dropped.
pub(crate) struct MessagesApi {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl MessagesApi {
    pub(crate) fn start(rules: Vec<Rule>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            rules: Mutex::new(rules),
            requests: Mutex::default(),
            unserved: Mutex::default(),
            next_id: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
        });
        let accepting = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests for an answer so far, in the order of their arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Other endpoints that the client asked for.
    pub(crate) fn unserved(&self) -> Vec<String> {
        self.shared.unserved.lock().unwrap().clone()
    }
}

impl Drop for MessagesApi {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address)); // wakes the accepting thread
        if let Some(thread) = self.accepting.take() {
            let _ended = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming().flatten() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            // A client that hangs up early is no failure of the test; missing requests are.
            let _served = serve(stream, &shared);
        });
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request_line = String::new();
    reader.read_line(&mut request_line)?;
    let (mut length, mut from_agent) = (0, false);
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "x-claude-code-agent-id" => from_agent = true,
            _ => {}
        }
    }
    let mut raw = vec![0; length];
    reader.read_exact(&mut raw)?;
    let mut words = request_line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    match (method, path) {
        ("POST", "/v1/messages") => answer(&mut stream, shared, &raw, from_agent),
        ("POST", "/v1/messages/count_tokens") => {
            send_json(&mut stream, 200, &json!({"input_tokens": (raw.len() / 4).max(1)}))
        }
        ("GET" | "HEAD", "/") => send_json(&mut stream, 200, &json!({"ok": true})),
        _ => {
            shared.unserved.lock().unwrap().push(format!("{method} {path}"));
            send_json(&mut stream, 404, &failure("not_found_error"))
        }
    }
}

fn answer(stream: &mut TcpStream, shared: &Shared, raw: &[u8], from_agent: bool) -> std::io::Result<()> {
    let body: Value = serde_json::from_slice(raw).unwrap_or(Value::Null);
    let kind = classify(&body, from_agent);
    shared.requests.lock().unwrap().push(Request { kind, body: body.clone() });
    let reply = choose(&mut shared.rules.lock().unwrap(), kind, &body);
    let message = message(&reply, &body, shared);
    if body["stream"] == true {
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
        write!(stream, "{}", streamed(&message))?;
        return stream.flush();
    }
    send_json(stream, 200, &message)
}

/// Agents name themselves in a header; a compaction asks for a summary in a form of its own; what is neither and has
/// no tools is not the conversation.
fn classify(body: &Value, from_agent: bool) -> Kind {
    if last_user_text(body).contains("an <analysis> block followed by a <summary> block") {
        Kind::Compact
    } else if from_agent {
        Kind::Subagent
    } else if body["tools"].as_array().is_some_and(|tools| !tools.is_empty()) {
        Kind::Main
    } else {
        Kind::Auxiliary
    }
}

fn choose(rules: &mut [Rule], kind: Kind, body: &Value) -> Reply {
    let Some(rule) = rules.iter_mut().find(|rule| rule.fits(kind, body)) else { return Reply::say("{}") };
    let reply = rule.replies[rule.used.min(rule.replies.len() - 1)].clone();
    rule.used += 1;
    reply
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts = blocks.iter().map(|block| match block["type"].as_str() {
                Some("text") => block["text"].as_str().unwrap_or_default().to_owned(),
                Some("tool_result") => text_of(&block["content"]),
                _ => String::new(),
            });
            texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

fn last_user_text(body: &Value) -> String {
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let last = messages.iter().rev().find(|message| message["role"] == "user");
    last.map(|message| text_of(&message["content"])).unwrap_or_default()
}

fn message(reply: &Reply, body: &Value, shared: &Shared) -> Value {
    let number = || shared.next_id.fetch_add(1, Ordering::SeqCst);
    let mut content = reply.content.clone();
    for block in content.iter_mut().filter(|block| block["type"] == "tool_use") {
        block["id"] = json!(format!("toolu_{:020}", number()));
    }
    let stop_reason = if content.iter().any(|block| block["type"] == "tool_use") { "tool_use" } else { "end_turn" };
    json!({
        "id": format!("msg_{:020}", number()),
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": {
            "input_tokens": reply.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 20,
        },
    })
}

/// A finished message as the API streams it.
pub(crate) fn streamed(message: &Value) -> String {
    let event = |event: Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default());
    events(message).into_iter().map(event).collect()
}

/// The stream in which the API sends a finished message.
fn events(message: &Value) -> Vec<Value> {
    let mut head = message.clone();
    head["content"] = json!([]);
    head["stop_reason"] = Value::Null;
    let mut events = vec![json!({"type": "message_start", "message": head})];
    for (index, block) in message["content"].as_array().into_iter().flatten().enumerate() {
        let (start, delta) = if block["type"] == "text" {
            (json!({"type": "text", "text": ""}), json!({"type": "text_delta", "text": block["text"]}))
        } else {
            let start = json!({"type": "tool_use", "id": block["id"], "name": block["name"], "input": {}});
            (start, json!({"type": "input_json_delta", "partial_json": block["input"].to_string()}))
        };
        events.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    let delta = json!({"stop_reason": message["stop_reason"], "stop_sequence": null});
    events.push(json!({"type": "message_delta", "delta": delta, "usage": message["usage"]}));
    events.push(json!({"type": "message_stop"}));
    events
}

fn failure(kind: &str) -> Value {
    json!({"type": "error", "error": {"type": kind, "message": "not served by the test"}})
}

fn send_json(stream: &mut TcpStream, status: u16, value: &Value) -> std::io::Result<()> {
    let text = value.to_string();
    let head =
        format!("HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {}", text.len());
    write!(stream, "{head}\r\nconnection: close\r\n\r\n{text}")?;
    stream.flush()
}
