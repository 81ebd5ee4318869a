//! GitHub's API on this machine: validates every request against GitHub's own description, keeps what it is told, and
//! refuses on demand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::run::root;

/// A request that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// It makes or changes something.
    pub(crate) fn writes(&self) -> bool {
        self.method != "GET"
    }
}

/// What the server does instead of what it should.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Another answer; nothing is kept.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// The request is carried out, and the answer is another one.
    Lie(u16, String),
    /// The request is carried out, and the connection is reset without an answer.
    DoneAndReset,
    /// The connection is reset at once.
    Reset,
    /// The request is carried out, and nobody ever answers.
    DoneAndSilent,
}

/// Decides about a request, given how many of its method came before.
type Judge = dyn Fn(&Request, usize) -> Option<Fault> + Send + Sync;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) requests: Vec<Request>,
    /// What does not fit the description.
    pub(crate) invalid: Vec<String>,
    pub(crate) check_runs: Vec<Value>,
    pub(crate) comments: Vec<Value>,
    pub(crate) pulls: Vec<Value>,
}

impl State {
    pub(crate) fn written(&self) -> Vec<&Request> {
        self.requests
            .iter()
            .filter(|request| request.writes())
            .collect()
    }
}

/// The server. It ends with the process.
pub(crate) struct Api {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Api {
    pub(crate) fn new() -> Api {
        Api::with(|_, _| None)
    }

    pub(crate) fn with(
        judge: impl Fn(&Request, usize) -> Option<Fault> + Send + Sync + 'static,
    ) -> Api {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!(
            "http://{}/api/v3",
            listener.local_addr().expect("an address")
        );
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, judge): (_, Arc<Judge>) = (Arc::clone(&state), Arc::new(judge));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, judge) = (Arc::clone(&shared), Arc::clone(&judge));
                std::thread::spawn(move || serve(stream, &state, &*judge));
            }
        });
        Api { url, state }
    }

    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no thread of the server panics")
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>, judge: &Judge) {
    let Some(request) = read(&stream) else { return };
    let before = {
        let mut state = state.lock().expect("no panic");
        let before = state
            .requests
            .iter()
            .filter(|known| known.method == request.method)
            .count();
        if let Err(why) = validate(&request) {
            state.invalid.push(why);
        }
        state.requests.push(request.clone());
        before
    };
    let carry_out = || answer(&request, &mut state.lock().expect("no panic"));
    match judge(&request, before) {
        None => {
            let (status, body) = carry_out();
            write(&mut stream, status, &[], &body.to_string());
        }
        Some(Fault::Answer(status, headers, body)) => write(&mut stream, status, &headers, &body),
        Some(Fault::Lie(status, body)) => {
            carry_out();
            write(&mut stream, status, &[], &body);
        }
        Some(Fault::DoneAndReset) => {
            carry_out();
        }
        Some(Fault::Reset) => {}
        Some(Fault::DoneAndSilent) => {
            carry_out();
            std::thread::sleep(Duration::from_secs(40));
        }
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Some(Request {
        method,
        path,
        headers,
        body,
    })
}

fn write(stream: &mut TcpStream, status: u16, headers: &[(&'static str, String)], body: &str) {
    let more: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let head = format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{more}connection: close\r\n\r\n",
        body.len()
    );
    let _gone = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body.as_bytes()));
}

/// The operation of the description that a path means, and the values in it.
fn operation(path: &str) -> Option<(&'static str, Vec<String>)> {
    const KNOWN: [&str; 7] = [
        "/repos/{owner}/{repo}/check-runs",
        "/repos/{owner}/{repo}/check-runs/{check_run_id}",
        "/repos/{owner}/{repo}/commits/{ref}/check-runs",
        "/repos/{owner}/{repo}/issues/{issue_number}/comments",
        "/repos/{owner}/{repo}/issues/comments/{comment_id}",
        "/repos/{owner}/{repo}/pulls",
        "/repos/{owner}/{repo}/pulls/{pull_number}",
    ];
    let path = path.strip_prefix("/api/v3")?.split('?').next()?;
    let parts: Vec<&str> = path.split('/').collect();
    KNOWN.into_iter().find_map(|known| {
        let pattern: Vec<&str> = known.split('/').collect();
        let fits = pattern.len() == parts.len()
            && pattern
                .iter()
                .zip(&parts)
                .all(|(wanted, part)| wanted.starts_with('{') || wanted == part);
        let values = pattern
            .iter()
            .zip(&parts)
            .filter(|(wanted, _)| wanted.starts_with('{'));
        fits.then(|| (known, values.map(|(_, part)| (*part).to_owned()).collect()))
    })
}

