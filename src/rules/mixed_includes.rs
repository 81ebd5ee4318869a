//! Include directories of another Python or torch among those of the compiler's commands.

use super::Scene;
use crate::build::CompileCommand;
use crate::load::Lookup;

/// An include directory that is not of this environment.
pub(super) struct Foreign<'a> {
    /// As given to the compiler.
    pub(super) directory: &'a str,
    /// The version in its name: `3.8`; empty for torch.
    pub(super) version: &'a str,
    /// The first command that has it.
    pub(super) command: &'a CompileCommand,
    /// Every command has such a directory.
    pub(super) in_all_commands: bool,
}

/// The headers of another minor version of Python that a command searches before those of the interpreter.
pub(super) fn python<'a>(scene: &Scene<'a>) -> Option<Foreign<'a>> {
    let python = scene.interpreter()?;
    find(scene, |command| {
        let directories = command.include_directories().into_iter();
        let before = directories.take_while(|directory| !is_same(directory, &python.include));
        before
            .filter_map(|directory| Some((directory, named_version(directory)?)))
            .find(|(directory, version)| {
                *version != python.minor_version() && may_hold(scene, directory, "Python.h")
            })
    })
}

/// The headers of another torch than the interpreter's. Two names of one directory are one directory, so it must be
/// proved that they differ: pip's isolated environment always does, any other by its real path.
pub(super) fn torch<'a>(scene: &Scene<'a>) -> Option<Foreign<'a>> {
    let package = scene.interpreter()?.torch.as_ref()?;
    let own = format!("{}/include", package.location.trim_end_matches('/'));
    find(scene, |command| {
        let mut directories = command.include_directories().into_iter();
        let foreign = directories.find(|directory| {
            directory.ends_with("/torch/include")
                && !is_same(directory, &own)
                && (directory.contains("/pip-build-env-") || differ(scene, directory, &own))
        })?;
        Some((foreign, ""))
    })
}

fn find<'a>(
    scene: &Scene<'a>,
    foreign: impl Fn(&'a CompileCommand) -> Option<(&'a str, &'a str)>,
) -> Option<Foreign<'a>> {
    let commands = scene.compile_commands;
    let all: Vec<_> = commands
        .iter()
        .filter_map(|command| Some((command, foreign(command)?)))
        .collect();
    let (command, (directory, version)) = *all.first()?;
    Some(Foreign {
        directory,
        version,
        command,
        in_all_commands: all.len() == commands.len(),
    })
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// The version in the name of a directory of Python's headers: `/x/include/python3.8`, `/x/include/pypy3.10`,
/// `/x/include/python3.13t`.
fn named_version(directory: &str) -> Option<&str> {
    let name = directory.trim_end_matches('/').rsplit('/').next()?;
    let version = name
        .strip_prefix("python")
        .or_else(|| name.strip_prefix("pypy"))?;
    let version = version.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let (major, minor) = version.split_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(major) && is_number(minor)).then_some(version)
}

/// Does the directory hold the header, as far as can be told? A compiler runs in the project's directory.
fn may_hold(scene: &Scene<'_>, directory: &str, header: &str) -> bool {
    let path = if directory.starts_with('/') {
        format!("{directory}/{header}")
    } else {
        format!("{}/{directory}/{header}", scene.facts.project_directory)
    };
    !matches!(scene.files.lookup(&path), Lookup::Absent)
}

fn differ(scene: &Scene<'_>, one: &str, other: &str) -> bool {
    let real = |directory: &str| match scene.files.lookup(&format!("{directory}/torch/script.h")) {
        Lookup::File { real_path, .. } => Some(real_path),
        _ => None,
    };
    match (real(one), real(other)) {
        (Some(one), Some(other)) => one != other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::named_version;

    #[test]
    fn only_directories_of_pythons_headers_have_a_version() {
        assert_eq!(named_version("/x/include/python3.8/"), Some("3.8"));
        assert_eq!(named_version("/x/include/python3.13t"), Some("3.13"));
        assert_eq!(named_version("/x/include/python3"), None);
        assert_eq!(named_version("/x/python3.8/include"), None);
        assert_eq!(named_version("/x/include/python3.8-boost"), None);
    }
}
