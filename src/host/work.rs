//! The directory of one run, removed when the run ends, also when a signal ends it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::process;

/// A signal is ending us: its handler has the last word.
static ENDING: AtomicBool = AtomicBool::new(false);
static LIVE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// A fresh directory with room for each stage.
pub(super) struct Work {
    path: PathBuf,
}

impl Work {
    /// Makes the directory under the system's temporary one.
    pub(super) fn new() -> anyhow::Result<Work> {
        let parent = std::env::temp_dir();
        let made = tempfile::Builder::new()
            .prefix("loadproof-")
            .tempdir_in(&parent);
        let made =
            made.with_context(|| format!("cannot make a directory in `{}`", parent.display()))?;
        // Real path: it ends up in messages of loaders, which resolve symbolic links (/tmp is one on macOS).
        let path = made
            .keep()
            .canonicalize()
            .context("cannot resolve the temporary directory")?;
        LIVE.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(path.clone());
        Ok(Work { path })
    }

    /// A directory in it, made if it is not there yet.
    pub(super) fn directory(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.path.join(name);
        std::fs::create_dir_all(&path)
            .with_context(|| format!("cannot make the directory `{}`", path.display()))?;
        Ok(path)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        LIVE.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.path);
        remove(&self.path);
    }
}

/// Waits for the end if a signal is ending us: what goes on meanwhile would make anew what is being removed, and
/// report the end of a child that we ended ourselves.
pub(super) fn yield_to_signal() {
    while ENDING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

fn remove(path: &Path) {
    // What a build made read-only or still writes to is left to the system's own cleaning.
    let _ = std::fs::remove_dir_all(path);
}

/// From here on a signal ends every child and removes every directory before it ends us.
pub(super) fn clean_up_on_signals() -> anyhow::Result<()> {
    process::adopt_orphans();
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot listen for signals")?;
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            ENDING.store(true, Ordering::SeqCst);
            process::end_all();
            for path in LIVE.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                remove(path);
            }
            // What a shell reports for a process that this signal ended.
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}
