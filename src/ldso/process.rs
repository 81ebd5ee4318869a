//! Who opens the extension: the facts about a running process that ld.so's search depends on.

use serde::{Deserialize, Serialize};

use crate::image::Arch;

/// A Linux process, as far as its dynamic loader cares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The architecture of the executable.
    pub arch: Arch,
    /// The executable, symbolic links resolved (`/proc/PID/exe`): what `$ORIGIN` means for it.
    pub executable: String,
    /// PT_INTERP of the executable: tells glibc from musl.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// What is loaded, in load order (`dl_iterate_phdr`), the executable left out. Names without a slash, such as the
    /// kernel's `linux-vdso.so.1`, are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loaded: Vec<ProcessImage>,
    /// LD_LIBRARY_PATH at the start of the process: later changes do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library_path: Option<String>,
    /// LD_PRELOAD at the start of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preload: Option<String>,
    /// `/etc/ld.so.cache` for this architecture: soname and path, in file order ([`super::cache::parse`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cache: Vec<(String, String)>,
    /// Directories that are searched last, in order ([`Process::default_directories`]).
    pub directories: Vec<String>,
    /// Subdirectories that are tried before each directory itself, in order ([`super::hwcaps::subdirectories`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hwcaps: Vec<String>,
    /// What `$LIB` stands for: `lib/x86_64-linux-gnu` on Debian, `lib64` on Fedora.
    pub lib: String,
    /// What `$PLATFORM` stands for (AT_PLATFORM); a path with it is dropped where that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// AT_SECURE: set-user-ID and the like. LD_LIBRARY_PATH is ignored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secure: bool,
    /// What relative paths start from.
    pub working_directory: String,
    /// The lines of `/etc/ld-musl-ARCH.path`, if that exists (musl only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub musl_path: Option<String>,
}

/// An image that the process already has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessImage {
    /// Its path as the loader knows it (`dlpi_name`).
    pub path: String,
    /// It was opened with RTLD_GLOBAL: it and its dependents take part in every lookup. What the executable needs is
    /// global anyway and need not be marked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub global: bool,
}

impl Process {
    /// The default directories of a glibc that was built for multiarch directories (Debian, Ubuntu) or not.
    pub fn default_directories(arch: Arch, multiarch: bool) -> Vec<String> {
        let triplet = match arch {
            Arch::X86_64 => Some("x86_64-linux-gnu"),
            Arch::Aarch64 => Some("aarch64-linux-gnu"),
            _ => None,
        };
        match triplet.filter(|_| multiarch) {
            Some(triplet) => vec![
                format!("/lib/{triplet}"),
                format!("/usr/lib/{triplet}"),
                "/lib".to_owned(),
                "/usr/lib".to_owned(),
            ],
            None => vec!["/lib64".to_owned(), "/usr/lib64".to_owned()],
        }
    }

    /// Its loader is musl's, not glibc's.
    pub fn is_musl(&self) -> bool {
        self.interpreter.as_deref().is_some_and(|path| {
            path.rsplit('/')
                .next()
                .is_some_and(|name| name.starts_with("ld-musl-"))
        })
    }

    /// A path as the file system sees it.
    pub(super) fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("{}/{path}", self.working_directory)
        }
    }
}
