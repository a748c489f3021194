//! A scripted stand-in on the loopback interface for the models of agents other than Claude Code: OpenAI's Responses and
//! Chat Completions, and Gemini's generateContent. Requests that offer tools are the conversation and get the script's
//! answers in order; all others, for titles and the like, get a few words.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

/// Tokens that every answer is said to take.
pub(crate) const TOKENS: (u64, u64) = (120, 30);

/// One answer of the "model".
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// It says something.
    Say(String),
    /// It calls a tool.
    Call(&'static str, Value),
}

struct Shared {
    script: Vec<Answer>,
    /// How many answers were given.
    given: Mutex<usize>,
    stopping: AtomicBool,
}

/// The server; it stops when dropped.
pub(crate) struct ModelApis {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl ModelApis {
    pub(crate) fn start(script: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { script, given: Mutex::new(0), stopping: AtomicBool::new(false) });
        let accepting = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for stream in listener.incoming().flatten() {
                    if shared.stopping.load(Ordering::SeqCst) {
                        return;
                    }
                    let shared = Arc::clone(&shared);
                    // An agent that hangs up early is no failure of the test; what it then did not write is.
                    std::thread::spawn(move || drop(serve(stream, &shared)));
                }
            }
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many of the script's answers were asked for.
    pub(crate) fn given(&self) -> usize {
        *self.shared.given.lock().unwrap()
    }
}

impl Drop for ModelApis {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address)); // wakes the accepting thread
        if let Some(thread) = self.accepting.take() {
            let _ended = thread.join();
        }
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut raw = vec![0; length];
    reader.read_exact(&mut raw)?;
    let body: Value = serde_json::from_slice(&raw).unwrap_or(Value::Null);
    let path = first.split_whitespace().nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    let id = || format!("call_{}", first_free());
    match path.rsplit('/').next().unwrap_or_default() {
        "responses" => events(&mut stream, &responses(&next(shared, &body), &id())),
        "completions" => events(&mut stream, &completions(&next(shared, &body), &id())),
        method if method.ends_with(":streamGenerateContent") => {
            events(&mut stream, &[(None, gemini(&next(shared, &body)))])
        }
        method if method.ends_with(":generateContent") => reply(&mut stream, &gemini(&next(shared, &body))),
        _ => reply(&mut stream, &json!({"data": [], "models": []})),
    }
}

/// A number that no other call of this process has.
fn first_free() -> u64 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::SeqCst)
}

/// The answer to a request.
fn next(shared: &Shared, body: &Value) -> Answer {
    let offers = |tools: &Value| tools.as_array().is_some_and(|tools| !tools.is_empty());
    if !offers(&body["tools"]) {
        return Answer::Say("A note".to_owned());
    }
    let mut given = shared.given.lock().unwrap();
    let answer = shared.script.get(*given).cloned().unwrap_or_else(|| Answer::Say("Nothing more.".to_owned()));
    *given += 1;
    answer
}

type Event = (Option<&'static str>, Value);

fn responses(answer: &Answer, call_id: &str) -> Vec<Event> {
    let item = match answer {
        Answer::Say(text) => json!({
            "type": "message", "id": format!("msg_{call_id}"), "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        }),
        Answer::Call(tool, input) => json!({
            "type": "function_call", "id": format!("fc_{call_id}"), "status": "completed", "call_id": call_id,
            "name": tool, "arguments": input.to_string(),
        }),
    };
    let usage = json!({
        "input_tokens": TOKENS.0, "input_tokens_details": {"cached_tokens": 20}, "output_tokens": TOKENS.1,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": TOKENS.0 + TOKENS.1,
    });
    let response =
        json!({"id": format!("resp_{call_id}"), "object": "response", "status": "in_progress", "output": []});
    let mut completed = response.clone();
    (completed["status"], completed["output"], completed["usage"]) = (json!("completed"), json!([item]), usage);
    let event = |kind: &'static str, own: Value| {
        let mut event = json!({"type": kind});
        event.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        (Some(kind), event)
    };
    vec![
        event("response.created", json!({"response": response})),
        event("response.output_item.done", json!({"output_index": 0, "item": item})),
        event("response.completed", json!({"response": completed})),
    ]
}

fn completions(answer: &Answer, call_id: &str) -> Vec<Event> {
    let (delta, reason) = match answer {
        Answer::Say(text) => (json!({"role": "assistant", "content": text}), "stop"),
        Answer::Call(tool, input) => {
            let function = json!({"name": tool, "arguments": input.to_string()});
            let call = json!({"index": 0, "id": call_id, "type": "function", "function": function});
            (json!({"role": "assistant", "tool_calls": [call]}), "tool_calls")
        }
    };
    let chunk = |delta: Value, reason: Option<&str>| {
        json!({
            "id": format!("chatcmpl-{call_id}"), "object": "chat.completion.chunk", "created": 1, "model": "mock-model",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        })
    };
    let mut last = chunk(json!({}), Some(reason));
    last["usage"] = json!({
        "prompt_tokens": TOKENS.0, "completion_tokens": TOKENS.1, "total_tokens": TOKENS.0 + TOKENS.1,
    });
    vec![(None, chunk(delta, None)), (None, last), (None, json!("[DONE]"))]
}

fn gemini(answer: &Answer) -> Value {
    let part = match answer {
        Answer::Say(text) => json!({"text": text}),
        Answer::Call(tool, input) => json!({"functionCall": {"name": tool, "args": input}}),
    };
    json!({
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": TOKENS.0, "candidatesTokenCount": TOKENS.1, "totalTokenCount": TOKENS.0 + TOKENS.1,
        },
    })
}

fn events(stream: &mut TcpStream, events: &[Event]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    for (name, data) in events {
        if let Some(name) = name {
            writeln!(stream, "event: {name}")?;
        }
        let data = data.as_str().map_or_else(|| data.to_string(), str::to_owned);
        write!(stream, "data: {data}\n\n")?;
    }
    stream.flush()
}

fn reply(stream: &mut TcpStream, value: &Value) -> std::io::Result<()> {
    let text = value.to_string();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}", text.len());
    write!(stream, "{head}\r\nconnection: close\r\n\r\n{text}")?;
    stream.flush()
}
