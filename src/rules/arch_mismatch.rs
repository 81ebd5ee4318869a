//! A file for another processor.

use super::warned::{self, Group};
use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
use crate::build::{BuildWarning, WarningKind};
use crate::diagnosis::Severity;
use crate::image::Arch;
use crate::load::{Content, LoadFailure, Reason};
use crate::purpose::ModuleKind;

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
- A program: the system starts it in a process of its own, on Apple Silicon also one for Intel if Rosetta is installed. So
  for a program this is a warning.

## How loadproof knows

It reads the architecture of every slice and compares it with the interpreter's process. In a build's log it reads which
files the linker left out: a warning, for the build goes on.
",
    inspect: &[
        Inspect::Environment(torch_of_another),
        Inspect::Failure(wrong_arch),
        Inspect::Warnings(ignored),
    ],
};

/// torch's library has no slice for the interpreter's process: nothing that needs torch can work.
fn torch_of_another(scene: &Scene<'_>) -> Option<Finding> {
    let python = scene.interpreter().filter(|python| python.on_macos())?;
    let torch = python.torch.as_ref()?;
    let needed = scene.modules.iter().find(|module| module.needs_torch())?;
    let library = format!("{}/libtorch_cpu.dylib", torch.library_directory);
    let real_path = scene.files.real_path(&library)?;
    let content = scene.files.content(&real_path);
    let Content::MachO { slices } = &*content else {
        return None;
    };
    if slices.iter().any(|slice| slice.arch == needed.process_arch) {
        return None;
    }
    let archs: Vec<String> = slices.iter().map(|slice| slice.arch.to_string()).collect();
    let have = archs.join(",");
    let need = needed.process_arch.to_string();
    let rosetta = if python.translated {
        ", under Rosetta"
    } else {
        ""
    };
    let message = format!("torch is for {have}, and this Python runs as {need}{rosetta}");
    let names = [
        ("distribution", "torch"),
        ("need_arch", need.as_str()),
        ("interpreter", python.executable.as_str()),
        ("translated", if python.translated { "yes" } else { "no" }),
        ("own", "no"),
    ];
    let remedy = of_case(&RULE, &names);
    Some(
        Finding::new(message, remedy)
            .subject("torch")
            .fact("library", &library)
            .fact("have_arch", have)
            .fact("need_arch", need),
    )
}

/// The linker went on without a library; what was wanted of it is missing when the module is loaded, if not before.
fn ignored(_scene: &Scene<'_>, warnings: &[BuildWarning]) -> Vec<Finding> {
    let by_archs = |kind: &WarningKind| match kind {
        WarningKind::OtherArchitecture { have, need } => Some((have.clone(), need.clone())),
        _ => None,
    };
    let groups = warned::groups(warnings, by_archs).into_iter();
    let say = |group: Group| {
        let (have, need) = &group.values;
        let message = format!(
            "the linker left out {} for {have}: {need} is linked",
            group.shown()
        );
        let file = group.file();
        let names = [("ignored_library", file), ("need_arch", need.as_str())];
        let remedy = of_case(&RULE, &names);
        group
            .finding(message, remedy)
            .fact("have_arch", have)
            .fact("need_arch", need)
            .fact("ignored_library", file)
    };
    groups.map(say).collect()
}

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
        .as_deref()
        .map(each_once)
        .unwrap_or_else(|| module.process_arch.to_string());
    if own && module.kind == ModuleKind::Program {
        return Some(other_program(module, have.unwrap_or(archs.join(","))));
    }
    let is_for = have.as_deref().unwrap_or("another processor");
    let message = format!(
        "`{file}` is {}built for {is_for}, the interpreter needs {need}",
        wording::likely(failure)
    );
    let names = [
        ("need_arch", need.as_str()),
        ("library", file),
        ("own", if own { "yes" } else { "no" }),
        ("format", module.format()),
    ];
    let remedy = of_case(&RULE, &names);
    Some(
        Finding::new(message, remedy)
            .subject(file)
            .fact_if("have_arch", have)
            .fact("need_arch", need),
    )
}

/// dyld names some architectures twice: `arm64e or arm64e.v1 or arm64 or arm64`.
fn each_once(names: &str) -> String {
    let mut once: Vec<&str> = Vec::new();
    for name in names.split(" or ") {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once.join(" or ")
}

/// No interpreter loads a program: the system starts it, and that of Apple Silicon can start one for Intel.
fn other_program(module: &Module<'_>, have: String) -> Finding {
    let file = &module.artifact.path;
    let need = module.process_arch;
    let (starts, remedy) = match need == Arch::Arm64 && have.split(',').any(|arch| arch == "x86_64")
    {
        true => (
            "macOS on arm64 starts it only where Rosetta is installed",
            format!(
                "Build it for arm64, too, and join the two with `lipo -create`; until then \
                 `softwareupdate --install-rosetta` lets `{file}` start on Apple Silicon."
            ),
        ),
        false => (
            "no other Mac starts it",
            format!("Build it for {need}, too, and join the two with `lipo -create`."),
        ),
    };
    Finding::new(
        format!("the program `{file}` is built for {have}: {starts}"),
        remedy,
    )
    .only(Severity::Warning)
    .subject(file)
    .fact("have_arch", have)
    .fact("need_arch", need.to_string())
}

#[cfg(test)]
mod tests {
    use crate::image::Arch;
    use crate::load::{Content, Reason};
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
    fn a_processor_that_dyld_names_twice_is_named_once() {
        let mut wrong = failure(Reason::ArchMismatch, "/opt/lib/libstone.dylib");
        wrong.have_arch = Some("x86_64".to_owned());
        wrong.need_arch = Some("arm64e or arm64e.v1 or arm64 or arm64".to_owned());
        let finding = said(Case::macos().load(&wrong), "arch-mismatch");
        assert!(
            finding
                .message
                .ends_with("the interpreter needs arm64e or arm64e.v1 or arm64"),
            "{}",
            finding.message
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

    #[test]
    fn a_torch_without_a_slice_for_this_python_is_the_cause() {
        let library = "/env/lib/python3.11/site-packages/torch/lib/libtorch_cpu.dylib";
        let with_torch_for = |arch| {
            let mut case = Case::macos();
            case.link("@rpath/libtorch_cpu.dylib");
            let mut image = case.image().clone();
            image.arch = arch;
            case.files.insert(library.to_owned());
            let slices = vec![image];
            case.contents
                .insert(library.to_owned(), Content::MachO { slices });
            case
        };
        let mut case = with_torch_for(Arch::X86_64);
        let finding = said(case.environment(), "arch-mismatch");
        assert_eq!(
            finding.message,
            "torch is for x86_64, and this Python runs as arm64"
        );
        case.image().dependents.clear();
        assert_eq!(id(&case.environment()), None);
        assert_eq!(id(&with_torch_for(Arch::Arm64).environment()), None);
    }
}
