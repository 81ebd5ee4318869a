//! Where things stand on the Mac of a target.

use super::target::{Flavor, Target};
use crate::image::Arch;
use crate::wheel::{Place, Scheme};

/// The directories and files of a virtual environment and of the Python behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// `sys.prefix`.
    pub prefix: String,
    /// Where modules are installed.
    pub site_packages: String,
    /// The program that runs: what dyld calls the main executable.
    pub executable: String,
    /// `sys.base_prefix`.
    pub base_prefix: String,
    /// libpython or the framework's library; `None` if there is none.
    pub library: Option<String>,
    /// The executable depends on [`Layout::library`] and has no C API of its own.
    pub linked: bool,
}

/// The virtual environment of every target.
const PREFIX: &str = "/venv";

impl Layout {
    /// The layout of a target.
    pub fn of(target: &Target) -> Layout {
        let version = format!("{}.{}", target.python.major, target.python.minor);
        let threads = if target.python.free_threaded { "t" } else { "" };
        let (base_prefix, executable, library, linked) = python(target, &version, threads);
        Layout {
            prefix: PREFIX.to_owned(),
            site_packages: format!("{PREFIX}/lib/python{version}{threads}/site-packages"),
            executable,
            base_prefix,
            library,
            linked,
        }
    }

    /// The absolute path of a place; `None` for one that no installer knows.
    pub fn path(&self, place: &Place) -> Option<String> {
        let directory = match place.scheme {
            Scheme::Purelib | Scheme::Platlib => self.site_packages.clone(),
            Scheme::Scripts => format!("{}/bin", self.prefix),
            Scheme::Data => self.prefix.clone(),
            Scheme::Headers => format!("{}/include/site", self.prefix),
            Scheme::Unknown => return None,
        };
        Some(format!("{directory}/{}", place.path))
    }

    /// The absolute path of what people name as in [`Place`]'s words: `pkg/_C.so`, `PFX/bin/tool`.
    pub fn resolve(&self, shown: &str) -> String {
        match shown.strip_prefix("PFX/") {
            Some(rest) => format!("{}/{rest}", self.prefix),
            None if shown.starts_with('/') => shown.to_owned(),
            None => format!("{}/{shown}", self.site_packages),
        }
    }
}

/// Base prefix, executable, library, and whether the executable links the library.
fn python(target: &Target, version: &str, threads: &str) -> (String, String, Option<String>, bool) {
    let framework = |root: &str| {
        let name = if target.python.free_threaded {
            "PythonT"
        } else {
            "Python"
        };
        let prefix = format!("{root}/{name}.framework/Versions/{version}");
        let executable = format!("{prefix}/Resources/Python.app/Contents/MacOS/Python");
        let library = format!("{prefix}/{name}");
        (prefix, executable, Some(library), true)
    };
    let unix = |prefix: &str| {
        let executable = format!("{prefix}/bin/python{version}{threads}");
        let suffix = match target.python.soabi().strip_prefix("37") {
            Some(m) => m.to_owned(),
            None => threads.to_owned(),
        };
        let library = format!("{prefix}/lib/libpython{version}{suffix}.dylib");
        (prefix.to_owned(), executable, Some(library), false)
    };
    match target.flavor {
        Flavor::Standalone => unix("/opt/python"),
        Flavor::Conda => unix("/opt/conda"),
        Flavor::Framework => framework("/Library/Frameworks"),
        Flavor::Homebrew => {
            let root = if target.arch == Arch::X86_64 {
                "/usr/local"
            } else {
                "/opt/homebrew"
            };
            let name = if target.python.free_threaded {
                "python-freethreading"
            } else {
                "python"
            };
            framework(&format!("{root}/opt/{name}@{version}/Frameworks"))
        }
    }
}
