//! Who calls dlopen: the facts about a process that decide what dyld does.

use serde::{Deserialize, Serialize};

use super::system::Target;
use crate::image::{Arch, CodeDirectory, Image, Signature, Version};

/// The process that opens the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The architecture it runs as: `arm64`, `arm64e` or `x86_64` (Rosetta is `x86_64`).
    pub arch: Arch,
    /// The macOS version it runs on.
    pub macos: Version,
    /// The main executable as it was started; links are resolved. `None`: not known, what only it could provide is
    /// assumed.
    pub executable: Option<String>,
    /// The working directory.
    pub cwd: String,
    /// The environment at launch; dyld reads it then and never again.
    pub environment: Vec<(String, String)>,
    /// Opened before, in this order.
    pub opened_before: Vec<Request>,
    /// x86_64 only: the processor is a Haswell or newer, so that x86_64h slices are taken.
    pub haswell: bool,
    /// What AMFI lets dyld do.
    pub permissions: Permissions,
    /// Library validation: images must be the system's or carry the process's Team ID.
    pub library_validation: bool,
    /// The process itself is a part of macOS.
    pub platform_binary: bool,
    /// The process runs with the hardened runtime.
    pub hardened: bool,
    /// The Team ID of the process.
    pub team_id: Option<String>,
}

/// AMFI's permissions (dyld/DyldProcessConfig.cpp: Security). An ordinary Python has them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions {
    /// `@executable_path` and relative rpaths may be expanded.
    pub at_paths: bool,
    /// DYLD_*_PATH and the like are read, and paths relative to the working directory are taken.
    pub path_variables: bool,
    /// The first of each pair of default fallback directories is searched.
    pub fallback_paths: bool,
    /// LC_DYLD_ENVIRONMENT is read.
    pub embedded_variables: bool,
}

impl Permissions {
    /// Everything is allowed.
    pub const ALL: Permissions = Permissions {
        at_paths: true,
        path_variables: true,
        fallback_paths: true,
        embedded_variables: true,
    };
}

/// One dlopen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The path as passed.
    pub path: String,
    /// RTLD_LAZY rather than RTLD_NOW: functions that are bound at their first call may be missing.
    pub lazy: bool,
    /// RTLD_LOCAL: hidden from flat lookups.
    pub local: bool,
    /// The image that calls dlopen, if not the executable: its rpaths and SDK count too.
    pub caller: Option<String>,
}

impl Request {
    /// What Python's import does: RTLD_NOW, and the executable calls.
    pub fn import(path: &str) -> Self {
        Request {
            path: path.to_owned(),
            lazy: false,
            local: false,
            caller: None,
        }
    }

    /// The mode as the C interface has it.
    pub(super) fn mode(&self) -> u32 {
        let binding = if self.lazy { 1 } else { 2 };
        let visibility = if self.local { 4 } else { 0 };
        binding | visibility
    }
}

impl Process {
    /// An ordinary process without an executable or environment.
    pub fn new(arch: Arch, macos: Version) -> Self {
        Process {
            arch,
            macos,
            executable: None,
            cwd: "/".to_owned(),
            environment: Vec::new(),
            opened_before: Vec::new(),
            haswell: true,
            permissions: Permissions::ALL,
            library_validation: false,
            platform_binary: false,
            hardened: false,
            team_id: None,
        }
    }

    /// Whether the kernel asks for a signature on every image and kills at a stale page: Apple Silicon, not Rosetta.
    pub(super) fn needs_signatures(&self) -> bool {
        matches!(self.arch, Arch::Arm64 | Arch::Arm64e)
    }
}

const NO_LIBRARY_VALIDATION: &str = "com.apple.security.cs.disable-library-validation";
const DYLD_VARIABLES: &str = "com.apple.security.cs.allow-dyld-environment-variables";

impl Process {
    /// Whose shared cache it has.
    pub fn target(&self) -> Target {
        Target {
            macos: self.macos,
            arch: self.arch,
        }
    }

    /// Takes over what the executable's signature and place say: the hardened runtime with its exceptions, library
    /// validation, the Team ID, and System Integrity Protection.
    pub fn learn_from(&mut self, executable: &Image, real_path: &str) {
        const PROTECTED: [&str; 6] = [
            "/System/",
            "/usr/bin/",
            "/usr/sbin/",
            "/usr/libexec/",
            "/bin/",
            "/sbin/",
        ];
        if PROTECTED.iter().any(|place| real_path.starts_with(place)) {
            self.permissions.path_variables = false;
        }
        let Some(Signature::Present(directory)) = executable.macho().map(|part| &part.signature)
        else {
            return;
        };
        let has = |name: &str| {
            directory
                .entitlements
                .iter()
                .any(|entitlement| entitlement == name)
        };
        self.team_id.clone_from(&directory.team_id);
        self.hardened = directory.flags & CodeDirectory::RUNTIME != 0;
        let asked = directory.flags & CodeDirectory::REQUIRE_LIBRARY_VALIDATION != 0;
        self.library_validation = asked || (self.hardened && !has(NO_LIBRARY_VALIDATION));
        if self.hardened && !has(DYLD_VARIABLES) {
            self.permissions.path_variables = false;
        }
    }
}
