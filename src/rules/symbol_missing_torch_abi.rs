//! A symbol of torch that the torch of this environment does not have.

mod requirement;

use super::symbol::{Origin, SymbolName};
use super::torch_releases::Fitting;
use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "symbol-missing-torch-abi",
    summary: "the module needs a symbol that the installed torch does not have",
    severity: Severity::Error,
    rank: rank::SYMBOL,
    explanation: "## What it means

The module uses a function of torch under a name that the torch of this environment does not export.

## Why it breaks

torch promises no stable C++ ABI. A function's symbol holds its whole signature, so each of these changes it:

- another torch version than the one whose headers were compiled: pip's build isolation downloads the newest;
- the other C++ ABI of GNU's `std::string`, by `-D_GLIBCXX_USE_CXX11_ABI=0` or `=1` in the project's flags: then the
  symbol has `Ss` where torch has `NSt7__cxx1112basic_string`, or the reverse;
- another standard library (GCC's libstdc++ where torch on macOS uses Apple's libc++);
- or torch was never loaded: the module is not linked to torch's libraries.

## How to fix

- Build against the torch that will be used: `pip wheel --no-build-isolation .`, and after every upgrade of torch.
- Remove `-D_GLIBCXX_USE_CXX11_ABI` from `extra_compile_args`; `BuildExtension` passes what torch was built with. In
  CMake, `TORCH_CXX_FLAGS` has it.
- Declare the extension with `CppExtension`, and `import torch` before the module.
- A function of your own in `namespace at` or `torch`: add its source to `sources=[...]`.

## How loadproof knows

It asks torch's libraries for the symbol, reads the C++ ABI from the symbol's name and compares it with
`torch._C._GLIBCXX_USE_CXX11_ABI`, and looks for the flag in the build log. On macOS it knows which release of torch
exports which symbol, and so which releases the module fits: `loadproof torch-symbols fits FILE`. A requirement of the
wheel with `==` is believed first. Of a wheel it holds every release that the requirement lets in against what the
wheel's files need, without any torch at hand.
",
    inspect: &[
        Inspect::Failure(missing),
        Inspect::Wheel(requirement::unkept),
    ],
};

fn missing(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    let name = SymbolName::of(module, failure);
    if failure.reason != Reason::SymbolNotFound || name.origin() != Origin::Torch {
        return None;
    }
    let finding = other_abi(scene, module, failure, name)
        .or_else(|| other_standard_library(scene, module, failure, name))
        .unwrap_or_else(|| other_version(scene, module, failure, name))
        .subject(&failure.subject)
        .fact("symbol", &failure.subject)
        .fact_if("demangled", name.demangled())
        .fact_if("torch_version", scene.torch_version());
    Some(wording::with_origin(finding, scene, failure))
}

/// GNU's `std::string` has two ABIs; both sides must have been compiled for the same one.
fn other_abi(
    scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
    name: SymbolName<'_>,
) -> Option<Finding> {
    let (of_torch, of_symbol) = (scene.torch_cxx11_abi()?, name.cxx11_abi()?);
    if module.is_macho() || of_torch == of_symbol {
        return None;
    }
    let age = |new: bool| if new { "today's" } else { "the old" };
    let message = format!(
        "`{}` is {}compiled for {} C++ ABI of `std::string`, torch for {}: torch has no {}",
        wording::needer(scene, module, failure),
        wording::likely(failure),
        age(of_symbol),
        age(of_torch),
        name.readable(&failure.subject)
    );
    let wanted = format!("-D_GLIBCXX_USE_CXX11_ABI={}", u8::from(of_symbol));
    let command = scene
        .compile_commands
        .iter()
        .find(|command| command.has(&wanted));
    let names = [
        ("flag", command.map_or("", |_| wanted.as_str())),
        ("torch_cxx11_abi", if of_torch { "1" } else { "0" }),
    ];
    let remedy = of_case(&RULE, &names);
    let finding = Finding::new(message, remedy)
        .fact("cxx11_abi", of_symbol.to_string())
        .fact("torch_cxx11_abi", of_torch.to_string());
    Some(match command {
        Some(command) => finding
            .fact("flag", &wanted)
            .evidence(format!("compiler command, {}", command.told), wanted),
        None => finding,
    })
}

