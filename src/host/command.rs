//! Runs a child to its end: time limit, own process group, everything it prints kept in order.

use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::process::end_tree;
use super::work::yield_to_signal;
use crate::build::Ending;

/// Bytes of output that are kept: half from the start, half from the end.
const KEPT: usize = 64 << 20;

/// What a child did.
pub(super) struct Ended {
    /// How it ended.
    pub(super) ending: Ending,
    /// What it printed, stdout and stderr as they came.
    pub(super) output: Transcript,
    /// Wall time.
    pub(super) elapsed: Duration,
}

/// Output, bounded: the start and the end of it.
#[derive(Default)]
pub(super) struct Transcript {
    head: Vec<u8>,
    tail: Vec<u8>,
    left_out: u64,
}

enum News {
    Printed(Vec<u8>),
    Closed,
    Ended(std::io::Result<ExitStatus>),
}

/// Runs the command. `watch` sees every chunk as it comes.
pub(super) fn run(command: Command, limit: Duration, watch: &mut dyn FnMut(&[u8])) -> Ended {
    let started = Instant::now();
    let mut output = Transcript::default();
    let ending = match start(command) {
        Ok((pid, news)) => follow(pid, &news, limit, |bytes| {
            watch(bytes);
            output.push(bytes);
        }),
        Err(why) => Ending::NotStarted {
            why: why.to_string(),
        },
    };
    yield_to_signal();
    Ended {
        ending,
        output,
        elapsed: started.elapsed(),
    }
}

/// Starts the child in a process group of its own, and two threads that tell what becomes of it.
fn start(mut command: Command) -> std::io::Result<(u32, Receiver<News>)> {
    let (reader, writer) = std::io::pipe()?;
    let second = writer.try_clone()?;
    command
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(second)
        .process_group(0);
    let mut child = command.spawn()?;
    // The command holds our copies of the pipe's end: without them gone the reader would never see its close.
    drop(command);
    let pid = child.id();
    let (sender, news) = mpsc::channel();
    let to_main = sender.clone();
    std::thread::spawn(move || pass_on(reader, &to_main));
    std::thread::spawn(move || {
        let _ = sender.send(News::Ended(child.wait()));
    });
    Ok((pid, news))
}

/// Waits for the child's end, and ends it at the limit.
fn follow(
    pid: u32,
    news: &Receiver<News>,
    limit: Duration,
    mut printed: impl FnMut(&[u8]),
) -> Ending {
    let (mut status, mut closed, mut timed_out) = (None, false, false);
    let mut deadline = Instant::now() + limit;
    while status.is_none() || !closed {
        match news.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(News::Printed(bytes)) => printed(&bytes),
            Ok(News::Closed) => closed = true,
            Ok(News::Ended(ended)) => {
                status = Some(ended);
                // A grandchild may hold the pipe open: what comes within this time is still ours.
                deadline = Instant::now() + Duration::from_millis(200);
            }
            // What a grandchild still prints is not worth more waiting, nor is a child that outlives SIGKILL.
            Err(RecvTimeoutError::Timeout) if status.is_some() || timed_out => break,
            Err(RecvTimeoutError::Timeout) => {
                timed_out = true;
                end_tree(pid);
                deadline = Instant::now() + Duration::from_secs(5);
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if timed_out {
        Ending::TimedOut {
            after: limit.as_secs(),
        }
    } else {
        ending_of(status)
    }
}

fn pass_on(mut reader: impl Read, to_main: &Sender<News>) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count) = reader.read(&mut buffer) {
        let chunk = buffer.get(..count).unwrap_or_default().to_vec();
        if chunk.is_empty() || to_main.send(News::Printed(chunk)).is_err() {
            break;
        }
    }
    let _ = to_main.send(News::Closed);
}

fn ending_of(status: Option<std::io::Result<ExitStatus>>) -> Ending {
    match status {
        Some(Ok(status)) => match (status.code(), status.signal()) {
            (Some(code), _) => Ending::Exited { code },
            (None, Some(signal)) => Ending::Killed { signal },
            (None, None) => Ending::NotStarted {
                why: "it ended neither by itself nor by a signal".to_owned(),
            },
        },
        Some(Err(why)) => Ending::NotStarted {
            why: why.to_string(),
        },
        None => Ending::NotStarted {
            why: "its end could not be waited for".to_owned(),
        },
    }
}

impl Transcript {
    fn push(&mut self, bytes: &[u8]) {
        let room = (KEPT / 2).saturating_sub(self.head.len()).min(bytes.len());
        let (first, rest) = bytes.split_at(room);
        self.head.extend_from_slice(first);
        self.tail.extend_from_slice(rest);
        // Dropped in large steps, so that a chatty child does not make us move the tail at every line.
        if self.tail.len() > KEPT {
            let surplus = self.tail.len() - KEPT / 2;
            self.tail.drain(..surplus);
            self.left_out += u64::try_from(surplus).unwrap_or(u64::MAX);
        }
    }

    /// The text and the number of bytes left out in its middle.
    pub(super) fn into_text(self) -> (String, u64) {
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        if self.left_out > 0 {
            text.push_str(&format!("\n[{} bytes left out here]\n", self.left_out));
        }
        text.push_str(&String::from_utf8_lossy(&self.tail));
        (text, self.left_out)
    }
}
