//! Puts what was built into an empty directory, as an installer would, so that nothing else is imported.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use zip::ZipArchive;

use crate::facts::Artifact;
use crate::wheel::Headers;

/// More than any wheel on PyPI unpacks to; beyond it is a bomb.
const LARGEST: u64 = 16 << 30;

/// A wheel's METADATA holds its whole README; none has more.
const LARGEST_METADATA: u64 = 16 << 20;

/// Why a file could not be installed: a lowercase fragment that names it.
pub(super) type Refusal = String;

/// Installs wheels and loose native files into `overlay`; every native file is listed in wheel order.
pub(super) fn install(
    files: &[PathBuf],
    overlay: &Path,
) -> anyhow::Result<Result<Vec<Artifact>, Refusal>> {
    let mut artifacts = Vec::new();
    let loose: Vec<&PathBuf> = files.iter().filter(|file| !is_wheel(file)).collect();
    for wheel in files.iter().filter(|file| is_wheel(file)) {
        match unpack(wheel, overlay)? {
            Ok(found) => artifacts.extend(found),
            Err(why) => return Ok(Err(why)),
        }
    }
    let base = common_directory(&loose);
    for file in loose {
        let inside = file.strip_prefix(&base).unwrap_or(file);
        let target = overlay.join(inside);
        make_parent(&target)?;
        std::fs::copy(file, &target)
            .with_context(|| format!("cannot copy `{}` to the overlay", file.display()))?;
        artifacts.push(artifact(inside, &target)?);
    }
    Ok(Ok(artifacts))
}

/// What the metadata of the wheel that is installed in `overlay` require of torch, such as `torch==2.6.0`.
pub(super) fn requires_torch(overlay: &Path) -> Option<String> {
    let entries = std::fs::read_dir(overlay).ok()?;
    let mut metadata = entries.flatten().filter_map(|entry| {
        let directory = entry.path();
        let own = directory
            .extension()
            .is_some_and(|ending| ending == "dist-info");
        own.then(|| directory.join("METADATA"))
    });
    let file = metadata.next()?;
    let size = std::fs::metadata(&file).ok()?.len();
    let text = (size <= LARGEST_METADATA).then(|| std::fs::read(&file).ok())??;
    torch_requirement(&Headers::parse(&String::from_utf8_lossy(&text)))
}

/// The requirement of torch; not that of an extra.
pub(super) fn torch_requirement(metadata: &Headers) -> Option<String> {
    let of_torch = metadata.requirements().find(|requirement| {
        let marker = requirement.marker.as_deref();
        requirement.name == "torch" && !marker.is_some_and(|marker| marker.contains("extra"))
    });
    of_torch.map(|requirement| format!("torch{}", requirement.specifiers))
}

fn is_wheel(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "whl")
}

/// The directory that holds all loose files: below it their places to each other are kept.
fn common_directory(files: &[&PathBuf]) -> PathBuf {
    let mut parents = files.iter().filter_map(|file| file.parent());
    let Some(first) = parents.next() else {
        return PathBuf::new();
    };
    parents.fold(first.to_path_buf(), |common, parent| {
        let same = common
            .components()
            .zip(parent.components())
            .take_while(|(a, b)| a == b);
        same.map(|(component, _)| component).collect()
    })
}

/// Unpacks a wheel as PEP 427 says: the root and `*.data/{purelib,platlib}` to the overlay, the rest of `*.data`
/// beside it.
fn unpack(wheel: &Path, overlay: &Path) -> anyhow::Result<Result<Vec<Artifact>, Refusal>> {
    let name = wheel
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let file = File::open(wheel).with_context(|| format!("cannot open `{}`", wheel.display()))?;
    let mut archive = match ZipArchive::new(io::BufReader::new(file)) {
        Ok(archive) => archive,
        Err(why) => return Ok(Err(format!("`{name}` is not a wheel: {why}"))),
    };
    let mut artifacts = Vec::new();
    let mut total = 0u64;
    for index in 0..archive.len() {
        let mut entry = match archive.by_index(index) {
            Ok(entry) => entry,
            Err(why) => return Ok(Err(format!("`{name}` is damaged: {why}"))),
        };
        let named = entry
            .name()
            .map(|named| named.into_owned())
            .unwrap_or_else(|_| format!("entry {index}"));
        let inside = match entry.enclosed_name() {
            Some(inside) if !entry.is_symlink() => inside,
            _ => {
                return Ok(Err(format!(
                    "`{name}` holds `{}`, which points outside of it",
                    named
                )));
            }
        };
        if entry.is_dir() {
            continue;
        }
        let target = installed_path(&inside, overlay);
        make_parent(&target)?;
        let mut out = File::create(&target)
            .with_context(|| format!("cannot write `{}`", target.display()))?;
        let room = LARGEST.saturating_sub(total);
        let copied = match copy(&mut (&mut entry).take(room.saturating_add(1)), &mut out) {
            Ok(copied) => copied,
            Err(Trouble::Reading(why)) => {
                return Ok(Err(format!("`{name}` is damaged at `{}`: {why}", named)));
            }
            Err(Trouble::Writing(why)) => {
                return Err(why).with_context(|| format!("cannot write `{}`", target.display()));
            }
        };
        if copied > room {
            return Ok(Err(format!(
                "`{name}` unpacks to more than {} GiB",
                LARGEST >> 30
            )));
        }
        total += copied;
        if is_native(&inside, &target)? {
            artifacts.push(artifact(&inside, &target)?);
        }
    }
    Ok(Ok(artifacts))
}