/// On macOS, torch's symbols name libc++'s types; a symbol with libstdc++'s was compiled by GCC.
fn other_standard_library(
    scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
    name: SymbolName<'_>,
) -> Option<Finding> {
    if !module.is_macho() || !name.mentions_libstdcxx() {
        return None;
    }
    let message = format!(
        "`{}` is {}compiled against GNU libstdc++, torch against Apple's libc++: torch has no {}",
        wording::needer(scene, module, failure),
        wording::likely(failure),
        name.readable(&failure.subject)
    );
    Some(Finding::new(
        message,
        of_case(&RULE, &[("symbol", failure.subject.as_str())]),
    ))
}

fn other_version(
    scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
    name: SymbolName<'_>,
) -> Finding {
    let needer = wording::needer(scene, module, failure);
    let symbol = name.readable(&failure.subject);
    let likely = wording::likely(failure);
    let own = needer == module.artifact.path;
    if own && !module.needs_torch() {
        return Finding::new(
            format!(
                "`{needer}` {likely}needs torch's {symbol}, and is linked to none of torch's libraries"
            ),
            of_case(&RULE, &[("linked", "no")]),
        );
    }
    let torch = match scene.torch_version() {
        Some(version) => format!("torch {version}"),
        None => "the torch of this environment".to_owned(),
    };
    let message = format!("`{needer}` {likely}needs {symbol}, which {torch} does not have");
    let remedy = |torch: Option<String>| {
        let torch = torch.unwrap_or_default();
        let names = [
            ("torch_install", torch.as_str()),
            ("interpreter", scene.python()),
        ];
        of_case(&RULE, &names)
    };
    let Some(fitting) = Fitting::of(scene, module, &failure.subject, own) else {
        return Finding::new(message, remedy(None));
    };
    let clause = fitting.clause(scene.torch_version());
    let remedy = remedy(fitting.install());
    fitting.tell(Finding::new(format!("{message}{clause}"), remedy), scene)
}

#[cfg(test)]
mod tests {
    use crate::build::Ending;
    use crate::image::{Import, ImportFrom};
    use crate::load::Reason;
    use crate::rules::testing::{Case, failure, id, said};

    const OLD: &str = "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs";
    const RULE: &str = "symbol-missing-torch-abi";

    #[test]
    fn the_old_abi_is_named_with_the_flag_that_chose_it() {
        let mut case = Case::linux().built(
            "g++ -I/t -D_GLIBCXX_USE_CXX11_ABI=0 -c ext.cpp -o ext.o",
            Ending::Exited { code: 0 },
        );
        case.link("libtorch.so");
        let finding = said(case.load(&failure(Reason::SymbolNotFound, OLD)), RULE);
        assert_eq!(finding.subject.as_deref(), Some(OLD));
        assert!(
            finding.message.contains("the old C++ ABI"),
            "{}",
            finding.message
        );
        let flag = finding.facts.get("flag").map(String::as_str);
        assert_eq!(flag, Some("-D_GLIBCXX_USE_CXX11_ABI=0"));
    }

