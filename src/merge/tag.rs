//! Names of native files without what only says which Python and processor they are built for.

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
}
