//! Which releases of torch can stand beside a Python.

use super::target::PythonVersion;
use crate::wheel::allows;

/// The releases with a wheel for macOS, for each minor version of Python 3, by PyPI's list of files.
const WITH_WHEELS: [(u8, &str); 9] = [
    (6, "<1.11"),
    (7, "<2"),
    (8, "<2.5"),
    (9, "<2.9"),
    (10, ">=1.11,<2.15"),
    (11, ">=2.0"),
    (12, ">=2.2"),
    (13, ">=2.6"),
    (14, ">=2.9"),
];

/// Is there a wheel of that release of torch for that Python? Of a Python that is not in the list nobody knows.
pub fn torch_is_for(release: &str, python: PythonVersion) -> bool {
    let mut known = WITH_WHEELS.iter();
    let range = known.find(|(minor, _)| *minor == python.minor);
    range.is_none_or(|(_, range)| allows(range, release))
}

#[cfg(test)]
mod tests {
    use super::torch_is_for;
    use crate::site::PythonVersion;

    #[test]
    fn torch_has_wheels_for_the_pythons_of_its_time() {
        let python = |minor| PythonVersion::new(3, minor);
        assert!(torch_is_for("2.8.0", python(9)));
        assert!(!torch_is_for("2.9.0", python(9)));
        assert!(!torch_is_for("2.5.1", python(13)));
        assert!(torch_is_for("2.5.1", python(15)));
    }
}
