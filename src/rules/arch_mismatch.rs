//! A file for another processor.

use super::{Finding, Inspect, Module, Rule, Scene, rank, wording};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "arch-mismatch",
    summary: "a file is for another processor than the interpreter",
    severity: Severity::Error,
    rank: rank::REFUSED,
    explanation: "## What it means

The file holds code for one processor, the Python that should load it runs on another.

## Why it breaks

A process has one architecture, and every image in it must have it too. On Apple Silicon an x86_64 Python runs under
Rosetta and needs x86_64 images; an arm64 Python needs arm64 images.

## How to fix

- Build with the Python that will import the module, and for its architecture: remove a hard-coded `-arch` from the
  compile and link arguments, or set `ARCHFLAGS=\"-arch arm64\"` (or `x86_64`).
- For both: build two wheels, or one `universal2` wheel with `ARCHFLAGS=\"-arch arm64 -arch x86_64\"`.
- A dependent library: install the one for the interpreter's architecture.

## How loadproof knows

It reads the architecture of every slice and compares it with the interpreter's process.
",
    inspect: &[Inspect::Failure(wrong_arch)],
};

fn wrong_arch(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    if failure.reason != Reason::ArchMismatch {
        return None;
    }
    let own = failure.subject == module.artifact.installed;
    let file = scene.shown(&failure.subject);
    let archs: Vec<String> = module
        .images()
        .iter()
        .map(|image| image.arch.to_string())
        .collect();
    let have = failure
        .have_arch
        .clone()
        .or_else(|| own.then(|| archs.join(",")));
    let need = failure
        .need_arch
        .clone()
        .unwrap_or_else(|| module.process_arch.to_string());
    let is_for = have.as_deref().unwrap_or("another processor");
    let message = format!(
        "`{file}` is {}built for {is_for}, the interpreter needs {need}",
        wording::likely(failure)
    );
    let remedy = if own && !module.is_macho() {
        "Build it on this machine, with the interpreter that imports it.".to_owned()
    } else if own {
        format!(
            "Build for the interpreter's architecture: drop a fixed `-arch` (or set `ARCHFLAGS=\"-arch {}\"`).",
            module.process_arch
        )
    } else {
        format!("Install `{file}` for {need}.")
    };
    Some(
        Finding::new(message, remedy)
            .subject(file)
            .fact_if("have_arch", have)
            .fact("need_arch", need),
    )
}

#[cfg(test)]
mod tests {
    use crate::image::Arch;
    use crate::load::Reason;
    use crate::rules::testing::{Case, failure, id, said};

    #[test]
    fn both_processors_are_named() {
        let mut case = Case::macos();
        case.image().arch = Arch::X86_64;
        let installed = case.facts.artifacts[0].installed.clone();
        let finding = said(
            case.load(&failure(Reason::ArchMismatch, &installed)),
            "arch-mismatch",
        );
        assert_eq!(
            finding.message,
            "`pkg/_C.cpython-311-darwin.so` is built for x86_64, the interpreter needs arm64"
        );
        assert_eq!(
            finding.subject.as_deref(),
            Some("pkg/_C.cpython-311-darwin.so")
        );
    }

    #[test]
    fn another_platform_is_not_another_processor() {
        let spoken = Case::macos().load(&failure(
            Reason::PlatformMismatch,
            "/opt/lib/libstone.dylib",
        ));
        assert_eq!(id(&spoken), Some("platform-mismatch"));
    }
}
