//! torch was not in the process when the module was loaded.

use super::symbol::{Origin, SymbolName};
use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank};
use crate::diagnosis::Severity;
use crate::dyld;
use crate::ldso;
use crate::load::{LoadFailure, Reason};
use crate::purpose::is_torch_library;
use crate::python::{ImportAttempt, ImportOutcome, Situation};

pub(super) const RULE: Rule = Rule {
    id: "torch-not-imported-first",
    summary: "the module was loaded before torch was imported",
    severity: Severity::Error,
    rank: rank::SYMBOL,
    explanation: "## What it means

The module uses names of torch's Python binding, and no torch was loaded in the process when dyld looked for them.

## Why it breaks

An extension that is linked with `-undefined dynamic_lookup` names no library for its symbols: they must be in the
process already. One that is linked to torch's libraries does not say where they are. `import torch` brings them; whoever
imports the extension first finds none.

## How to fix

- `import torch` before the module: best in the package's own `__init__.py`, so that no user has to know.
- Declare the extension with `CppExtension`: it links torch's libraries.
- An operator library: `torch.ops.load_library(path)`, after `import torch`.

## How loadproof knows

dyld says `flat namespace` and a C name that every version of libtorch_python exports: then there is no libtorch_python.
And it imports a module in a fresh process twice, alone and after torch: a module of a package that needs torch first,
and whose package does not see to it, is a warning.
",
    inspect: &[Inspect::Imports(order), Inspect::Text],
};

/// A module of a package that comes up after torch only. That a module without a package does so is how extensions are.
fn order(scene: &Scene<'_>, module: &Module<'_>, attempts: &[&ImportAttempt]) -> Option<Finding> {
    let of = |situation| {
        attempts
            .iter()
            .find(|attempt| attempt.situation == situation)
    };
    let (alone, after) = (of(Situation::Alone)?, of(Situation::AfterTorch)?);
    let ImportOutcome::Raised { message, .. } = &alone.outcome else {
        return None;
    };
    let name = &module.extension()?.module;
    if after.outcome != ImportOutcome::Imported || name.as_str() == name.top() {
        return None;
    }
    let failure = parsed(scene, message).filter(|failure| is_torchs(failure, scene))?;
    let package = name
        .as_str()
        .rsplit_once('.')
        .map_or(name.top(), |(package, _)| package);
    let file = format!("{}/__init__.py", package.replace('.', "/"));
    let message = format!(
        "`{name}` loads only after `import torch`, and its package does not import torch first"
    );
    let subject = match failure.reason {
        Reason::SymbolNotFound => "symbol",
        _ => "library",
    };
    Some(
        Finding::new(message, of_case(&RULE, &[("init_file", file.as_str())]))
            .only(Severity::Warning)
            .subject(name.as_str())
            .fact("module", name.as_str())
            .fact(subject, &failure.subject)
            .evidence(
                format!("import of {name} (alone)"),
                scene.without_overlay(&failure.message),
            ),
    )
}

fn parsed(scene: &Scene<'_>, message: &str) -> Option<LoadFailure> {
    match scene.on_macos() {
        Some(true) => dyld::parse_all(message).into_iter().next(),
        _ => ldso::message::parse(message),
    }
}

/// Is it about a library of torch, or a symbol that torch has?
fn is_torchs(failure: &LoadFailure, scene: &Scene<'_>) -> bool {
    match failure.reason {
        Reason::LibraryNotFound => is_torch_library(&failure.subject),
        Reason::SymbolNotFound => {
            let macho = scene.on_macos() == Some(true);
            SymbolName::new(&failure.subject, macho).origin() == Origin::Torch
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::Severity;
    use crate::python::{ImportAttempt, ImportOutcome, Situation};
    use crate::rules::testing::{Case, attempt, id, said};

    const LINUX: &str = "libc10.so: cannot open shared object file: No such file or directory";
    const MACOS: &str = "dlopen(/overlay/pkg/_C.cpython-311-darwin.so, 0x0002): Library not loaded: @rpath/libc10.dylib\n  Referenced from: <4C4C44F0-5555-3144-A1D5-9C7C0B0B0B0B> /overlay/pkg/_C.cpython-311-darwin.so\n  Reason: tried: '/usr/lib/libc10.dylib' (no such file)";

    fn raised(message: &str) -> ImportAttempt {
        attempt(ImportOutcome::Raised {
            exception: "ImportError".to_owned(),
            message: message.to_owned(),
            traceback: String::new(),
        })
    }

    fn after(outcome: ImportOutcome) -> ImportAttempt {
        ImportAttempt {
            situation: Situation::AfterTorch,
            ..attempt(outcome)
        }
    }

    #[test]
    fn a_module_that_comes_up_after_torch_only_is_a_warning_to_its_package() {
        for (case, message) in [(Case::linux(), LINUX), (Case::macos(), MACOS)] {
            let (alone, after) = (raised(message), after(ImportOutcome::Imported));
            let finding = said(case.together(&[&alone, &after]), "torch-not-imported-first");
            assert_eq!(finding.severity, Some(Severity::Warning));
            assert!(
                finding.remedy.contains("`pkg/__init__.py`"),
                "{}",
                finding.remedy
            );
        }
    }

    #[test]
    fn a_module_without_a_package_and_one_that_fails_anyhow_are_none() {
        let (alone, imported) = (raised(LINUX), after(ImportOutcome::Imported));
        let mut single = Case::linux();
        single.rename("_C.cpython-311-x86_64-linux-gnu.so");
        assert_eq!(id(&single.together(&[&alone, &imported])), None);
        let fails = ImportAttempt {
            situation: Situation::AfterTorch,
            ..raised(LINUX)
        };
        assert_eq!(id(&Case::linux().together(&[&alone, &fails])), None);
        let other =
            raised("libtallybook.so: cannot open shared object file: No such file or directory");
        assert_eq!(id(&Case::linux().together(&[&other, &imported])), None);
        assert_eq!(id(&Case::linux().together(&[&alone])), None);
    }
}
