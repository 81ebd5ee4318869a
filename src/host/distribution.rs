//! Wheels and directories on the disk, as what the check knows.

use std::fs::{self, File as DiskFile};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::shown;
use super::disk::{macos_errno, mapped};
use super::{Failure, fetch};
use crate::check::{Beside, Subject};
use crate::python::ExtensionFile;
use crate::site::{File, Opener, Target};
use crate::wheel::{
    Archive, Bytes, Inflater, Place, Requirement, Scheme, Wheel, WheelFile, WheelName,
};

/// What a path of the command line stands for, before it is read.
pub(super) enum Source {
    /// A wheel.
    Wheel(PathBuf),
    /// A directory that is on `sys.path`.
    Directory(PathBuf),
    /// A native file.
    File(PathBuf),
}

/// The sources of a path of the command line.
pub(super) fn sources(path: &Path) -> Result<Vec<Source>, Failure> {
    let name = shown(path);
    let metadata =
        fs::metadata(path).map_err(|why| Failure::Usage(format!("cannot read `{name}`: {why}")))?;
    if metadata.is_dir() {
        let wheels = wheels_in(path)?;
        if wheels.is_empty() {
            return Ok(vec![Source::Directory(path.to_owned())]);
        }
        return Ok(wheels.into_iter().map(Source::Wheel).collect());
    }
    if is_wheel(path) {
        return Ok(vec![Source::Wheel(path.to_owned())]);
    }
    if is_sdist(&name) {
        let why = "is a source distribution, in which nothing is built yet";
        return Err(Failure::Usage(format!(
            "`{name}` {why}: build a wheel of it (`python -m pip wheel --no-deps {name}`) and check that"
        )));
    }
    Ok(vec![Source::File(path.to_owned())])
}

/// Reads a source. A wheel that is damaged as a whole is a subject, too: of an error.
pub(super) fn subject(source: &Source) -> Result<Subject, Failure> {
    match source {
        Source::Wheel(path) => wheel_subject(path),
        Source::Directory(path) => directory_subject(path),
        Source::File(path) => file_subject(path),
    }
}

fn is_wheel(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "whl")
}

