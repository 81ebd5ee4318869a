//! A flag that no line of the project gives: the variable of the build that does.

use super::Finder;
use super::words::same_version;
use crate::diagnosis::{Diagnosis, Evidence};
use crate::source::Variable;

/// Variables whose words go to the compiler or the linker.
const FLAGS: [&str; 6] = [
    "ARCHFLAGS",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "CMAKE_ARGS",
];

impl Finder<'_> {
    /// Says in the evidence which variable gives what the cause is about.
    pub(super) fn blame_environment(&self, cause: &mut Diagnosis) {
        let fact = |name: &str| cause.facts.get(name).map(String::as_str);
        let has_word =
            |value: &str, wanted: &str| value.split([' ', ';', ',']).any(|word| word == wanted);
        let found = match cause.rule {
            "arch-mismatch" => fact("have_arch").and_then(|arch| {
                let names = ["ARCHFLAGS", "CMAKE_OSX_ARCHITECTURES", "CFLAGS", "LDFLAGS"];
                self.variable(&names, |value| has_word(value, arch))
            }),
            "min-os-too-new" | "deployment-target-conflict" => fact("min_os").and_then(|version| {
                self.variable(&["MACOSX_DEPLOYMENT_TARGET"], |value| {
                    same_version(value, version)
                })
            }),
            "compiler-flag-unsupported"
            | "cxx-standard-too-low"
            | "environment-mismatch"
            | "symbol-missing-torch-abi" => {
                fact("flag").and_then(|flag| self.variable(&FLAGS, |value| has_word(value, flag)))
            }
            "link-library-missing" => fact("link_library").and_then(|library| {
                let option = format!("-l{library}");
                self.variable(&["LDFLAGS", "LIBS", "CMAKE_ARGS"], |value| {
                    has_word(value, &option)
                })
            }),
            _ => None,
        };
        if let Some((name, value)) = found {
            cause.facts.insert("variable", name.to_owned());
            let evidence = Evidence {
                source: format!("environment variable {name}"),
                text: value,
            };
            // The rule may have seen it too.
            if !cause.evidence.contains(&evidence) {
                cause.evidence.push(evidence);
            }
        }
    }

    fn variable(
        &self,
        names: &[&'static str],
        fits: impl Fn(&str) -> bool,
    ) -> Option<(&'static str, String)> {
        names
            .iter()
            .find_map(|name| match self.project.variable(name) {
                Variable::Set(value) if fits(&value) => Some((*name, value)),
                _ => None,
            })
    }
}
