//! Two OpenMP runtimes in one process.

use super::wheel_case::listed;
use super::{Finding, Inspect, Module, Rule, Scene, WheelCase, of_case, rank};
use crate::diagnosis::{Place, Severity};
use crate::python::{ImportAttempt, ImportOutcome};

pub(super) const RULE: Rule = Rule {
    id: "duplicate-openmp-runtime",
    summary: "two OpenMP runtimes came into one process",
    severity: Severity::Error,
    rank: rank::PYTHON,
    explanation: "## What it means

The module brought an OpenMP runtime (`libomp`, `libiomp5`) into a process that already had one, and the second one
ended the process: OMP: Error #15.

## Why it breaks

Each runtime keeps its own threads and locks, and believes that it is the only one. torch brings `libomp` (macOS) or
`libgomp` (Linux) in its own wheel; Homebrew's `libomp`, conda's `llvm-openmp` and Intel's MKL bring others. They are
different files with different install names, so the loader takes both.

## How to fix

- Link the module to the OpenMP of torch: on macOS compile with `-Xpreprocessor -fopenmp` and link with
  `-L$(python -c 'import torch, os; print(os.path.dirname(torch.__file__))')/lib -lomp`, so that `@rpath/libomp.dylib`
  is the one torch has loaded.
- Do not let `delocate` or `auditwheel` copy a second one into the wheel: `delocate-wheel --exclude libomp`.
- conda and pip mixed: take numpy, MKL and torch from one of the two.
- `KMP_DUPLICATE_LIB_OK=TRUE` only hides it: crashes and wrong results may follow.

## How loadproof knows

The runtime prints the names of both. Where none complains, loadproof looks at the images in the process after the
import: on macOS two files are two runtimes; on Linux only if one of them is LLVM's or Intel's.
",
    inspect: &[
        Inspect::Ending(refused),
        Inspect::Imports(beside),
        Inspect::Wheel(vendored),
    ],
};

fn refused(_scene: &Scene<'_>, _module: &Module<'_>, attempt: &ImportAttempt) -> Option<Finding> {
    if let ImportOutcome::Imported | ImportOutcome::Shadowed { .. } = attempt.outcome {
        return None;
    }
    let (new, old) = attempt.output.lines().find_map(runtimes)?;
    let message = format!(
        "importing `{}` brings the OpenMP runtime `{new}` beside `{old}`",
        attempt.module
    );
    Some(
        Finding::new(message, of_case(&RULE, &[("own", "yes")]))
            .subject(new)
            .fact("openmp_new", new)
            .fact("openmp_old", old),
    )
}

