//! A symbol of another toolchain's runtime.

use super::symbol::{Origin, SymbolName};
use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "compiler-runtime-mismatch",
    summary: "the module needs the runtime library of another compiler",
    severity: Severity::Error,
    rank: rank::SYMBOL,
    explanation: "## What it means

The module, or a library that it loads, was compiled by one toolchain and runs with the libraries of another.

## Why it breaks

A compiler calls functions of its own runtime library: libgcc for 128-bit numbers and thread-local storage
(`__addtf3`, `__emutls_get_address`), libstdc++ or libc++ for C++. On macOS only libc++ and Apple's runtime are there.
On Linux a module compiled with `-stdlib=libc++` needs libc++ beside the libstdc++ that torch uses. The two C++
libraries cannot pass a `std::string` to each other, even where both are loaded.

## How to fix

- Compile everything with the compiler that Python and torch were built with: `CC=clang CXX=clang++` on macOS,
  `CC=gcc CXX=g++` and no `-stdlib=libc++` on Linux.
- A library from conda, Homebrew's GCC or a Fortran compiler: use the copy that belongs to the environment, not the
  one in `/usr/local/lib`; its own runtime (`libgcc_s`, `libquadmath`, `libgfortran`) must be of the same version.
- conda: install the matching compilers, `conda install cxx-compiler`, and build in the activated environment.

## How loadproof knows

The symbol is named as that runtime names its own, and no image of the load exports it.
",
    inspect: &[Inspect::Failure(missing)],
};

fn missing(scene: &Scene<'_>, module: &Module<'_>, failure: &LoadFailure) -> Option<Finding> {
    if !matches!(
        failure.reason,
        Reason::SymbolNotFound | Reason::VersionNotFound
    ) {
        return None;
    }
    let name = SymbolName::of(module, failure);
    let of_gcc =
        wording::missing_version(failure).is_some_and(|version| version.starts_with("GCC_"));
    if name.origin() != Origin::OtherToolchain && !of_gcc {
        return None;
    }
    let message = format!(
        "`{}` {}needs {}, which belongs to another compiler's runtime library",
        wording::needer(scene, module, failure),
        wording::likely(failure),
        name.readable(&failure.subject)
    );
    let names = [
        ("symbol", failure.subject.as_str()),
        ("format", module.format()),
    ];
    let finding = Finding::new(message, of_case(&RULE, &names))
        .subject(&failure.subject)
        .fact("symbol", &failure.subject);
    Some(wording::with_origin(finding, scene, failure))
}

#[cfg(test)]
mod tests {
    use crate::load::Reason;
    use crate::rules::testing::{Case, failure, id, said};

    #[test]
    fn a_function_of_libgcc_is_not_of_a_newer_macos() {
        let mut missing = failure(Reason::SymbolNotFound, "___addtf3");
        missing.referenced_from = Some("/usr/local/lib/libquadmath.0.dylib".to_owned());
        missing.expected_in = Some("/usr/lib/libSystem.B.dylib".to_owned());
        let finding = said(Case::macos().load(&missing), "compiler-runtime-mismatch");
        assert!(
            finding
                .message
                .starts_with("`/usr/local/lib/libquadmath.0.dylib` needs"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn libcxx_is_foreign_on_linux_only() {
        let symbol = "_ZNKSt3__115basic_stringbufIcNS_11char_traitsIcEENS_9allocatorIcEEE3strEv";
        let on_linux = Case::linux().load(&failure(Reason::SymbolNotFound, symbol));
        assert_eq!(id(&on_linux), Some("compiler-runtime-mismatch"));
        let on_macos = Case::macos().load(&failure(Reason::SymbolNotFound, &format!("_{symbol}")));
        assert_eq!(id(&on_macos), Some("symbol-missing-libcxx"));
    }
}