fn is_sdist(name: &str) -> bool {
    [".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// The wheels right in a directory, by name.
fn wheels_in(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found: Vec<PathBuf> = entries(directory)?
        .into_iter()
        .filter(|path| is_wheel(path))
        .collect();
    found.sort();
    Ok(found)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let cannot = |why| {
        Failure::Usage(format!(
            "cannot read the directory `{}`: {why}",
            directory.display()
        ))
    };
    let entries = fs::read_dir(directory).map_err(cannot)?;
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(cannot))
        .collect()
}

fn bytes(path: &Path) -> Result<Bytes, Failure> {
    mapped(path).map_err(|why| Failure::Usage(format!("cannot read `{}`: {why}", path.display())))
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn wheel_subject(path: &Path) -> Result<Subject, Failure> {
    let name = file_name(path);
    let wheel = match Wheel::read(&name, bytes(path)?) {
        Ok(wheel) => wheel,
        Err(why) => {
            return Ok(Subject {
                name,
                wheel: None,
                files: Vec::new(),
                native: Vec::new(),
                unreadable: Some(why.to_string()),
            });
        }
    };
    let files = File::of_wheel(&wheel);
    let native = wheel
        .files
        .iter()
        .enumerate()
        .filter(|(_, file)| file.native.is_some() || is_named_as_module(file));
    let native = native.map(|(index, _)| index).collect();
    Ok(Subject {
        name,
        files,
        native,
        wheel: Some(Arc::new(wheel)),
        unreadable: None,
    })
}

/// By its name a module, whatever it holds: an empty one, or a text that a version control left in its place.
fn is_named_as_module(file: &WheelFile) -> bool {
    let named = || ExtensionFile::from_path(&file.path).is_some_and(|named| named.is_tagged());
    file.error.is_none() && named()
}

/// A directory that is on `sys.path`.
fn directory_subject(path: &Path) -> Result<Subject, Failure> {
    let mut subject = Subject {
        name: shown(path),
        wheel: None,
        files: Vec::new(),
        native: Vec::new(),
        unreadable: None,
    };
    for (inside, file) in files_below(path)? {
        if is_native(&file) {
            subject.native.push(subject.files.len());
        }
        subject
            .files
            .push((in_site_packages(inside), on_disk(file)));
    }
    Ok(subject)
}

/// A single file stands in site-packages, with what lies beside it.
fn file_subject(path: &Path) -> Result<Subject, Failure> {
    let absolute = path
        .canonicalize()
        .map_err(|why| Failure::Usage(format!("cannot read `{}`: {why}", path.display())))?;
    let directory = absolute.parent().unwrap_or(Path::new("/"));
    let mut subject = Subject {
        name: shown(path),
        wheel: None,
        files: Vec::new(),
        native: Vec::new(),
        unreadable: None,
    };
    for (inside, file) in files_below(directory)? {
        if file == absolute {
            subject.native.push(subject.files.len());
        }
        subject
            .files
            .push((in_site_packages(inside), on_disk(file)));
    }
    Ok(subject)
}

fn in_site_packages(path: String) -> Place {
    Place {
        scheme: Scheme::Platlib,
        path,
    }
}

fn on_disk(file: PathBuf) -> Arc<File> {
    let opener: Opener = Arc::new(move || mapped(&file).map_err(|why| macos_errno(&why)));
    File::on_disk(opener)
}

/// Every file below a directory with its path in it, in order. Links to directories are not followed.
fn files_below(directory: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(next) = open.pop() {
        for path in entries(&next)? {
            if path.is_symlink() && path.is_dir() {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if let Ok(inside) = path.strip_prefix(directory) {
                let parts: Vec<_> = inside
                    .components()
                    .map(|part| part.as_os_str().to_string_lossy())
                    .collect();
                found.push((parts.join("/"), path.clone()));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// By its name, or by its first bytes: Mach-O thin and universal.
fn is_native(file: &Path) -> bool {
    let name = file_name(file);
    if name.ends_with(".so") || name.ends_with(".dylib") {
        return true;
    }
    let mut magic = [0; 4];
    let read = DiskFile::open(file).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok()
        && matches!(
            magic,
            [0xcf, 0xfa, 0xed, 0xfe] | [0xca, 0xfe, 0xba, 0xbe | 0xbf]
        )
}

/// What `--with` names, for a target.
pub(super) fn beside(word: &str, target: &Target) -> Result<Beside, Failure> {
    let path = Path::new(word);
    if path.is_dir() {
        let files = files_below(path)?;
        let distributions = files
            .iter()
            .filter_map(|(inside, _)| installed_distribution(inside));
        return Ok(Beside {
            name: word.to_owned(),
            distributions: distributions.collect(),
            files: files
                .into_iter()
                .map(|(inside, file)| (in_site_packages(inside), on_disk(file)))
                .collect(),
        });
    }
    if is_wheel(path) && path.exists() {
        return wheel_beside(path);
    }
    let looks_like_path = word.contains('/') || is_wheel(path);
    if looks_like_path || Requirement::parse(word).is_none() {
        let why = "there is no such wheel or directory";
        return Err(Failure::Usage(format!("`--with {word}`: {why}")));
    }
    wheel_beside(&fetch::wheel(word, target)?)
}

/// `torch-2.5.1.dist-info/METADATA` to `("torch", "2.5.1")`.
fn installed_distribution(inside: &str) -> Option<(String, String)> {
    let directory = inside
        .strip_suffix("/METADATA")?
        .strip_suffix(".dist-info")?;
    let (name, version) = directory.split_once('-')?;
    (!name.contains('/')).then(|| (name.to_lowercase().replace('_', "-"), version.to_owned()))
}

fn wheel_beside(path: &Path) -> Result<Beside, Failure> {
    let name = file_name(path);
    let broken =
        |why: &dyn std::fmt::Display| Failure::Usage(format!("`{}` is {why}", path.display()));
    let archive = Archive::open(bytes(path)?).map_err(|why| broken(&why))?;
    let archive = Arc::new(archive);
    let purelib = root_is_purelib(&archive);
    let distribution = WheelName::parse(&name).map(|name| (name.normalised(), name.version));
    Ok(Beside {
        files: File::of_archive(&archive, purelib),
        distributions: distribution.into_iter().collect(),
        name,
    })
}

fn root_is_purelib(archive: &Archive) -> bool {
    let mut members = archive.members().iter();
    let wheel =
        members.find(|member| member.path.ends_with(".dist-info/WHEEL") && member.size < 1 << 20);
    let text = wheel.and_then(|member| Inflater::new().read(archive, member).ok());
    let text = String::from_utf8_lossy(text.as_deref().unwrap_or_default()).into_owned();
    crate::wheel::Headers::parse(&text)
        .first("Root-Is-Purelib")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}
