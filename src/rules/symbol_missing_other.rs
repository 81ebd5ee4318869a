//! A symbol that no image provides, of no origin that a narrower rule knows.

use super::symbol::SymbolName;
use super::{Finding, Inspect, Module, Rule, Scene, of_case, rank, wording};
use crate::diagnosis::Severity;
use crate::load::{LoadFailure, Reason};

pub(super) const RULE: Rule = Rule {
    id: "symbol-missing-other",
    summary: "a symbol that the module needs is in no library that it loads",
    severity: Severity::Error,
    rank: rank::ANY_SYMBOL,
    explanation: "## What it means

The module uses a function or variable that neither it nor any library it is linked to defines.

## Why it breaks

Shared libraries may be linked with open symbols (`-undefined dynamic_lookup` on macOS, the default on Linux), so the
build succeeds. The loader looks for every symbol when Python imports the module, finds none, and refuses it.

## How to fix

- A function of your own: add the source file that defines it to `sources=[...]` of the extension. Check that its
  declaration and its definition agree in namespace, arguments and `extern \"C\"`.
- A function of a library: add the library to `libraries=[...]`, or update it to a version that has the function.

## How loadproof knows

It asks every image of the load for the symbol, in the loader's order and by the loader's rules, and compares the
answer with the message of a real import.
",
    inspect: &[
        Inspect::Failure(missing_symbol),
        Inspect::Failure(missing_version),
    ],
};

fn missing_symbol(
    scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
) -> Option<Finding> {
    if failure.reason != Reason::SymbolNotFound {
        return None;
    }
    let symbol = &failure.subject;
    let name = SymbolName::of(module, failure);
    let message = format!(
        "`{}` needs {}, which {}no library that it loads provides",
        wording::needer(scene, module, failure),
        name.readable(symbol),
        wording::likely(failure)
    );
    let expected = failure.expected_in.as_deref().unwrap_or_default();
    let names = [
        ("symbol", symbol.as_str()),
        ("expected_in", scene.shown(expected)),
        ("format", module.format()),
    ];
    let finding = Finding::new(message, of_case(&RULE, &names))
        .subject(symbol)
        .fact("symbol", symbol)
        .fact_if("demangled", name.demangled());
    Some(wording::with_origin(finding, scene, failure))
}

/// A library that is there has not the version of its symbols that is asked of it.
fn missing_version(
    scene: &Scene<'_>,
    module: &Module<'_>,
    failure: &LoadFailure,
) -> Option<Finding> {
    if failure.reason != Reason::VersionNotFound {
        return None;
    }
    let version = wording::missing_version(failure).unwrap_or(&failure.subject);
    let library = failure.expected_in.as_deref().map(|it| scene.shown(it));
    let message = format!(
        "`{}` needs version `{version}` of `{}`, which it {}does not have",
        wording::needer(scene, module, failure),
        library.unwrap_or("a library"),
        wording::likely(failure)
    );
    let names = [
        ("symbol_version", version),
        ("expected_in", library.unwrap_or_default()),
    ];
    let finding = Finding::new(message, of_case(&RULE, &names))
        .subject(version)
        .fact("symbol_version", version);
    Some(wording::with_origin(finding, scene, failure))
}

#[cfg(test)]
mod tests {
    use crate::load::Reason;
    use crate::rules::testing::{Case, failure, id, said};

    #[test]
    fn the_symbol_is_shown_as_people_write_it_and_blamed_as_it_is() {
        let missing = failure(Reason::SymbolNotFound, "_ZN6kernel5scaleEdd");
        let finding = said(Case::linux().load(&missing), "symbol-missing-other");
        assert_eq!(finding.subject.as_deref(), Some("_ZN6kernel5scaleEdd"));
        assert_eq!(
            finding.message,
            "`pkg/_C.cpython-311-x86_64-linux-gnu.so` needs `kernel::scale(double, double)`, which no library that it \
             loads provides"
        );
    }

    #[test]
    fn a_library_that_needs_it_is_named_by_its_path_in_the_wheel() {
        let mut missing = failure(Reason::SymbolNotFound, "scale");
        missing.referenced_from = Some("/overlay/pkg/lib/libstone.so".to_owned());
        let finding = said(Case::linux().load(&missing), "symbol-missing-other");
        assert!(
            finding.message.starts_with("`pkg/lib/libstone.so` needs"),
            "{}",
            finding.message
        );
    }

    #[test]
    fn a_symbol_of_torch_has_a_narrower_rule() {
        let missing = failure(Reason::SymbolNotFound, "_ZN3c1011CPUTensorIdEv");
        assert_eq!(
            id(&Case::linux().load(&missing)),
            Some("symbol-missing-torch-abi")
        );
    }

    #[test]
    fn an_older_library_is_named_with_the_version_it_lacks() {
        let mut missing = failure(Reason::VersionNotFound, "STONE_2");
        missing.symbol_version = Some("STONE_2".to_owned());
        missing.expected_in = Some("/usr/lib/libstone.so.1".to_owned());
        let finding = said(Case::linux().load(&missing), "symbol-missing-other");
        assert!(
            finding
                .message
                .contains("version `STONE_2` of `/usr/lib/libstone.so.1`"),
            "{}",
            finding.message
        );
    }
}
