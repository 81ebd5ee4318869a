//! What the table of torch's symbols adds to a text: which releases have the symbol that was not found, and which torch
//! it was not found in.

use std::collections::BTreeMap;

use crate::image::Arch;
use crate::rules::{Origin, SymbolName};
use crate::torch_symbols::{Identified, TorchSymbols, known};

/// The causes that are about a symbol of torch.
const CAUSES: [&str; 3] = [
    "environment-mismatch",
    "symbol-missing-torch-abi",
    "torch-not-imported-first",
];

/// Sentences about the symbol and the torch of a failure, from the facts that its text names; facts that they rest on
/// are added. `text` is what stands around it.
pub(super) fn add(
    cause: &str,
    text: &str,
    facts: &mut BTreeMap<&'static str, String>,
) -> Vec<String> {
    let Some(symbol) = facts.get("symbol").filter(|_| CAUSES.contains(&cause)) else {
        return Vec::new();
    };
    // On Linux the names have one underscore less, and their own wheels.
    if text.contains("undefined symbol: ") && !text.contains("dlopen(") {
        return Vec::new();
    }
    let table = known();
    let symbol = table.spelled(symbol).unwrap_or_else(|| symbol.clone());
    let of_torch = || SymbolName::new(&symbol, true).origin() == Origin::Torch;
    if table.spelled(&symbol).is_none() && !of_torch() {
        return Vec::new();
    }
    let installed = installed(table, facts);
    let archs = archs(installed.as_ref(), text, facts);
    let mut notes = Vec::new();
    let readable = SymbolName::new(&symbol, true).readable(&symbol);
    notes.push(format!("{readable}: {}", table.said_of(&symbol, &archs)));
    if let Some(installed) = &installed {
        notes.push(torch_of(table, installed, &symbol));
        let version = installed.releases.to_string();
        facts.entry("torch_version").or_insert(version);
    }
    let ranges = archs
        .iter()
        .filter_map(|arch| table.releases_with(*arch, &symbol));
    let mut ranges: Vec<String> = ranges.map(|releases| releases.to_string()).collect();
    ranges.dedup();
    facts.entry("torch_fits").or_insert(ranges.join("; "));
    let library = archs
        .iter()
        .filter_map(|arch| table.history(*arch, &symbol)?.last().map(|of| of.library));
    if let Some(library) = library.into_iter().next() {
        facts
            .entry("torch_library")
            .or_insert(library.name().to_owned());
    }
    notes
}

/// The torch whose library dyld names by its UUID.
fn installed(table: &TorchSymbols, facts: &BTreeMap<&'static str, String>) -> Option<Identified> {
    let uuids = ["expected_in_uuid", "referenced_from_uuid"].iter();
    let mut found = uuids.filter_map(|name| table.identify(facts.get(name)?));
    found.next()
}

fn torch_of(table: &TorchSymbols, installed: &Identified, symbol: &str) -> String {
    let Identified {
        arch,
        library,
        releases,
    } = installed;
    let which = format!("by its UUID, that {library} is the one of torch {releases} ({arch})");
    let (Some(with), Some(version)) = (table.releases_with(*arch, symbol), releases.last()) else {
        return which;
    };
    let numbers = |version: &str| -> Vec<u32> {
        version
            .split('.')
            .filter_map(|part| part.parse().ok())
            .collect()
    };
    let here = numbers(version);
    match (with.first(), with.last()) {
        (Some(first), _) if numbers(first) > here => {
            format!("{which}: the module is compiled for a newer one")
        }
        (_, Some(last)) if numbers(last) < here => {
            format!("{which}: the module is compiled for an older one")
        }
        _ => which,
    }
}

/// The processors that the failure may be about: one if anything tells, else both.
fn archs(
    installed: Option<&Identified>,
    text: &str,
    facts: &BTreeMap<&'static str, String>,
) -> Vec<Arch> {
    if let Some(installed) = installed {
        return vec![installed.arch];
    }
    let named = ["arch", "need_arch"]
        .iter()
        .find_map(|name| facts.get(name));
    let within = named.map_or(text, String::as_str);
    let arm64 = within.contains("arm64") || within.contains("/opt/homebrew/");
    let x86_64 = within.contains("x86_64") || within.contains("/usr/local/Cellar/");
    match (arm64, x86_64) {
        (true, false) => vec![Arch::Arm64],
        (false, true) => vec![Arch::X86_64],
        _ => TorchSymbols::archs().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::add;

    const CONV: &str = "__ZN2at4_ops6conv1d4callERKNS_6TensorES4_RKN3c108optionalIS2_EENS5_8ArrayRefIxEENSA_INS5_6SymIntEEESB_x";

    fn facts(pairs: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
        let owned = pairs
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        owned.collect()
    }

    #[test]
    fn the_symbol_has_its_releases_and_the_uuid_its_torch() {
        let mut facts = facts(&[
            ("symbol", CONV),
            ("expected_in_uuid", "25C510F7-7AEE-3D64-80ED-95874DC6BECD"),
        ]);
        let notes = add("symbol-missing-torch-abi", "", &mut facts);
        assert_eq!(notes.len(), 2, "{notes:#?}");
        assert!(notes[0].ends_with("has it, in libtorch_cpu"), "{notes:#?}");
        assert!(
            notes[1].starts_with("by its UUID, that libtorch_cpu is the one of torch "),
            "{notes:#?}"
        );
        assert!(facts.contains_key("torch_version") && facts.contains_key("torch_fits"));
    }

    #[test]
    fn an_underscore_that_was_lost_does_no_harm_and_the_processor_is_read_from_the_text() {
        let symbol = "_ZN3c1013MessageLogger6streamEv";
        let text = "dlopen(x.so, 0x0002): Symbol not found (have 'arm64')";
        let mut facts = facts(&[("symbol", symbol)]);
        let notes = add("symbol-missing-torch-abi", text, &mut facts);
        assert_eq!(
            notes,
            ["`c10::MessageLogger::stream()`: torch 2.10 or newer has it, in libc10"]
        );
    }

    #[test]
    fn other_symbols_other_causes_and_other_systems_have_no_notes() {
        let cases = [
            ("symbol-missing-other", CONV, ""),
            ("symbol-missing-torch-abi", "_my_function", ""),
            ("environment-mismatch", "_other", "dlopen("),
            (
                "symbol-missing-torch-abi",
                "_ZN3c105Error4whatEv",
                "undefined symbol: _ZN3c105Error4whatEv",
            ),
        ];
        for (cause, symbol, text) in cases {
            let mut facts = facts(&[("symbol", symbol)]);
            assert_eq!(
                add(cause, text, &mut facts),
                Vec::<String>::new(),
                "{symbol}"
            );
            assert_eq!(facts.len(), 1);
        }
    }
}
