//! A symbol of the C++ standard library that this system's does not have.

use super::symbol::{Origin, SymbolName};
use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
use crate::build::{Build, BuildFault, FaultKind};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "symbol-missing-libcxx",
    summary: "the C++ standard library of this system lacks a symbol that the module needs",
    severity: Severity::Error,
    rank: rank::SYMBOL,
    explanation: "## What it means

The module was compiled against a newer C++ standard library than the one in the process.

## Why it breaks

On macOS libc++ belongs to the system: what a newer SDK declares exists at run time only on a newer macOS. The
compiler refuses such functions only if the deployment target is set to the oldest macOS that must work. On Linux a
newer GCC brings a newer libstdc++; conda environments and containers often put an older one first, and the first one
in the process serves all.

## How to fix

- macOS: build with `MACOSX_DEPLOYMENT_TARGET` set to the oldest macOS that must work; the compiler then says which
  function is too new.
- Another compiler than Apple's (Homebrew's LLVM): link with its own libc++, `-L$(brew --prefix llvm)/lib/c++`.
- Linux: build on the oldest system that must work (a manylinux container), or update the older libstdc++
  (`conda install libstdcxx-ng`).
- When linking: let the C++ compiler link (`language=\"c++\"`, or sources that end in `.cpp`).

## How loadproof knows

The symbol's name is one of the C++ standard library's, and no image of the load exports it; or the dynamic linker
names the version (`GLIBCXX_...`, `CXXABI_...`) that it does not find.
",
    inspect: &[Inspect::Failure(at_load), Inspect::Build(at_link)],
};

fn at_load(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    if !matches!(
        failure.reason,
        Reason::SymbolNotFound | Reason::VersionNotFound
    ) {
        return None;
    }
    let version = wording::missing_version(failure)
        .filter(|version| version.starts_with("GLIBCXX_") || version.starts_with("CXXABI_"));
    let name = SymbolName::of(module, failure);
    if version.is_none() && name.origin() != Origin::CxxStandard {
        return None;
    }
    let what = match version {
        Some(version) => format!("`{version}` of libstdc++"),
        None => format!(
            "{} of the C++ standard library",
            name.readable(&failure.subject)
        ),
    };
    let here = if module.is_macho() {
        "this macOS"
    } else {
        "this environment"
    };
    let message = format!(
        "`{}` {}needs {what}, which {here} does not have",
        wording::needer(scene, module, failure),
        wording::likely(failure)
    );
    let remedy = of_case(&RULE, &[("format", module.format()), ("stage", "load")]);
    let symbol = (failure.reason == Reason::SymbolNotFound).then_some(&failure.subject);
    let finding = Finding::new(message, remedy)
        .subject(version.unwrap_or(&failure.subject))
        .fact_if("symbol", symbol)
        .fact_if("symbol_version", version);
    Some(wording::with_origin(finding, scene, failure))
}

fn at_link(scene: &Scene<'_>, _build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let fault = fault?;
    let FaultKind::UndefinedSymbol { symbol } = &fault.kind else {
        return None;
    };
    let name = SymbolName::new(symbol, scene.on_macos() == Some(true));
    let standard = name.origin() == Origin::CxxStandard || symbol.starts_with("std::");
    if !standard {
        return None;
    }
    let finding = Finding::new(
        format!(
            "the linker finds no {} of the C++ standard library",
            name.readable(symbol)
        ),
        of_case(
            &RULE,
            &[("symbol", symbol.as_str()), ("system", scene.system())],
        ),
    )
    .subject(symbol)
    .fact("symbol", symbol);
    Some(wording::with_complaint(finding, scene, fault))
}

#[cfg(test)]
mod tests {
    use crate::load::Reason;
    use crate::rules::testing::{Case, failure, id, said};

    const RULE: &str = "symbol-missing-libcxx";

    #[test]
    fn a_symbol_of_libcxx_is_known_even_where_the_module_is_built_for_a_newer_macos() {
        let mut missing = failure(
            Reason::SymbolNotFound,
            "__ZNKSt3__115basic_stringbufIcNS_11char_traitsIcEENS_9allocatorIcEEE3strEv",
        );
        missing.expected_in = Some("/usr/lib/libc++.1.dylib".to_owned());
        said(Case::macos().load(&missing), RULE);
    }

    #[test]
    fn a_version_of_libstdcxx_is_named() {
        let mut missing = failure(Reason::VersionNotFound, "GLIBCXX_3.4.32");
        missing.symbol_version = Some("GLIBCXX_3.4.32".to_owned());
        let finding = said(Case::linux().load(&missing), RULE);
        assert_eq!(finding.subject.as_deref(), Some("GLIBCXX_3.4.32"));
    }

    #[test]
    fn a_version_of_libc_is_the_systems() {
        let mut missing = failure(Reason::VersionNotFound, "GLIBC_2.38");
        missing.symbol_version = Some("GLIBC_2.38".to_owned());
        assert_eq!(id(&Case::linux().load(&missing)), Some("min-os-too-new"));
    }
}
