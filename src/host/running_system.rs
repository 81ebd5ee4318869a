//! The macOS that runs here: its version, and its shared cache as the answer to what its libraries are.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use super::catalogue::map;
use crate::catalogue::running_cache::{self, RunningCache};
use crate::dyld::Target;
use crate::image::{Arch, Version};

/// Where the caches are: since macOS 13 in the cryptex of the system, before that on the system's own volume.
const FOLDERS: [&str; 2] = [
    "/System/Volumes/Preboot/Cryptexes/OS/System/Library/dyld",
    "/System/Library/dyld",
];

/// `None` on anything but a Mac.
pub(super) fn version() -> Option<Version> {
    if !cfg!(target_os = "macos") {
        return None;
    }
    let list = fs::read_to_string("/System/Library/CoreServices/SystemVersion.plist").ok()?;
    let (_, after) = list.split_once("<key>ProductVersion</key>")?;
    let (_, after) = after.split_once("<string>")?;
    let (version, _) = after.split_once("</string>")?;
    version.parse().ok()
}

/// The processor of this machine's own processes.
pub(super) fn arch() -> Arch {
    if cfg!(target_arch = "aarch64") {
        Arch::Arm64
    } else {
        Arch::X86_64
    }
}

/// The running system's cache, if it is the one meant, and if it can be read.
pub(super) fn cache(target: Target) -> Option<RunningCache<Mmap>> {
    let running = version()?;
    let is_running = (target.macos.major, target.macos.minor) == (running.major, running.minor);
    let file = is_running.then(|| cache_file(target.arch))??;
    open(&file, running)
}

/// The main file of the running system's cache for this architecture; `None` on anything but a Mac.
pub(super) fn cache_file(arch: Arch) -> Option<PathBuf> {
    version()?;
    find(&FOLDERS.map(Path::new), arch)
}

fn find(folders: &[&Path], arch: Arch) -> Option<PathBuf> {
    // Rosetta's processes and old processors have the second of Intel's caches, the others the first.
    let names: &[&str] = match arch {
        Arch::Arm64 | Arch::Arm64e => &["dyld_shared_cache_arm64e"],
        Arch::X86_64 | Arch::X86_64h if cfg!(target_arch = "aarch64") => {
            &["dyld_shared_cache_x86_64", "dyld_shared_cache_x86_64h"]
        }
        Arch::X86_64 | Arch::X86_64h => &["dyld_shared_cache_x86_64h", "dyld_shared_cache_x86_64"],
        Arch::Aarch64 | Arch::MachO(..) | Arch::Elf(..) => &[],
    };
    let folders = folders.iter();
    let mut files = folders.flat_map(|folder| names.iter().map(|name| folder.join(name)));
    files.find(|file| file.is_file())
}

/// Maps the files. A further file that is missing leaves gaps; without the main one there is no cache.
fn open(main: &Path, running: Version) -> Option<RunningCache<Mmap>> {
    let mapped = map(main).ok()?;
    let suffixes = running_cache::suffixes(&mapped).ok()?;
    let beside = |suffix: String| {
        let mut name = OsString::from(main);
        name.push(suffix);
        map(Path::new(&name)).ok()
    };
    let others = suffixes.into_iter().map(beside).collect();
    RunningCache::new(mapped, others, running).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::running_cache::tests::cache as made_by_hand;
    use crate::dyld::{Library, SystemLibraries};

    const ANSWER: &str = "/usr/lib/libanswer.1.dylib";
    const VERSION: Version = Version::new(14, 5, 0);

    fn ask(cache: &RunningCache<Mmap>) -> Library {
        let arch = Arch::Arm64;
        let macos = VERSION;
        cache.library(ANSWER, Target { macos, arch })
    }

    #[test]
    fn a_cache_is_found_in_the_first_folder_that_has_it_and_mapped_with_what_is_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let empty = folder.path().join("empty");
        let folders = [empty.as_path(), folder.path()];
        assert_eq!(find(&folders, Arch::Arm64), None);
        let (main, further) = made_by_hand();
        let file = folder.path().join("dyld_shared_cache_arm64e");
        fs::write(&file, main).expect("a file");
        assert_eq!(find(&folders, Arch::Arm64), Some(file.clone()));
        assert_eq!(find(&folders, Arch::X86_64), None);

        let cut = open(&file, VERSION).expect("a cache");
        assert_eq!(ask(&cut), Library::Unknown);
        let beside = folder.path().join("dyld_shared_cache_arm64e.01");
        fs::write(beside, further).expect("a file");
        let whole = open(&file, VERSION).expect("a cache");
        let install_name = ANSWER.to_owned();
        assert_eq!(ask(&whole), Library::Present { install_name });
    }

    #[test]
    fn what_is_no_cache_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("dyld_shared_cache_arm64e");
        assert!(open(&file, VERSION).is_none());
        for bytes in [&b""[..], b"dyld_v1  arm64e\0", &[7; 4096]] {
            fs::write(&file, bytes).expect("a file");
            assert!(open(&file, VERSION).is_none());
        }
    }

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn elsewhere_there_is_no_running_macos() {
        let arch = Arch::Arm64;
        assert_eq!(cache_file(arch), None);
        assert!(
            cache(Target {
                macos: VERSION,
                arch
            })
            .is_none()
        );
    }
}
