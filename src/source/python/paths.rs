//! Paths as `os.path` and `pathlib` treat them on the systems that matter here.

/// `os.path.join`.
pub(super) fn join(parts: &[&str]) -> String {
    let mut path = String::new();
    for part in parts {
        if part.starts_with('/') {
            path.clear();
        } else if !path.is_empty() && !path.ends_with('/') {
            path.push('/');
        }
        path.push_str(part);
    }
    path
}

/// `os.path.normpath`.
pub(super) fn normal(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// `os.path.dirname` and `os.path.basename`.
pub(super) fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", file)) => ("/", file),
        Some((directory, file)) => (directory.trim_end_matches('/'), file),
        None => ("", path),
    }
}

/// `os.path.splitext`.
pub(super) fn split_extension(path: &str) -> (&str, &str) {
    let (_, file) = split(path);
    let leading = file.len() - file.trim_start_matches('.').len();
    match file.get(leading..).and_then(|rest| rest.rfind('.')) {
        Some(dot) => path.split_at(path.len() - file.len() + leading + dot),
        None => (path, ""),
    }
}

/// A path relative to the project's directory; `None` if it leads out of it.
pub(super) fn inside(directory: &str, path: &str) -> Option<String> {
    let whole = normal(&join(&[directory, path]));
    let root = normal(directory);
    if whole == root {
        return Some(String::new());
    }
    let inside = whole.strip_prefix(&root)?.strip_prefix('/')?;
    Some(inside.to_owned())
}

/// Does a file name fit a pattern of `glob`: `*`, `?`, `[abc]`, and `**` where it stands alone between slashes?
pub(super) fn fits(pattern: &str, path: &str, recursive: bool) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    // Each cell: do the first n parts of the pattern fit the first m parts of the path?
    let mut fits = vec![false; path.len() + 1];
    fits[0] = true;
    for part in pattern {
        let mut next = vec![false; path.len() + 1];
        if part == "**" && recursive {
            let mut any = false;
            for (cell, so_far) in next.iter_mut().zip(&fits) {
                any |= so_far;
                *cell = any;
            }
        } else {
            for (index, name) in path.iter().enumerate() {
                next[index + 1] = fits[index] && name_fits(part, name);
            }
        }
        fits = next;
    }
    fits.last().copied().unwrap_or_default()
}

fn name_fits(pattern: &str, name: &str) -> bool {
    // A name that begins with a dot is hidden from `*`.
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let pattern = pattern.replace("**", "*");
    glob::Pattern::new(&pattern).is_ok_and(|pattern| pattern.matches_with(name, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_cut_as_python_does() {
        assert_eq!(join(&["a", "b/", "c"]), "a/b/c");
        assert_eq!(join(&["a", "/b"]), "/b");
        assert_eq!(join(&["", "b"]), "b");
        assert_eq!(normal("./a//b/../c/"), "a/c");
        assert_eq!(normal("../a"), "../a");
        assert_eq!(normal(""), ".");
        assert_eq!(split("a/b/c.cpp"), ("a/b", "c.cpp"));
        assert_eq!(split_extension("a.b/c"), ("a.b/c", ""));
        assert_eq!(split_extension("a/.c.tar.gz"), ("a/.c.tar", ".gz"));
        assert_eq!(inside("/p", "/p/a/../b.c").as_deref(), Some("b.c"));
        assert_eq!(inside("/p", "../q"), None);
    }

    #[test]
    fn patterns_fit_as_glob_does() {
        assert!(fits("src/*.cpp", "src/a.cpp", false));
        assert!(!fits("src/*.cpp", "src/x/a.cpp", false));
        assert!(!fits("src/*.cpp", "src/.a.cpp", false));
        assert!(fits("src/**/*.cpp", "src/a.cpp", true));
        assert!(fits("src/**/*.cpp", "src/x/y/a.cpp", true));
        assert!(fits("src/**/*.cpp", "src/x/a.cpp", false));
        assert!(!fits("src/**/*.cpp", "src/a.cpp", false));
        assert!(fits("[ab].c", "b.c", false));
    }
}
