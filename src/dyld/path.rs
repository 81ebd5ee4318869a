//! Paths as dyld takes them apart: plain text, no file system.

/// The text after the last slash.
pub(super) fn leaf(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, leaf)| leaf)
}

/// The text before the last slash.
pub(super) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Utils::concatenatePaths: no double slash where the directory ends with one.
pub(super) fn join(directory: &str, tail: &str) -> String {
    match directory.strip_suffix('/') {
        Some(directory) if tail.starts_with('/') => format!("{directory}{tail}"),
        Some(_) | None => format!("{directory}{tail}"),
    }
}

/// An absolute path, which may still hold `..`.
pub(super) fn absolute(path: &str, cwd: &str) -> String {
    if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{}/{path}", cwd.trim_end_matches('/'))
    }
}

/// Relative to the working directory: neither absolute nor an @-path (dyld/Loader.cpp:isFileRelativePath).
pub(super) fn is_relative(path: &str) -> bool {
    !path.starts_with(['/', '@'])
}

/// The tail of `path` behind an @-variable, which stands alone or before a slash.
pub(super) fn behind<'a>(path: &'a str, variable: &str) -> Option<&'a str> {
    let tail = path.strip_prefix(variable)?;
    (tail.is_empty() || tail.starts_with('/')).then_some(tail)
}

/// `@executable_path` expanded: leading `/..` are cut off textually, since the executable's path is real
/// (dyld/Loader.cpp:expandAndNormalizeAtExecutablePath).
pub(super) fn beside_executable(executable: &str, tail: &str) -> String {
    let mut start = directory(executable);
    let mut tail = tail;
    if tail.is_empty() {
        return format!("{start}/");
    }
    while let Some(rest) = tail.strip_prefix("/..") {
        match start.rsplit_once('/') {
            Some((parent, _)) if !parent.is_empty() => {
                start = parent;
                tail = rest;
            }
            Some(_) | None => break,
        }
    }
    format!("{start}{tail}")
}

/// The part of a framework's path that DYLD_FRAMEWORK_PATH replaces the front of: from the last `X.framework` whose
/// name is the leaf (dyld/DyldProcessConfig.cpp:getFrameworkPartialPath).
pub(super) fn framework_part<'a>(path: &'a str, suffix: Option<&str>) -> Option<&'a str> {
    let dot = path.rfind(".framework/")?;
    let leaf = leaf(path);
    let front = path.get(..dot)?;
    let slashes = front
        .rmatch_indices('/')
        .map(|(at, _)| at.saturating_add(1));
    let mut starts = slashes.chain(std::iter::once(0));
    starts.find_map(|start| {
        let name = front.get(start..)?;
        let rest = leaf.strip_prefix(name)?;
        let is_it = rest.is_empty() || Some(rest) == suffix;
        (is_it && !name.is_empty()).then(|| path.get(start..))?
    })
}

/// DYLD_IMAGE_SUFFIX goes before the last dot of the leaf.
pub(super) fn with_suffix(path: &str, suffix: &str) -> String {
    let start = path.len().saturating_sub(leaf(path).len());
    match path.rfind('.') {
        Some(dot) if dot >= start => {
            let (front, end) = path.split_at(dot);
            format!("{front}{suffix}{end}")
        }
        Some(_) | None => format!("{path}{suffix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{beside_executable, framework_part, join, with_suffix};

    #[test]
    fn framework_parts_start_at_the_framework_of_the_leaf_name() {
        let part = |path| framework_part(path, None);
        assert_eq!(part("/path/foo.framework/foo"), Some("foo.framework/foo"));
        assert_eq!(
            part("/p/foo.framework/Versions/A/foo"),
            Some("foo.framework/Versions/A/foo")
        );
        let nested = "/p/foo.framework/Frameworks/bar.framework/bar";
        assert_eq!(part(nested), Some("bar.framework/bar"));
        assert_eq!(part("foo.framework/foo"), Some("foo.framework/foo"));
        assert_eq!(part("/p/foo.framework/Libraries/bar.dylib"), None);
        assert_eq!(part("/p/foo.framework/bar"), None);
        assert_eq!(
            framework_part("/foo.framework/foo_debug", Some("_debug")),
            Some("foo.framework/foo_debug")
        );
    }

    #[test]
    fn suffixes_go_before_the_last_dot_of_the_leaf() {
        assert_eq!(
            with_suffix("/path/bar.A.dylib", "_debug"),
            "/path/bar.A_debug.dylib"
        );
        assert_eq!(with_suffix("/pa.th/bar", "_debug"), "/pa.th/bar_debug");
        assert_eq!(with_suffix("foo.dylib", "_debug"), "foo_debug.dylib");
    }

    #[test]
    fn executable_paths_lose_leading_parent_steps() {
        assert_eq!(
            beside_executable("/py/bin/python3", "/../lib/x"),
            "/py/lib/x"
        );
        assert_eq!(
            beside_executable("/py/bin/python3", "/../../../x"),
            "/py/../../x"
        );
        assert_eq!(beside_executable("/py/bin/python3", "/x"), "/py/bin/x");
    }

    #[test]
    fn joined_paths_have_no_double_slash() {
        assert_eq!(join("/a/", "/b"), "/a/b");
        assert_eq!(join("/a", "/b"), "/a/b");
    }
}
