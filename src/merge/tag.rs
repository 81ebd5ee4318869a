//! Names of native files without what only says which Python and processor they are built for.

const WHEEL: &str = ".whl";

/// `pkg/_C.cpython-313-darwin.so` as `pkg/_C.so`: the same module of the same project, on whichever leg. Text in which
/// such names stand is treated the same way.
pub fn without_tags(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in text.split('.') {
        if !is_tag(part) {
            kept.push(part);
        }
    }
    kept.join(".")
}

/// The middle of a file name as Python's importers write it: `cpython-313-darwin`, `cpython-311-x86_64-linux-gnu`,
/// `pypy310-pp73-darwin`, `abi3`, `cp313-win_amd64`.
fn is_tag(part: &str) -> bool {
    let digits_after = |start: &str| {
        part.strip_prefix(start)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let plain = part
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    plain
        && (part == "abi3"
            || part == "abi3t"
            || ["cpython-", "pypy", "graalpy", "cp"]
                .into_iter()
                .any(digits_after)
                && part.len() > 4)
}

/// The wheel that a path begins with or that a text names alone.
pub(super) fn wheel_of(path: &str) -> Option<&str> {
    let first = path.split('/').next()?;
    first.ends_with(WHEEL).then_some(first)
}

/// `x-1.0-cp311-cp311-macosx_11_0_arm64.whl/pkg` as `x-1.0/pkg`: the wheels of one release are told apart by their tags
/// alone.
pub(super) fn without_wheel_tags(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(end) = rest.find(WHEEL) {
        let (before, after) = rest.split_at(end);
        let is_outside = |c: char| c.is_whitespace() || matches!(c, '/' | '`' | '"' | '\'' | ',');
        let start = before.rfind(is_outside).map_or(0, |at| {
            let width = before.get(at..).and_then(|text| text.chars().next());
            at + width.map_or(1, char::len_utf8)
        });
        let (outside, name) = before.split_at(start);
        written.push_str(outside);
        let parts: Vec<&str> = name.split('-').collect();
        match parts.as_slice() {
            [project, version, _, _, _] | [project, version, _, _, _, _] => {
                written.push_str(&format!("{project}-{version}"));
            }
            _ => written.push_str(&format!("{name}{WHEEL}")),
        }
        rest = after.get(WHEEL.len()..).unwrap_or_default();
    }
    written.push_str(rest);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_alike_on_every_leg() {
        for tag in [
            "cpython-313-darwin",
            "cpython-313t-darwin",
            "cpython-311-x86_64-linux-gnu",
            "abi3",
            "pypy310-pp73-darwin",
        ] {
            assert_eq!(without_tags(&format!("pkg/_C.{tag}.so")), "pkg/_C.so");
        }
        assert_eq!(without_tags("pkg/_C.so"), "pkg/_C.so");
        assert_eq!(without_tags("libomp.5.dylib"), "libomp.5.dylib");
        assert_eq!(without_tags("pkg.cp.so"), "pkg.cp.so");
    }

    #[test]
    fn a_wheel_is_named_alike_for_every_python_and_processor() {
        for (text, plain) in [
            (
                "x-1.0-cp311-cp311-macosx_11_0_arm64.whl/pkg/a.so",
                "x-1.0/pkg/a.so",
            ),
            ("x-1.0-1-cp311-cp311-macosx_11_0_arm64.whl", "x-1.0"),
            (
                "`x-1.0-py3-none-any.whl` and `é/y-2-py3-none-any.whl`",
                "`x-1.0` and `é/y-2`",
            ),
            ("é.whl/a, \u{3000}b.whl", "é.whl/a, \u{3000}b.whl"),
            (".whl.whl", ".whl.whl"),
            ("none", "none"),
        ] {
            assert_eq!(without_wheel_tags(text), plain, "{text}");
        }
    }

    #[test]
    fn a_path_in_a_wheel_tells_the_wheel() {
        assert_eq!(wheel_of("x-1.whl/a/b.so"), Some("x-1.whl"));
        assert_eq!(wheel_of("x-1.whl"), Some("x-1.whl"));
        assert_eq!(wheel_of("a/x-1.whl"), None);
        assert_eq!(wheel_of(""), None);
    }
}
