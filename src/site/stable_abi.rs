//! The members of CPython's stable ABI.

use std::collections::HashMap;
use std::sync::LazyLock;

/// By name: the minor version of Python 3 that brought it. `data/stable_abi.txt` is made by `tools/stable_abi.py`.
static MEMBERS: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| {
    let lines = include_str!("data/stable_abi.txt").lines();
    let entries = lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (name, minor) = line.split_once(' ')?;
            Some((name, minor.parse().ok()?))
        });
    entries.collect()
});

/// The minor version of Python 3 whose stable ABI is the first with this C name (without Mach-O's underscore); `None`:
/// it is no member.
pub fn stable_abi(name: &str) -> Option<u8> {
    MEMBERS.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::stable_abi;

    #[test]
    fn members_have_their_version() {
        assert_eq!(stable_abi("PyModule_Create2"), Some(2));
        assert_eq!(stable_abi("PyType_FromModuleAndSpec"), Some(10));
        assert_eq!(stable_abi("_PyUnicode_Ready"), None);
    }
}
