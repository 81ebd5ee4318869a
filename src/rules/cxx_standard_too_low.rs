//! The sources are compiled as an older C++ than they, or torch's headers, need.

use super::{Finding, Inspect, Rule, Scene, of_case, rank, warned, way, wording};
use crate::build::{
    Build, BuildFault, BuildWarning, CompileCommand, FaultKind, WarningKind, standard_asked,
};
use crate::diagnosis::{Place, Severity};

pub(super) const RULE: Rule = Rule {
    id: "cxx-standard-too-low",
    summary: "the sources are compiled as an older C++ than they, or torch's headers, need",
    severity: Severity::Error,
    // Before `compile-error`: the same complaint may be told by a header that does not check the standard.
    rank: rank::BUILD - 1,
    explanation: "## What it means

torch's headers, or the project's own sources, are written in a newer C++ than the one that the compiler is told to read.

## Why it breaks

torch raised the standard over time (C++14, C++17, C++20). `BuildExtension` passes the right `-std=`, unless setup.py
passes one of its own: the project's flag wins and keeps the age of the day it was written. Without torch's check the
same fault shows as strange errors deep in its headers (`is_enum_v is not a member of std`).

## How to fix

- Remove `-std=...` from `extra_compile_args` and let `BuildExtension` choose.
- CMake: `set_property(TARGET ext PROPERTY CXX_STANDARD 17)`, or what the message asks for.
- A compiler that does not know the standard: use a newer one, `CXX=g++-13`.

## How loadproof knows

torch's header says which standard it needs, or one of torch's headers does not compile while the command above the
complaint asks for C++14 or older. Of the project's own sources gcc says it in a note: `‘std::optional’ is only available
from C++17 onwards`. What a compiler warns of and reads all the same (`... is a C++17 extension`) is a warning.
",
    inspect: &[Inspect::Build(too_old), Inspect::Warnings(newer)],
};

fn too_old(scene: &Scene<'_>, build: &Build, fault: Option<&BuildFault>) -> Option<Finding> {
    let fault = fault?;
    let command = wording::command_before(scene, fault.log_line, fault.file.as_deref());
    let flag = command.and_then(standard_flag);
    let asked = standard_asked(&build.log, fault.log_line)
        .filter(|asked| flag.is_none_or(|flag| is_before(flag, asked)));
    let needed = match &fault.kind {
        FaultKind::CxxStandardTooLow { needed } => Some(needed.as_str()),
        FaultKind::CompileError { .. } if asked.is_some() => asked,
        FaultKind::CompileError { .. } if in_torch(fault) => {
            let told = scene
                .build_faults
                .iter()
                .find_map(|fault| match &fault.kind {
                    FaultKind::CxxStandardTooLow { needed } => Some(needed.as_str()),
                    _ => None,
                });
            if told.is_none() && !flag.is_some_and(|flag| is_before(flag, "C++17")) {
                return None;
            }
            told
        }
        _ => return None,
    };
    let needs = needed.unwrap_or("a newer C++");
    let own = fault
        .file
        .as_ref()
        .filter(|_| asked.is_some())
        .map(|file| scene.source_place(file, fault.line, fault.column));
    let who = match &own {
        Some(Place::Source(own)) => format!("`{}` needs", own.file),
        _ if asked.is_none() || in_torch(fault) => "torch's headers need".to_owned(),
        _ => "a header needs".to_owned(),
    };
    let message = match flag {
        Some(flag) => format!("{who} {needs}, and the compiler is given `{flag}`"),
        None => format!("{who} {needs}, and the compiler is not told to use it"),
    };
    let names = [
        ("required", needed.unwrap_or_default()),
        ("flag", flag.unwrap_or_default()),
    ];
    let remedy = of_case(&RULE, &names);
    let finding = Finding::new(message, remedy)
        .subject(flag.unwrap_or(needs))
        .fact_if("flag", flag)
        .fact_if("required", needed);
    // The line to edit is the flag's, not the one that torch's header has.
    let finding = wording::complaint(finding, fault);
    let finding = match own {
        Some(Place::Source(own)) => finding.related(own, format!("needs {needs}")),
        _ => finding,
    };
    Some(way::beside(finding, scene, fault))
}

/// A compiler went on with what is newer than it was told to read: another one, or the next version, stops there.
fn newer(scene: &Scene<'_>, warnings: &[BuildWarning]) -> Vec<Finding> {
    let by_standard = |kind: &WarningKind| match kind {
        WarningKind::NewerCxx { standard } => Some((standard.clone(), String::new())),
        _ => None,
    };
    let groups = warned::groups(warnings, by_standard).into_iter();
    let say = |group: warned::Group| {
        let standard = &group.values.0;
        let first = group.first()?;
        let command = wording::command_before(scene, first.log_line, Some(&first.file));
        let flag = command.and_then(standard_flag);
        if flag.is_some_and(|flag| !is_before(flag, standard)) {
            return None;
        }
        let told = match flag {
            Some(flag) => format!("the compiler is given `{flag}`"),
            None => "the compiler is not told to read it".to_owned(),
        };
        // CMake's compilers are given whole paths.
        let shown = match scene.source_place(&first.file, None, None) {
            Place::Source(own) => group.shown().replacen(&first.file, &own.file, 1),
            _ => group.shown(),
        };
        let finding = Finding::new(
            format!("{shown} uses {standard}, and {told}"),
            of_case(
                &RULE,
                &[("required", standard), ("flag", flag.unwrap_or_default())],
            ),
        );
        let finding = finding
            .subject(flag.unwrap_or(standard))
            .fact_if("flag", flag)
            .fact("required", standard)
            .only(Severity::Warning);
        Some(group.quoted(finding))
    };
    groups.filter_map(say).collect()
}

fn in_torch(fault: &BuildFault) -> bool {
    let file = fault.file.as_deref();
    file.is_some_and(|file| file.contains("/site-packages/torch/include/"))
}

/// The last one wins.
fn standard_flag(command: &CompileCommand) -> Option<&str> {
    let mut arguments = command.arguments.iter().rev();
    let flag = arguments.find(|argument| argument.starts_with("-std="))?;
    Some(flag)
}

/// `-std=c++14` is before `C++17`; of a flag that names no year nothing is said.
fn is_before(flag: &str, standard: &str) -> bool {
    const YEARS: [&[&str]; 7] = [
        &["98", "03"],
        &["11", "0x"],
        &["14", "1y"],
        &["17", "1z"],
        &["20", "2a"],
        &["23", "2b"],
        &["26", "2c"],
    ];
    let year = |text: &str| {
        let (_, year) = text.rsplit_once("++")?;
        YEARS.iter().position(|names| names.contains(&year))
    };
    matches!((year(flag), year(standard)), (Some(given), Some(needed)) if given < needed)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Case, id, said};

    const TORCH: &str = "/env/lib/python3.11/site-packages/torch/include";

    #[test]
    fn torch_says_which_standard_it_needs() {
        let log = format!(
            "{TORCH}/torch/all.h:4:2: error: #error C++17 or later compatible compiler is required to use PyTorch."
        );
        let finding = said(Case::linux().failed_build(&log), "cxx-standard-too-low");
        assert_eq!(
            finding.facts.get("required").map(String::as_str),
            Some("C++17")
        );
    }

    #[test]
    fn gcc_says_from_which_standard_on_a_name_is_there() {
        let log = "g++ -c a.cpp -o a.o -std=c++11\n\
                   a.cpp:3:6: error: ‘optional’ in namespace ‘std’ does not name a template type\n\
                   \x20   3 | std::optional<int> f();\n      |      ^~~~~~~~\n\
                   a.cpp:3:1: note: ‘std::optional’ is only available from C++17 onwards\n\
                   \x20   3 | std::optional<int> f();\n";
        let finding = said(Case::linux().failed_build(log), "cxx-standard-too-low");
        assert_eq!(
            finding.message,
            "`a.cpp` needs C++17, and the compiler is given `-std=c++11`"
        );
        assert_eq!(finding.facts["required"], "C++17");
        let other = "a.cpp:3:6: error: x\na.cpp:5:6: error: y\n";
        let log = log.replacen("a.cpp:3:6: error: ", other, 1);
        assert_eq!(
            id(&Case::linux().failed_build(&log)),
            Some("compile-error"),
            "the note belongs to a later complaint"
        );
        let newer = log
            .replace("c++11", "c++20")
            .replace(other, "a.cpp:3:6: error: ");
        assert_eq!(
            id(&Case::linux().failed_build(&newer)),
            Some("compile-error")
        );
    }

    #[test]
    fn the_other_words_of_torch_are_known() {
        for words in [
            "#error You need C++17 to compile PyTorch",
            "\"You need C++17 to compile PyTorch\"",
        ] {
            let log = format!(
                "g++ -I{TORCH} -c ext.cpp -o ext.o -std=c++14\nIn file included from ext.cpp:3:\n\
                 {TORCH}/c10/util/C++17.h:27:2: error: {words}"
            );
            let finding = said(Case::linux().failed_build(&log), "cxx-standard-too-low");
            assert_eq!(finding.facts["required"], "C++17");
            assert_eq!(finding.facts["flag"], "-std=c++14");
            // The flag is to be edited; that the header is included is told beside it.
            assert_eq!(finding.place, None);
            assert_eq!(finding.related[0].place.to_string(), "ext.cpp:3");
        }
        let log = "a.cpp:1:2: error: #error You need a license to compile PyTorch";
        assert_eq!(id(&Case::linux().failed_build(log)), Some("compile-error"));
    }

    #[test]
    fn what_is_read_although_it_is_newer_is_a_warning() {
        let warning = "a.cpp:4:8: warning: decomposition declarations are a C++17 extension [-Wc++17-extensions]";
        let said = |command: &str| {
            let log = format!("{command}\n{warning}\n{warning}\n");
            let found = Case::macos().warned(&log).into_iter();
            found
                .map(|(_, finding)| finding.message)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            said(
                "clang++ -std=c++11 -c b.cpp -o b.o\nclang++ -std=gnu++14 -c a.cpp -o a.o\nclang++ -std=c++11 -c c.cpp -o c.o"
            ),
            ["`a.cpp` uses C++17, and the compiler is given `-std=gnu++14`"]
        );
        assert_eq!(
            said(
                "clang++ -std=c++14 -c a.cpp -o a.o\n/src/project/lib/b.h:1:1: warning: x is a C++20 extension [-Wc++20-extensions]"
            ),
            [
                "`lib/b.h` uses C++20, and the compiler is given `-std=c++14`",
                "`a.cpp` uses C++17, and the compiler is given `-std=c++14`"
            ]
        );
        assert_eq!(
            said("clang++ -c a.cpp -o a.o"),
            ["`a.cpp` uses C++17, and the compiler is not told to read it"]
        );
        // The command that is at hand is not the one that warned.
        assert_eq!(said("clang++ -std=c++17 -c a.cpp -o a.o"), [""; 0]);
    }

    #[test]
    fn an_error_in_torchs_headers_under_an_old_standard_is_the_standard() {
        let log = format!(
            "g++ -I{TORCH} -c ext.cpp -o ext.o -std=c++14\n\
             {TORCH}/c10/util/StringUtil.h:65:22: error: 'is_enum_v' is not a member of 'std'"
        );
        let finding = said(Case::linux().failed_build(&log), "cxx-standard-too-low");
        assert_eq!(finding.subject.as_deref(), Some("-std=c++14"));
        let newer = log.replace("-std=c++14", "-std=c++20");
        assert_eq!(
            id(&Case::linux().failed_build(&newer)),
            Some("compile-error")
        );
    }
}