enum Trouble {
    Reading(io::Error),
    Writing(io::Error),
}

/// `io::copy` that tells a damaged archive from a full disk.
fn copy(from: &mut impl Read, to: &mut impl io::Write) -> Result<u64, Trouble> {
    let mut buffer = vec![0; 256 << 10];
    let mut copied = 0;
    loop {
        let count = from.read(&mut buffer).map_err(Trouble::Reading)?;
        let chunk = buffer.get(..count).unwrap_or_default();
        if chunk.is_empty() {
            return Ok(copied);
        }
        to.write_all(chunk).map_err(Trouble::Writing)?;
        copied += u64::try_from(count).unwrap_or(u64::MAX);
    }
}

/// Where an installer puts an entry of the wheel.
fn installed_path(inside: &Path, overlay: &Path) -> PathBuf {
    let mut parts = inside.components();
    let data = parts
        .next()
        .filter(|first| lossy(*first).ends_with(".data"));
    match (data, parts.next().map(lossy).as_deref()) {
        (Some(_), Some("purelib" | "platlib")) => overlay.join(parts.as_path()),
        _ => overlay.join(inside),
    }
}

fn lossy(component: Component<'_>) -> String {
    component.as_os_str().to_string_lossy().into_owned()
}

/// A native file: by its name, or by its first bytes.
fn is_native(inside: &Path, target: &Path) -> anyhow::Result<bool> {
    let name = inside.file_name().unwrap_or_default().to_string_lossy();
    if name.ends_with(".so") || name.ends_with(".dylib") || name.contains(".so.") {
        return Ok(true);
    }
    let mut magic = [0; 4];
    let mut file =
        File::open(target).with_context(|| format!("cannot read `{}`", target.display()))?;
    // Executables and object files without a telling name.
    Ok(file.read_exact(&mut magic).is_ok()
        && matches!(magic, [0x7f, b'E', b'L', b'F'] | [0xcf, 0xfa, 0xed, 0xfe]))
}

fn make_parent(target: &Path) -> anyhow::Result<()> {
    let parent = target.parent().unwrap_or(target);
    std::fs::create_dir_all(parent)
        .with_context(|| format!("cannot make the directory `{}`", parent.display()))
}

fn artifact(inside: &Path, target: &Path) -> anyhow::Result<Artifact> {
    let installed = target
        .canonicalize()
        .with_context(|| format!("cannot resolve `{}`", target.display()))?;
    let size = target
        .metadata()
        .with_context(|| format!("cannot read `{}`", target.display()))?
        .len();
    let path = inside.components().map(lossy).collect::<Vec<_>>().join("/");
    Ok(Artifact {
        path,
        installed: installed.display().to_string(),
        size,
        quarantine: quarantine(&installed),
        opened_as: None,
    })
}

/// The com.apple.quarantine attribute, which a download by a browser leaves.
#[cfg(target_os = "macos")]
fn quarantine(path: &Path) -> Option<String> {
    let mut value = vec![0; 512];
    let length = rustix::fs::getxattr(path, "com.apple.quarantine", &mut value).ok()?;
    Some(String::from_utf8_lossy(value.get(..length)?).into_owned())
}

#[cfg(not(target_os = "macos"))]
fn quarantine(_path: &Path) -> Option<String> {
    None
}
