//! Paths of machines that build.

use std::fmt;

/// Whose path it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BuildPlace {
    /// A home directory.
    Home,
    /// A workspace of a CI service.
    Workspace,
    /// A temporary directory.
    Temporary,
    Homebrew,
    MacPorts,
    Conda,
    /// Somewhere that no macOS has of itself.
    Elsewhere,
}

impl fmt::Display for BuildPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BuildPlace::Home => "a home directory of the machine that built it",
            BuildPlace::Workspace => "a workspace of CI",
            BuildPlace::Temporary => "a temporary directory",
            BuildPlace::Homebrew => "Homebrew's directory",
            BuildPlace::MacPorts => "MacPorts' directory",
            BuildPlace::Conda => "a conda environment",
            BuildPlace::Elsewhere => "a directory that other machines have not",
        })
    }
}

/// Whose the path is, if it is one of a machine that builds. `/DLC/` and `/DLC` are delocate's and nobody's.
pub(super) fn build_place(path: &str) -> Option<BuildPlace> {
    if !path.starts_with('/') {
        return None;
    }
    let has = |parts: &[&str]| parts.iter().any(|part| path.contains(part));
    let starts = |parts: &[&str]| parts.iter().any(|part| path.starts_with(part));
    if starts(&["/usr/lib/", "/System/", "/DLC"]) || matches!(path, "/usr/lib" | "/System") {
        return None;
    }
    let place = if starts(&["/Users/runner/", "/Users/distiller/", "/Users/vsts/"]) {
        BuildPlace::Workspace
    } else if has(&["conda", "mambaforge", "miniforge", "micromamba"]) {
        BuildPlace::Conda
    } else if starts(&["/Users/", "/home/", "/root/"]) {
        BuildPlace::Home
    } else if starts(&[
        "/opt/homebrew",
        "/usr/local/Cellar",
        "/usr/local/opt",
        "/usr/local/lib",
        "/usr/local/Frameworks",
        "/home/linuxbrew",
    ]) {
        BuildPlace::Homebrew
    } else if starts(&["/opt/local"]) {
        BuildPlace::MacPorts
    } else if starts(&["/tmp/", "/private/", "/var/folders/", "/var/tmp/"]) {
        BuildPlace::Temporary
    } else {
        BuildPlace::Elsewhere
    };
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::{BuildPlace, build_place};

    #[test]
    fn the_systems_own_and_relative_paths_are_no_builds() {
        for path in [
            "/usr/lib/libSystem.B.dylib",
            "/System/Library/x",
            "@rpath/x",
            "/DLC/x/libx.dylib",
            "libx.dylib",
        ] {
            assert_eq!(build_place(path), None, "{path}");
        }
        let cases = [
            ("/Users/runner/work/x/build", BuildPlace::Workspace),
            ("/Users/me/miniconda3/envs/x/lib", BuildPlace::Conda),
            ("/Users/me/src/x", BuildPlace::Home),
            ("/opt/homebrew/opt/libomp/lib", BuildPlace::Homebrew),
            ("/usr/local/lib", BuildPlace::Homebrew),
            ("/opt/local/lib", BuildPlace::MacPorts),
            ("/private/var/folders/x", BuildPlace::Temporary),
            ("/opt/llvm-openmp/lib/libomp.dylib", BuildPlace::Elsewhere),
        ];
        for (path, place) in cases {
            assert_eq!(build_place(path), Some(place), "{path}");
        }
    }
}
