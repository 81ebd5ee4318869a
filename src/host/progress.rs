//! What a person sees while a stage runs: a spinner with the last line of output, or one line per stage.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::random_token;
use crate::render::inert;

/// Progress on stderr.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    verbose: bool,
    /// Under GitHub Actions the runner obeys commands in what a build prints, unless they stand between two lines of ours
    /// with this word.
    fence: Option<String>,
    fenced: Cell<bool>,
}

impl Progress {
    /// A spinner if stderr is a terminal and `verbose` is off, else a line per stage; nothing at all if `quiet`.
    pub(super) fn new(quiet: bool, verbose: bool) -> Self {
        let wanted = !quiet && !verbose && std::io::stderr().is_terminal();
        let bar = wanted.then(|| {
            let style = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg}");
            let bar = ProgressBar::new_spinner()
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Progress {
            bar,
            quiet,
            verbose,
            fence: super::actions::active().then(random_token),
            fenced: Cell::new(false),
        }
    }

    /// A stage begins.
    pub(super) fn stage(&self, what: &str) {
        self.end_fence();
        match &self.bar {
            Some(bar) => {
                bar.set_prefix(printable(what));
                bar.set_message("");
            }
            None if self.quiet => {}
            None => eprintln!("loadproof: {}", inert(&printable(what))),
        }
    }

    /// The running stage printed something.
    pub(super) fn output(&self, bytes: &[u8]) {
        if self.verbose {
            if let Some(word) = self.fence.as_ref().filter(|_| !self.fenced.replace(true)) {
                eprintln!("::stop-commands::{word}");
            }
            eprint!("{}", String::from_utf8_lossy(bytes));
        }
        let Some(bar) = &self.bar else { return };
        if let Some(line) = String::from_utf8_lossy(bytes)
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
        {
            bar.set_message(printable(line));
        }
    }

    /// One of many things is done; only a terminal is told.
    pub(super) fn done(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
            bar.set_message(printable(what));
        }
    }

    /// Everything is done: the spinner goes.
    pub(super) fn finish(&self) {
        self.end_fence();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress {
    /// What was printed may end within a line.
    fn end_fence(&self) {
        if let Some(word) = self.fence.as_ref().filter(|_| self.fenced.replace(false)) {
            eprintln!("\n::{word}::");
        }
    }
}

/// The text without anything that would move a terminal's cursor.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
