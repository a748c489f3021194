//! A scripted server of a language model on the loopback interface: answers requests in order, the last answer repeats,
//! and keeps them all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;

/// What a request gets.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A status, further headers, a body.
    Http(u16, Vec<(&'static str, String)>, String),
    /// Nothing, until the server is dropped.
    Silence,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::Http(status, vec![("content-type", "application/json".to_owned())], body.to_string())
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Asked {
    pub(crate) fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Shared {
    script: Mutex<Vec<Answer>>,
    asked: Mutex<Vec<Asked>>,
    arrived: Condvar,
    stopping: AtomicBool,
    /// Connections left without an answer.
    silent: Mutex<Vec<TcpStream>>,
}

/// The server; it stops when dropped.
pub(crate) struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl ModelServer {
    pub(crate) fn start(script: Vec<Answer>) -> Self {
        assert!(!script.is_empty(), "a server without an answer answers nothing");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { script: Mutex::new(script), ..Shared::default() });
        let accepting = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self { address, shared, accepting: Some(accepting) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Goes on with these answers.
    pub(crate) fn answers(&self, script: Vec<Answer>) {
        *self.shared.script.lock().unwrap() = script;
    }

    /// Waits until so many requests have come.
    pub(crate) fn wait_for(&self, requests: usize) {
        let mut asked = self.shared.asked.lock().unwrap();
        while asked.len() < requests {
            asked = self.shared.arrived.wait(asked).unwrap();
        }
    }
}

impl Drop for ModelServer {
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
        // One after the other: the order of answers is that of requests.
        let _hung_up = serve(stream, shared);
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let is_probe = words.next() != Some("POST");
    let path = words.next().unwrap_or_default().to_owned();
    let mut headers: Vec<(String, String)> = Vec::new();
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').unwrap_or_default();
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut raw = vec![0; length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut raw)?;
    if is_probe {
        return write!(stream, "HTTP/1.1 200 Scripted\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    }
    let text = String::from_utf8_lossy(&raw).into_owned();
    let answer = {
        let mut script = shared.script.lock().unwrap();
        if script.len() > 1 { script.remove(0) } else { script[0].clone() }
    };
    shared.asked.lock().unwrap().push(Asked { path, headers, text });
    shared.arrived.notify_all();
    match answer {
        Answer::Silence => shared.silent.lock().unwrap().push(stream),
        Answer::Http(status, headers, body) => {
            write!(stream, "HTTP/1.1 {status} Scripted\r\nconnection: close\r\n")?;
            for (name, value) in headers {
                write!(stream, "{name}: {value}\r\n")?;
            }
            write!(stream, "content-length: {}\r\n\r\n{body}", body.len())?;
            stream.flush()?;
        }
    }
    Ok(())
}
