//! Which processes descend from which, and how to end them all.
//!
//! A process group is not enough: ninja puts every compiler into a group of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, kill_process, kill_process_group};

/// Time between the polite signal and the final one.
const GRACE: Duration = Duration::from_millis(800);

/// Ends a child, its process group and everything that descends from it.
pub(super) fn end_tree(root: u32) {
    let Some(pid) = i32::try_from(root).ok().and_then(Pid::from_raw) else {
        return;
    };
    let mut family = descendants(root);
    // Errors mean that it is gone already.
    let _ = kill_process_group(pid, Signal::TERM);
    signal(&family, Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline && (is_alive(root) || family.iter().any(|pid| is_alive(*pid))) {
        std::thread::sleep(Duration::from_millis(10));
    }
    family.extend(descendants(root));
    let _ = kill_process_group(pid, Signal::KILL);
    signal(&family, Signal::KILL);
}

/// Ends everything that descends from this process.
pub(super) fn end_all() {
    let me = u32::try_from(getpid().as_raw_nonzero().get()).unwrap_or_default();
    let family = descendants(me);
    signal(&family, Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline && family.iter().any(|pid| is_alive(*pid)) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut rest = family;
    rest.extend(descendants(me));
    signal(&rest, Signal::KILL);
}

/// Lets orphans of our children become ours, so that [`descendants`] finds them (Linux; macOS has no such thing).
pub(super) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(getpid()));
}

/// Sends the signal to each process and to the group that it leads: on macOS an orphan is found only by its group.
fn signal(pids: &BTreeSet<u32>, signal: Signal) {
    for pid in pids
        .iter()
        .filter_map(|pid| i32::try_from(*pid).ok())
        .filter_map(Pid::from_raw)
    {
        // Errors mean that it is gone already, or leads no group.
        let _ = kill_process_group(pid, signal);
        let _ = kill_process(pid, signal);
    }
}

/// Is there a process of that number that has not ended? A zombie has.
fn is_alive(pid: u32) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| !rest.trim_start().starts_with('Z')),
        Err(_) if std::path::Path::new("/proc/self").exists() => false,
        Err(_) => {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
            pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
        }
    }
}

/// Everything that descends from `root`, without `root`.
fn descendants(root: u32) -> BTreeSet<u32> {
    let parents = parents();
    let mut found = BTreeSet::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for (child, _) in parents.iter().filter(|(_, its)| **its == parent) {
            if found.insert(*child) {
                open.push(*child);
            }
        }
    }
    found
}

/// The parent of every process.
fn parents() -> BTreeMap<u32, u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return parents_by_ps();
    };
    let numbers = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let of = |pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // `pid (name) state ppid ...`, where the name may hold anything.
        stat.rsplit(')')
            .next()?
            .split_whitespace()
            .nth(1)?
            .parse()
            .ok()
    };
    numbers.filter_map(|pid| Some((pid, of(pid)?))).collect()
}

/// macOS has no /proc.
fn parents_by_ps() -> BTreeMap<u32, u32> {
    let listing = std::process::Command::new("/bin/ps")
        .args(["-A", "-o", "pid=", "-o", "ppid="])
        .output();
    let text = listing
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let pair = |line: &str| {
        let mut fields = line.split_whitespace();
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    text.lines().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    //! On this machine, whichever it is.

    use std::process::{Child, Command};

    use super::*;

    /// A shell that waits for its own child.
    fn parent() -> Child {
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", "sleep 300 & wait"])
            .spawn()
            .expect("a shell")
    }

    fn wait_until(reached: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !reached() {
            assert!(Instant::now() < deadline, "waited in vain");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn a_child_and_its_child_descend_from_this_process() {
        let mut child = parent();
        wait_until(|| descendants(child.id()).len() == 1);
        let me = std::process::id();
        assert_eq!(parents().get(&child.id()), Some(&me));
        assert!(descendants(me).is_superset(&descendants(child.id())));
        end_tree(child.id());
        child.wait().expect("it ended");
    }

    #[test]
    fn a_tree_ends_whole() {
        let mut child = parent();
        wait_until(|| descendants(child.id()).len() == 1);
        let family = descendants(child.id());
        assert!(family.iter().all(|pid| is_alive(*pid)));
        end_tree(child.id());
        child.wait().expect("it ended");
        wait_until(|| !family.iter().any(|pid| is_alive(*pid)));
    }
}
