//! Which Python has which function of the C API, as far as it is known.
//!
//! `data/c_api.txt` is made by `tools/c_api.py`, which names its sources: the stable ABI's list of members (`abi3info`
//! on PyPI) and the notes `New in version` of CPython's documentation. What is in neither (functions without
//! documentation, those of one version only) is assumed to be there, and counted.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::list::unpacked;
use super::target::PythonVersion;
use crate::python::is_c_api;

/// Whether a Python has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It has.
    Yes,
    /// The name is written as the C API's are; nobody knows of this version.
    Assumed,
    /// It has not.
    No,
}

/// By name: the first minor version of Python 3 that may have it, and the first that has.
static SINCE: LazyLock<HashMap<String, (u8, u8)>> = LazyLock::new(|| {
    let text = unpacked(include_bytes!("data/c_api.txt.zst"));
    let entries = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (name, minors) = line.split_once(' ')?;
            let (may, has) = minors.split_once(' ').unwrap_or((minors, minors));
            Some((name.to_owned(), (may.parse().ok()?, has.parse().ok()?)))
        });
    entries.collect()
});

/// Whether this Python has a function or variable of that C name (without Mach-O's underscore).
pub fn c_api(name: &str, python: PythonVersion) -> Answer {
    match SINCE.get(name) {
        Some((_, has)) if python.major == 3 && python.minor >= *has => Answer::Yes,
        Some((may, _)) if python.major == 3 && python.minor < *may => Answer::No,
        // It is in a list of the C API, and this version may have it.
        Some(_) => Answer::Assumed,
        None if is_c_api(name) => Answer::Assumed,
        None => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, c_api};
    use crate::site::PythonVersion;

    #[test]
    fn functions_have_the_version_that_brought_them() {
        let ask = |name, minor| c_api(name, PythonVersion::new(3, minor));
        assert_eq!(ask("PyModule_Create2", 9), Answer::Yes);
        assert_eq!(ask("PyType_GetName", 10), Answer::No);
        assert_eq!(ask("PyType_GetName", 11), Answer::Yes);
        // In the limited API since 3.12, and callable long before.
        assert_eq!(ask("PyVectorcall_Call", 9), Answer::Yes);
        assert_eq!(ask("_PyObject_NextNotImplemented", 9), Answer::Assumed);
        assert_eq!(ask("PyCriticalSection2_Begin", 14), Answer::Assumed);
        assert_eq!(ask("PyCriticalSection2_Begin", 9), Answer::No);
        assert_eq!(ask("PyArray_API", 9), Answer::No);
        assert_eq!(
            c_api("PyString_FromString", PythonVersion::new(2, 7)),
            Answer::Assumed
        );
    }
}
