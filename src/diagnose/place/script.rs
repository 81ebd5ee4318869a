//! A build script that raised: Python's traceback in the log names the line.

use super::{Finder, Located};
use crate::diagnosis::Source;

impl Finder<'_> {
    /// The last frame of the first traceback that is in the project.
    pub(super) fn traceback(&self) -> Option<Located> {
        let build = self.scene.facts.build.as_ref()?;
        let root = format!(
            "{}/",
            self.scene.facts.project_directory.trim_end_matches('/')
        );
        let mut frames = Vec::new();
        let mut inside = false;
        for line in build.log.lines().map(str::trim) {
            if line == "Traceback (most recent call last):" {
                inside = true;
                continue;
            }
            if !inside {
                continue;
            }
            if let Some((file, number)) = frame(line) {
                frames.push((file, number));
            } else if is_exception(line) {
                let own = frames.iter().rev().find_map(|(file, number)| {
                    let file = file
                        .strip_prefix(&root)
                        .or((*file == "setup.py").then_some("setup.py"))?;
                    Some(Source::at(file, Some(*number), None))
                });
                if let Some(mut place) = own {
                    self.quote(&mut place);
                    return Some(Located::at(place, "raised here"));
                }
                frames.clear();
                inside = false;
            }
        }
        None
    }
}

/// `File "/p/setup.py", line 12, in <module>`.
fn frame(line: &str) -> Option<(&str, u32)> {
    let (file, rest) = line.strip_prefix("File \"")?.split_once("\", line ")?;
    let number = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((file, number.parse().ok()?))
}

/// `ModuleNotFoundError: No module named 'torch'`: a dotted name, then a colon or nothing.
fn is_exception(line: &str) -> bool {
    let name = line.split(": ").next().unwrap_or(line);
    let ends = [
        "Error",
        "Exception",
        "Exit",
        "Interrupt",
        "Warning",
        "Unavailable",
    ];
    !name.contains(' ') && ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::{frame, is_exception};

    #[test]
    fn frames_and_exceptions_are_told_from_source_lines() {
        assert_eq!(
            frame("File \"/p/setup.py\", line 12, in <module>"),
            Some(("/p/setup.py", 12))
        );
        assert_eq!(frame("import torch"), None);
        assert!(is_exception("ModuleNotFoundError: No module named 'torch'"));
        assert!(!is_exception("raise ValueError(x)"));
    }
}