/// Against GitHub's own description: path, method, headers, body.
fn validate(request: &Request) -> Result<(), String> {
    let text = std::fs::read_to_string(root().join("fixtures/github/api.json"))
        .map_err(|why| why.to_string())?;
    let description: Value = serde_json::from_str(&text).map_err(|why| why.to_string())?;
    let (path, _) = operation(&request.path).ok_or(format!("no such path: {}", request.path))?;
    let operation = &description["paths"][path][request.method.to_lowercase()];
    if operation.is_null() {
        return Err(format!("no {} of {path}", request.method));
    }
    for (name, value) in [
        ("accept", "application/vnd.github+json"),
        ("authorization", "Bearer secret"),
        ("x-github-api-version", "2022-11-28"),
        ("user-agent", "loadproof"),
    ] {
        if request.header(name) != Some(value) {
            return Err(format!("{name}: {:?}", request.header(name)));
        }
    }
    let mut schema = operation["requestBody"]["content"]["application/json"]["schema"].clone();
    if schema.is_null() {
        return if request.body.is_null() {
            Ok(())
        } else {
            Err("a body where none belongs".to_owned())
        };
    }
    schema["components"] = description["components"].clone();
    let validator = jsonschema::draft4::new(&schema).map_err(|why| why.to_string())?;
    let errors = validator.iter_errors(&request.body);
    let errors: Vec<String> = errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.join("; ").chars().take(2000).collect())
    }
}

/// What GitHub would do.
fn answer(request: &Request, state: &mut State) -> (u16, Value) {
    let Some((path, values)) = operation(&request.path) else {
        return (404, json!({"message": "Not Found"}));
    };
    let id = values.last().and_then(|value| value.parse::<u64>().ok());
    match (
        request.method.as_str(),
        path.rsplit('/').next().unwrap_or_default(),
    ) {
        ("POST", "check-runs") => {
            let mut run = request.body.clone();
            run["id"] = json!(1000 + state.check_runs.len());
            count(&mut run, 0);
            state.check_runs.push(run.clone());
            (201, run)
        }
        ("GET", "check-runs") => (
            200,
            json!({"total_count": state.check_runs.len(), "check_runs": state.check_runs}),
        ),
        (method, "{check_run_id}") => {
            let Some(run) = state
                .check_runs
                .iter_mut()
                .find(|run| run["id"].as_u64() == id)
            else {
                return (404, json!({"message": "Not Found"}));
            };
            if method == "PATCH" {
                let before = run["output"]["annotations_count"].as_u64().unwrap_or(0);
                run["output"]["annotations"] = request.body["output"]["annotations"].clone();
                count(run, before);
            }
            (200, run.clone())
        }
        ("POST", "comments") => {
            let comment = json!({
                "id": 500 + state.comments.len(), "body": request.body["body"], "user": {"type": "Bot", "login": "x"},
                "author_association": "NONE",
            });
            state.comments.push(comment.clone());
            (201, comment)
        }
        ("GET", "comments") => {
            let page = request
                .path
                .split("page=")
                .last()
                .and_then(|page| page.parse::<usize>().ok());
            let start = 100 * (page.unwrap_or(1) - 1);
            let found: Vec<Value> = state
                .comments
                .iter()
                .skip(start)
                .take(100)
                .cloned()
                .collect();
            (200, Value::Array(found))
        }
        ("PATCH", "{comment_id}") => {
            let Some(comment) = state
                .comments
                .iter_mut()
                .find(|known| known["id"].as_u64() == id)
            else {
                return (404, json!({"message": "Not Found"}));
            };
            comment["body"] = request.body["body"].clone();
            (200, comment.clone())
        }
        ("GET", "pulls") => (200, Value::Array(state.pulls.clone())),
        _ => (404, json!({"message": "Not Found"})),
    }
}

/// GitHub appends annotations, and counts them.
fn count(run: &mut Value, before: u64) {
    let new = run["output"]["annotations"].as_array().map_or(0, Vec::len);
    run["output"]["annotations_count"] =
        json!(before + u64::try_from(new).expect("a small number"));
}

/// A proxy that makes tunnels.
pub(crate) struct Proxy {
    pub(crate) url: String,
    tunnels: Arc<std::sync::atomic::AtomicUsize>,
}

impl Proxy {
    pub(crate) fn tunnels(&self) -> usize {
        self.tunnels.load(std::sync::atomic::Ordering::SeqCst)
    }
}

/// Starts it. It ends with the process.
pub(crate) fn proxy() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let tunnels = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&tunnels);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let count = Arc::clone(&count);
            std::thread::spawn(move || tunnel(stream, &count));
        }
    });
    Proxy { url, tunnels }
}

fn tunnel(mut near: TcpStream, count: &std::sync::atomic::AtomicUsize) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        near.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).ok()?;
    let goal = head.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned();
    let mut far = TcpStream::connect(goal.replace("localhost", "127.0.0.1")).ok()?;
    count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    let (mut from, mut to) = (near.try_clone().ok()?, far.try_clone().ok()?);
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut far, &mut near).ok()?;
    Some(())
}
