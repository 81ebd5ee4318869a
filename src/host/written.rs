//! What a build wrote about its own commands: compilation databases, ninja's logs and the manifests beside them.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::build::{RULES, Written};

/// Files that are read, bytes of one, and directories that are looked through, how deep.
const FILES: usize = 32;
const LONGEST: u64 = 4 << 20;
const DIRECTORIES: usize = 20_000;
const DEPTH: usize = 16;
/// Directories in which no build works.
const SKIPPED: [&str; 6] = [".git", "node_modules", ".venv", "venv", ".tox", ".nox"];

/// Those below the project and the build's own directory where something of them was written since then: what an earlier
/// build left says nothing about this one. A manifest may be older than the log of the ninja that works by it.
pub(super) fn since(started: SystemTime, project: &Path, build: &Path) -> Vec<Written> {
    let mut found = Vec::new();
    let mut open = vec![(build.to_path_buf(), 0), (project.to_path_buf(), 0)];
    let mut directories = 0;
    while let Some((directory, depth)) = open.pop() {
        directories += 1;
        if directories > DIRECTORIES || found.len() >= FILES {
            break;
        }
        let names = [".ninja_log", "compile_commands.json", "build.ninja", RULES];
        let files = names.map(|name| directory.join(name));
        if files.iter().take(2).any(|path| is_new(path, started)) {
            let files = files.iter().filter(|path| path.is_file());
            found.extend(files.map(|path| read(path, project, build)));
        }
        if depth == DEPTH {
            continue;
        }
        for entry in std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten()
        {
            let is_skipped = SKIPPED.iter().any(|name| entry.file_name() == *name);
            if !is_skipped && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push((entry.path(), depth + 1));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn is_new(path: &PathBuf, started: SystemTime) -> bool {
    let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| modified >= started)
}

fn read(path: &Path, project: &Path, build: &Path) -> Written {
    let inside = path.strip_prefix(project).or(path.strip_prefix(build));
    let shown = inside.unwrap_or(path).display().to_string();
    let metadata = std::fs::metadata(path);
    let modified = metadata.as_ref().ok().and_then(|it| it.modified().ok());
    let text = match metadata {
        Ok(metadata) if metadata.len() > LONGEST => Err(format!("has {} bytes", metadata.len())),
        _ => match std::fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => Ok(text),
            Ok(Err(_)) => Err("is not UTF-8".to_owned()),
            Err(why) => Err(format!("cannot be read: {why}")),
        },
    };
    Written {
        path: shown,
        directory: path.parent().map(|parent| parent.display().to_string()),
        modified: modified.and_then(nanoseconds),
        text,
    }
}

/// A time as ninja's log counts it: nanoseconds since 1970.
pub(super) fn nanoseconds(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::since;

    #[test]
    fn what_an_earlier_build_wrote_is_not_read() {
        let project = tempfile::tempdir().expect("a directory");
        let build = tempfile::tempdir().expect("a directory");
        let write = |path: std::path::PathBuf, bytes: &[u8]| {
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, bytes).expect("a file");
        };
        write(project.path().join("b/compile_commands.json"), b"[]");
        write(build.path().join("t/.ninja_log"), b"\xff");
        write(project.path().join(".venv/x/.ninja_log"), b"");
        let before = SystemTime::now() - Duration::from_secs(3600);
        let found = since(before, project.path(), build.path());
        let shown: Vec<_> = found
            .iter()
            .map(|file| (file.path.as_str(), file.text.as_deref()))
            .map(|(path, text)| (path, text.map_err(String::as_str)))
            .collect();
        assert_eq!(
            shown,
            [
                ("b/compile_commands.json", Ok("[]")),
                ("t/.ninja_log", Err("is not UTF-8"))
            ]
        );
        let later = SystemTime::now() + Duration::from_secs(3600);
        assert_eq!(since(later, project.path(), build.path()), []);
    }
}
