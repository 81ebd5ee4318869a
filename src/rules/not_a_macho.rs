//! A file that is no image, or one of another system.

use std::sync::Arc;

use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
use crate::diagnosis::Severity;
use crate::load::{Content, LoadFailure, Lookup, Reason};

pub(super) const RULE: Rule = Rule {
    id: "not-a-macho",
    summary: "the file is not an image of this system",
    severity: Severity::Error,
    rank: rank::REFUSED,
    explanation: "## What it means

The loader opened the file and found something else than an image of this system: a Linux library on macOS or the
reverse, a text, an archive, an empty file, a directory.

## Why it breaks

A name that ends in `.so` says nothing: extension modules are called so on macOS and on Linux. A build directory that
is shared with a container, a wheel that was put together by hand, a Git LFS pointer in place of the file, or a copy
that wrote nothing leave such files.

## How to fix

- Remove the build directories (`rm -rf build dist *.egg-info`) and build on the system that will import the module.
- `file PATH` says what it is.
- A Git LFS pointer: `git lfs pull`, then build again.
- Another system's wheel: install the one for this platform; never rename a wheel.

## How loadproof knows

It reads the first bytes of the file, as the loader does.
",
    inspect: &[Inspect::Failure(no_image)],
};

fn no_image(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    let file = scene.shown(&failure.subject);
    let likely = wording::likely(failure);
    let content = content(scene, module, failure);
    let what = match failure.reason {
        Reason::NotAFile => {
            format!("`{file}` is {likely}a directory or another thing that is no file")
        }
        Reason::Malformed if is_no_image(scene, &content, failure) => {
            format!("`{file}` is {likely}{}", kind(&content))
        }
        _ => return None,
    };
    let own = failure.subject == module.artifact.installed;
    let is_pointer = matches!(&*content,
        Content::NotAnImage { first_bytes, .. } if first_bytes == GIT_LFS);
    let names = [
        ("content", if is_pointer { "git-lfs" } else { "" }),
        ("library", file),
        ("own", if own { "yes" } else { "no" }),
    ];
    let remedy = of_case(&RULE, &names);
    let first_bytes = match &*content {
        Content::NotAnImage { first_bytes, .. } => Some(first_bytes),
        _ => None,
    };
    let finding = Finding::new(what, remedy)
        .subject(file)
        .fact("library", file)
        .fact_if("first_bytes", first_bytes);
    Some(wording::with_origin(finding, scene, failure))
}

/// `version ` as in `version https://git-lfs.github.com/spec/v1`.
const GIT_LFS: &str = "76657273696f6e20";

/// What stands at the refused path.
pub(super) fn content(
    scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
) -> Arc<Content> {
    let file = wording::refused_file(failure);
    if file == module.artifact.installed {
        return Arc::clone(&module.content);
    }
    match scene.files.lookup(file) {
        Lookup::File { real_path, .. } => scene.files.content(&real_path),
        _ => Arc::new(Content::NotRecorded),
    }
}

/// Is it no image of this system, rather than a damaged one? Where the file cannot be read any more, the loader's
/// words decide.
pub(super) fn is_no_image(scene: &Scene<'_>, content: &Content, failure: &LoadFailure) -> bool {
    match content {
        Content::NotAnImage { .. } => true,
        Content::MachO { .. } => scene.on_macos() == Some(false),
        Content::Elf { .. } => scene.on_macos() == Some(true),
        Content::Malformed { .. } => false,
        Content::Unreadable { .. } | Content::NotRecorded => {
            // dyld: `slice is not valid mach-o file`, `not a mach-o file`, `file does not start with MH_MAGIC[_64]`,
            // up to macOS 11 `unknown file type, first eight bytes: 0x7F 0x45 ...`, `file too short`;
            // ld.so: `/x.so: invalid ELF header`, `/x.so: file too short`
            let starts = [
                "slice is not valid mach-o file",
                "not a mach-o file",
                "file does not start with MH_MAGIC",
                "unknown file type, first eight bytes",
                "file too short",
            ];
            starts
                .iter()
                .any(|words| wording::refused_because(failure, words).is_some())
                || failure.message.ends_with(": invalid ELF header")
                || failure.message.ends_with(": file too short")
        }
    }
}

fn kind(content: &Content) -> &'static str {
    match content {
        Content::Elf { .. } => "a Linux library, not one of macOS",
        Content::MachO { .. } => "a macOS library, not one of Linux",
        Content::NotAnImage { size: 0, .. } => "empty",
        Content::NotAnImage { first_bytes, .. } if first_bytes == GIT_LFS => {
            "a Git LFS pointer, not the file that it stands for"
        }
        Content::NotAnImage { first_bytes, .. } if first_bytes.starts_with("4d5a") => {
            "a Windows library, not one of this system"
        }
        Content::NotAnImage { first_bytes, .. } if first_bytes.starts_with("213c617263683e") => {
            "a static library (an archive), not one that can be loaded"
        }
        Content::NotAnImage { .. }
        | Content::Malformed { .. }
        | Content::Unreadable { .. }
        | Content::NotRecorded => "not an image of this system",
    }
}

#[cfg(test)]
mod tests {
    use crate::load::{Content, Reason};
    use crate::rules::testing::{Case, failure, id, said};

    fn with(content: Content) -> super::super::testing::Spoken {
        let mut case = Case::linux();
        case.content = content;
        let installed = case.facts.artifacts[0].installed.clone();
        case.load(&failure(Reason::Malformed, &installed))
    }

    #[test]
    fn an_empty_file_and_a_pointer_are_said_as_such() {
        let empty = with(Content::NotAnImage {
            first_bytes: String::new(),
            size: 0,
        });
        assert!(said(empty, "not-a-macho").message.ends_with("is empty"));
        let pointer = with(Content::NotAnImage {
            first_bytes: super::GIT_LFS.to_owned(),
            size: 130,
        });
        assert!(said(pointer, "not-a-macho").remedy.contains("git lfs pull"));
    }

    #[test]
    fn a_file_of_the_other_system_is_named() {
        let spoken = with(Case::macos().content);
        assert!(
            said(spoken, "not-a-macho")
                .message
                .ends_with("a macOS library, not one of Linux")
        );
    }

    #[test]
    fn where_the_file_is_gone_the_loaders_words_decide() {
        let mut refused = failure(Reason::Malformed, "/opt/libstone.so");
        refused.message = "/opt/libstone.so: invalid ELF header".to_owned();
        assert_eq!(id(&Case::linux().load(&refused)), Some("not-a-macho"));
        refused.message = "/opt/libstone.so: ELF load command past end of file".to_owned();
        assert_eq!(id(&Case::linux().load(&refused)), Some("malformed-macho"));
    }

    #[test]
    fn a_damaged_image_is_still_one() {
        let spoken = with(Content::Malformed {
            why: "section headers end past the file".to_owned(),
        });
        assert_eq!(id(&spoken), Some("malformed-macho"));
    }
}