    #[test]
    fn a_symbol_that_says_nothing_of_the_abi_is_of_another_version() {
        let mut case = Case::linux();
        case.link("libtorch.so");
        let finding = said(
            case.load(&failure(Reason::SymbolNotFound, "_ZN3c1011CPUTensorIdEv")),
            RULE,
        );
        assert!(
            finding
                .message
                .ends_with("`c10::CPUTensorId()`, which torch 2.15.0 does not have"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn gnu_types_in_a_symbol_on_macos_tell_of_the_other_compiler() {
        let symbol = "__ZN3c1010TensorImpl17set_autograd_metaESt10unique_ptrINS_21AutogradMetaInterfaceESt14default_deleteIS2_EE";
        let finding = said(
            Case::macos().load(&failure(Reason::SymbolNotFound, symbol)),
            RULE,
        );
        assert!(
            finding.message.contains("GNU libstdc++"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn a_function_of_the_project_that_takes_a_tensor_is_not_torchs() {
        let symbol = "_Z5scaleRKN2at6TensorE";
        let spoken = Case::linux().load(&failure(Reason::SymbolNotFound, symbol));
        assert_eq!(id(&spoken), Some("symbol-missing-other"));
    }

    const PARSE: &str = "__ZN5torch3jit17parseSchemaOrNameERKNSt3__112basic_stringIcNS1_11char_traitsIcEENS1_9allocatorIcEEEE";

    /// A module for macOS that needs the symbol, and one that only torch 2.2 and newer have.
    fn of_an_older_torch() -> Case {
        let mut case = Case::macos();
        case.link("@rpath/libtorch_cpu.dylib");
        let newer = "__ZN5torch8autograd13_wrap_outputsERKNSt3__16vectorIN2at6TensorENS1_9allocatorIS4_EEEERKNS1_13unordered_setIPN3c1010TensorImplENS1_4hashISD_EENS1_8equal_toISD_EENS5_ISD_EEEESL_NSB_8ArrayRefINS1_8optionalIS4_EEEERKNS1_10shared_ptrINS0_4NodeEEERKNS1_8functionIFS7_S7_S7_EEESL_RKNSV_IFS4_S4_EEE";
        for symbol in [PARSE, newer] {
            case.image().imports.push(Import {
                symbol: symbol.to_owned(),
                from: ImportFrom::Ordinal(1),
                weak: false,
                lazy: false,
                version: None,
            });
        }
        case
    }

    #[test]
    fn the_releases_that_the_whole_module_fits_are_named() {
        let case = of_an_older_torch();
        let missing = failure(Reason::SymbolNotFound, PARSE);
        let finding = said(case.load(&missing), RULE);
        assert!(
            finding
                .message
                .ends_with("which torch 2.15.0 does not have: it fits torch 2.2-2.3"),
            "{}",
            finding.message
        );
        assert!(
            finding.remedy.contains("torch==2.3.1`"),
            "{}",
            finding.remedy
        );
        let fits = finding.facts.get("torch_fits").map(String::as_str);
        assert_eq!(fits, Some("2.2-2.3"));
    }

    #[test]
    fn a_pin_of_the_wheel_is_believed_first() {
        let mut case = of_an_older_torch();
        case.facts.requires_torch = Some("torch==2.2.1".to_owned());
        let finding = said(case.load(&failure(Reason::SymbolNotFound, PARSE)), RULE);
        assert!(
            finding.remedy.contains("torch==2.2.1`"),
            "{}",
            finding.remedy
        );
        case.facts.requires_torch = Some("torch>=2.2,==2.*".to_owned());
        let finding = said(case.load(&failure(Reason::SymbolNotFound, PARSE)), RULE);
        assert!(
            finding.remedy.contains("torch==2.3.1`"),
            "{}",
            finding.remedy
        );
    }

    #[test]
    fn a_symbol_in_no_release_is_said_to_be_in_none() {
        let mut case = of_an_older_torch();
        let nightly = "__ZN2at12only_nightlyEv";
        let finding = said(case.load(&failure(Reason::SymbolNotFound, nightly)), RULE);
        assert!(
            finding
                .message
                .ends_with("(no release of torch from 1.9 on has it)"),
            "{}",
            finding.message
        );
        case.interpreter().torch = None;
        case.facts.torch = None;
        let finding = said(case.load(&failure(Reason::SymbolNotFound, PARSE)), RULE);
        assert!(
            finding.message.ends_with(": it fits torch 2.2-2.3"),
            "{}",
            finding.message
        );
    }
}