/// Two runtimes that did not notice each other.
fn beside(scene: &Scene<'_>, module: &Module<'_>, attempts: &[&ImportAttempt]) -> Option<Finding> {
    let came_up = attempts
        .iter()
        .filter(|attempt| attempt.outcome == ImportOutcome::Imported);
    let attempt = came_up
        .into_iter()
        .find(|attempt| attempt.openmp.len() > 1)?;
    // What torch or numpy bring by themselves is not the module's doing.
    let before = attempt.images_before.as_deref().unwrap_or_default();
    let brings = |path: &&String| !before.iter().any(|image| image.ends_with(file_name(path)));
    let new = attempt.openmp.iter().find(brings)?;
    let old = attempt.openmp.iter().find(|path| *path != new)?;
    let of_gnu = |path: &str| file_name(path).starts_with("libgomp");
    if scene.on_macos() != Some(true) && of_gnu(new) && of_gnu(old) {
        return None;
    }
    let message = format!(
        "`{}` brings the OpenMP runtime `{}` into a process that has `{}`",
        module.artifact.path,
        scene.shown(new),
        scene.shown(old)
    );
    Some(
        Finding::new(message, of_case(&RULE, &[("own", "yes")]))
            .only(Severity::Warning)
            .subject(file_name(new))
            .fact("openmp_new", scene.shown(new))
            .fact("openmp_old", scene.shown(old)),
    )
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A runtime of the wheel's own, although torch, which it requires, brings one: a risk at the first parallel region.
fn vendored(case: &WheelCase<'_>) -> Vec<Finding> {
    let runtimes = ["libomp", "libiomp5", "libgomp"];
    let is_runtime = |name: &str| {
        name.ends_with(".dylib") && runtimes.iter().any(|runtime| name.starts_with(runtime))
    };
    let paths = case.vendored_beside_torch(is_runtime);
    let Some(first) = paths.first() else {
        return Vec::new();
    };
    let message = format!(
        "the wheel requires torch, which brings an OpenMP runtime, and has {} of its own",
        listed(&paths)
    );
    let place = Place::Artifact {
        path: first.clone(),
        arch: None,
    };
    let finding = Finding::new(message, of_case(&RULE, &[("stage", "wheel")]))
        .subject(first)
        .fact("openmp_new", first);
    vec![finding.only(Severity::Warning).place(place)]
}

fn runtimes(line: &str) -> Option<(&str, &str)> {
    // OMP: Error #15: Initializing libiomp5.dylib, but found libomp.dylib already initialized.
    let rest = line.strip_prefix("OMP: Error #15: Initializing ")?;
    let rest = rest.strip_suffix(" already initialized.")?;
    rest.split_once(", but found ")
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::Severity;
    use crate::python::ImportOutcome;
    use crate::rules::testing::{Case, attempt, id, said};

    const OUTPUT: &str = "OMP: Error #15: Initializing libiomp5.dylib, but found libomp.dylib already initialized.\nOMP: Hint";

    #[test]
    fn both_runtimes_are_named() {
        let mut import = attempt(ImportOutcome::Killed { signal: 6 });
        import.output = OUTPUT.to_owned();
        let finding = said(Case::macos().ends(&import), "duplicate-openmp-runtime");
        assert_eq!(
            finding.facts.get("openmp_new").map(String::as_str),
            Some("libiomp5.dylib")
        );
        assert_eq!(
            finding.facts.get("openmp_old").map(String::as_str),
            Some("libomp.dylib")
        );
    }

    #[test]
    fn a_quotation_in_a_process_that_lives_is_none() {
        let mut import = attempt(ImportOutcome::Imported);
        import.output = OUTPUT.to_owned();
        assert_eq!(id(&Case::macos().ends(&import)), None);
    }

    #[test]
    fn two_runtimes_that_did_not_notice_each_other_are_a_warning() {
        let mut import = attempt(ImportOutcome::Imported);
        import.images_before = Some(vec!["/env/torch/lib/libomp.dylib".to_owned()]);
        import.openmp = [
            "/env/torch/lib/libomp.dylib",
            "/overlay/pkg/.dylibs/libiomp5.dylib",
        ]
        .map(str::to_owned)
        .to_vec();
        let finding = said(
            Case::macos().together(&[&import]),
            "duplicate-openmp-runtime",
        );
        assert_eq!(finding.severity, Some(Severity::Warning));
        assert_eq!(
            finding.facts.get("openmp_new").map(String::as_str),
            Some("pkg/.dylibs/libiomp5.dylib")
        );
        // Both were there before, or both are GNU's on Linux.
        import.images_before = Some(import.openmp.clone());
        assert_eq!(id(&Case::macos().together(&[&import])), None);
        import.openmp = ["/usr/lib/libgomp.so.1", "/env/torch/lib/libgomp-2.so"]
            .map(str::to_owned)
            .to_vec();
        import.images_before = None;
        assert_eq!(id(&Case::linux().together(&[&import])), None);
    }

    fn brings(
        path: &'static str,
        requires: &'static str,
    ) -> crate::rules::testing::wheels::WheelFiles {
        use crate::rules::testing::wheels::{library, module, wheel};
        let mut case = wheel(vec![
            ("x/_C.cpython-311-darwin.so", module()),
            (path, library("@rpath/libomp.dylib")),
        ]);
        case.requires = vec![requires];
        case
    }

    #[test]
    fn a_runtime_beside_torchs_is_a_risk() {
        use crate::diagnosis::Severity;
        let id = "duplicate-openmp-runtime";
        let (severity, finding) = brings("x/.dylibs/libomp.dylib", "torch>=2.3").one(id);
        assert_eq!(severity, Severity::Warning);
        assert_eq!(finding.subject.as_deref(), Some("x/.dylibs/libomp.dylib"));
        assert!(
            brings("x/.dylibs/libomp.dylib", "numpy")
                .only(id)
                .is_empty()
        );
        assert!(
            brings("x/.dylibs/libompress.txt", "torch")
                .only(id)
                .is_empty()
        );
    }
}
