//! A build script that raised: Python's traceback in the log names the line.

use super::{Finder, Located};
use crate::diagnosis::{Diagnosis, Source};

/// Lines below a complaint of CMake that may belong to it.
const STACK: usize = 80;

impl Finder<'_> {
    /// The last frame in the project of the traceback that tells of the subject, else of the last one: an exception
    /// that was caught and printed, or led to another, comes before the one that ended the build.
    pub(super) fn traceback(&self, subject: &str) -> Option<Located> {
        let build = self.scene.facts.build.as_ref()?;
        let root = format!(
            "{}/",
            self.scene.facts.project_directory.trim_end_matches('/')
        );
        let mut frames = Vec::new();
        let mut inside = false;
        let mut last = None;
        let mut telling = None;
        // Python shows the line of a frame below it.
        let mut is_shown = false;
        for line in build.log.lines().map(str::trim) {
            if line == "Traceback (most recent call last):" {
                inside = true;
                continue;
            }
            if !inside {
                continue;
            }
            if let Some((file, number)) = frame(line) {
                frames.push((file, number, ""));
                is_shown = true;
            } else if is_exception(line) {
                let own = own_frame(&frames, &root);
                if let Some(place) = own {
                    if !subject.is_empty() && line.contains(subject) {
                        telling = Some(place.clone());
                    }
                    last = Some(place);
                }
                frames.clear();
                inside = false;
            } else if std::mem::take(&mut is_shown)
                && let Some((.., shown)) = frames.last_mut()
            {
                *shown = line;
            }
        }
        let mut place = telling.or(last)?;
        self.quote(&mut place);
        let label = match place.line {
            Some(_) => "raised here",
            None => "raised below its call of `setup`",
        };
        Some(Located::at(place, label))
    }

    /// The line of CMakeLists.txt that CMake's first error names, by itself or as the nearest in its call stack.
    pub(super) fn cmake_error(&self, cause: &Diagnosis) -> Option<Located> {
        let build = self.scene.facts.build.as_ref()?;
        let mut lines = build.log.lines().map(str::trim);
        let mut complaint = lines.by_ref().find_map(|line| {
            let at = line.strip_prefix("CMake Error at ")?;
            Some(at.strip_suffix(':').unwrap_or(at))
        });
        // `Cannot find source file:`, and the file two lines below.
        let told: Vec<&str> = lines
            .take(STACK)
            .take_while(|line| !line.starts_with("CMake Error"))
            .collect();
        let missing = told
            .iter()
            .position(|line| *line == "Cannot find source file:")
            .and_then(|at| told.get(at + 1..)?.iter().find(|line| !line.is_empty()));
        if let Some(located) = missing.and_then(|file| self.missing_source(cause, file)) {
            return Some(located);
        }
        let mut stack = told.into_iter();
        while let Some(text) = complaint {
            if let Some(place) = cmake_place(text).and_then(|place| self.cmake_file(place)) {
                return Some(Located::at(place, "CMake stops here"));
            }
            complaint = stack.next();
        }
        None
    }

    /// A place of CMake's, if it is in the project. Paths are relative to the directory of the outermost CMakeLists.txt,
    /// which need not be the project's.
    fn cmake_file(&self, (file, line): (&str, u32)) -> Option<Source> {
        let path = self.inside(file)?;
        let is_known = self.project.text(&path).known().is_some();
        is_known.then(|| Source::at(path, Some(line), None))
    }
}

/// `CMakeLists.txt:5 (message)`, as CMake writes a frame.
fn cmake_place(text: &str) -> Option<(&str, u32)> {
    let (place, command) = text.rsplit_once(" (")?;
    let (file, line) = place.rsplit_once(':')?;
    command
        .ends_with(')')
        .then(|| line.parse().ok())
        .flatten()
        .map(|line| (file, line))
}

/// `File "/p/setup.py", line 12, in <module>`.
fn frame(line: &str) -> Option<(&str, u32)> {
    let (file, rest) = line.strip_prefix("File \"")?.split_once("\", line ")?;
    let number = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((file, number.parse().ok()?))
}

/// The innermost frame, of file, line and the text of that line, that is the project's.
fn own_frame(frames: &[(&str, u32, &str)], root: &str) -> Option<Source> {
    let innermost = frames.len().saturating_sub(1);
    let mut own = frames.iter().enumerate().rev();
    own.find_map(|(at, (file, number, shown))| {
        let file = file
            .strip_prefix(root)
            .or((*file == "setup.py").then_some("setup.py"))?;
        // What setuptools raises is about some argument, another file, or the environment.
        let is_any = at < innermost && is_setup(shown);
        Some(Source::at(file, (!is_any).then_some(*number), None))
    })
}

/// The call that hands everything to setuptools.
fn is_setup(shown: &str) -> bool {
    ["setup(", "setuptools.setup(", "core.setup("]
        .iter()
        .any(|call| shown.starts_with(call))
}

/// `ModuleNotFoundError: No module named 'torch'`: a dotted name, then a colon or nothing.
pub(super) fn is_exception(line: &str) -> bool {
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
    use super::{cmake_place, frame, is_exception, own_frame};

    #[test]
    fn frames_of_cmake_have_a_command_in_brackets() {
        assert_eq!(
            cmake_place("CMakeLists.txt:5 (find_package)"),
            Some(("CMakeLists.txt", 5))
        );
        assert_eq!(cmake_place("Call Stack (most recent call first):"), None);
        assert_eq!(cmake_place("see a:5"), None);
    }

    #[test]
    fn what_setuptools_raises_has_no_line_in_the_call_of_setup() {
        let setup = ("/p/setup.py", 9, "setup(name=\"x\",");
        let command = ("/p/setup.py", 3, "raise KeyError(name)");
        let library = ("/env/setuptools/__init__.py", 80, "return run(attrs)");
        let line = |frames: &[_]| own_frame(frames, "/p/").map(|place| (place.file, place.line));
        let file = "setup.py".to_owned();
        assert_eq!(line(&[setup, library]), Some((file.clone(), None)));
        assert_eq!(line(&[setup]), Some((file.clone(), Some(9))));
        assert_eq!(line(&[setup, library, command]), Some((file, Some(3))));
        assert_eq!(line(&[library]), None);
    }

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
