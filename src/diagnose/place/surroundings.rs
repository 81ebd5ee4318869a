//! A flag that no line of the project gives: the variable of the build, or the value of this Python's sysconfig, that does.

use super::Finder;
use super::words::same_version;
use crate::diagnosis::{Diagnosis, Evidence};
use crate::source::Variable;

/// Variables that reach the compiler or the linker.
const VARIABLES: [&str; 10] = [
    "ARCHFLAGS",
    "CMAKE_OSX_ARCHITECTURES",
    "MACOSX_DEPLOYMENT_TARGET",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "LDSHARED",
    "LIBS",
    "CMAKE_ARGS",
];

/// What a cause is about, as a build is given it.
enum Given {
    /// Words that follow each other.
    Words(Vec<String>),
    /// A processor.
    Arch(String),
    /// The oldest macOS.
    Minimum(String),
    /// A path that an image searches.
    Rpath(String),
}

/// Who gives it: a name, its value, and the part of it that does.
struct Origin {
    name: String,
    value: String,
    part: String,
}

impl Finder<'_> {
    /// Says in the message and in the evidence where that comes from which the cause is about.
    pub(super) fn blame_surroundings(&self, cause: &mut Diagnosis) {
        let Some(given) = Given::of(cause) else {
            return;
        };
        let (origin, key, from, source) = if let Some(origin) = self.variable(&given) {
            let from = origin.stated("the environment");
            let source = format!("environment variable {}", origin.name);
            (origin, "variable", from, source)
        } else if let Some(origin) = self.configured(&given) {
            let from = origin.stated("this Python's sysconfig");
            let source = format!("this Python's sysconfig {}", origin.name);
            (origin, "sysconfig", from, source)
        } else {
            return;
        };
        let part = format!("`{}`", origin.part);
        // Said once, it need not be named again.
        let what = if cause.message.contains(&part) {
            "it"
        } else {
            &part
        };
        cause.message = format!("{}; {what} comes from {from}", cause.message);
        cause.facts.insert(key, origin.name);
        let evidence = Evidence {
            source,
            text: origin.value,
        };
        // The rule may have seen it too.
        if !cause.evidence.contains(&evidence) {
            cause.evidence.push(evidence);
        }
    }

    fn variable(&self, given: &Given) -> Option<Origin> {
        VARIABLES.into_iter().find_map(|name| {
            let Variable::Set(value) = self.project.variable(name) else {
                return None;
            };
            let part = given.in_value(name, &value)?;
            Some(Origin {
                name: name.to_owned(),
                value,
                part,
            })
        })
    }

    /// setuptools builds with what Python was configured with. Of a flag the commands that ran prove it; of the deployment
    /// target, which is handed on in the environment, that nothing else sets one.
    fn configured(&self, given: &Given) -> Option<Origin> {
        let python = self.scene.interpreter()?;
        if let Given::Minimum(_) = given
            && let Some(target) = &python.deployment_target
            && let Some(part) = given.in_value("MACOSX_DEPLOYMENT_TARGET", target)
        {
            let is_unset = self.project.variable("MACOSX_DEPLOYMENT_TARGET") == Variable::Unset;
            let is_asked = is_unset && !self.definition().modules.is_empty();
            return is_asked.then(|| Origin {
                name: "MACOSX_DEPLOYMENT_TARGET".to_owned(),
                value: target.clone(),
                part,
            });
        }
        let compiled = self.scene.compile_commands.iter();
        let linked = self.scene.link_commands.iter();
        let mut ran = compiled
            .map(|command| &command.arguments)
            .chain(linked.map(|command| &command.arguments));
        ran.find(|words| {
            let words: Vec<&str> = words.iter().collect();
            given.in_words(&words).is_some()
        })?;
        python.configured_flags.iter().find_map(|(name, value)| {
            let part = given.in_value(name, value)?;
            Some(Origin {
                name: name.clone(),
                value: value.clone(),
                part,
            })
        })
    }
}

impl Origin {
    /// `CFLAGS in the environment`; without the name where the part has it: `MACOSX_DEPLOYMENT_TARGET=11.0`.
    fn stated(&self, surroundings: &str) -> String {
        if self.part.split('=').next() == Some(self.name.as_str()) {
            surroundings.to_owned()
        } else {
            format!("{} in {surroundings}", self.name)
        }
    }
}

impl Given {
    fn of(cause: &Diagnosis) -> Option<Given> {
        let fact = |name: &str| cause.facts.get(name).cloned();
        let words = |text: String| Given::Words(text.split(' ').map(str::to_owned).collect());
        match cause.rule {
            // A library that was built elsewhere: nothing of this build chose its processor.
            "arch-mismatch" if fact("ignored_library").is_some() => None,
            "arch-mismatch" => fact("have_arch").map(Given::Arch),
            "min-os-too-new" => fact("min_os").map(Given::Minimum),
            "deployment-target-conflict" => fact("deployment_target").map(Given::Minimum),
            "duplicate-rpath" => fact("rpath").map(Given::Rpath),
            "link-library-missing" => fact("link_library").map(|name| words(format!("-l{name}"))),
            "compiler-flag-unsupported"
            | "cxx-standard-too-low"
            | "environment-mismatch"
            | "symbol-missing-torch-abi"
            | "dynamic-lookup-with-chained-fixups" => fact("flag").map(words),
            _ => None,
        }
    }

    /// The part of a variable's value that gives it.
    fn in_value(&self, name: &str, value: &str) -> Option<String> {
        let is = |wanted: bool| wanted.then(|| format!("{name}={value}"));
        match (self, name) {
            (Given::Minimum(version), "MACOSX_DEPLOYMENT_TARGET") => {
                is(same_version(value, version))
            }
            (Given::Arch(arch), "CMAKE_OSX_ARCHITECTURES") => is(lists(value, arch)),
            _ => {
                let words: Vec<&str> = value.split_whitespace().collect();
                self.in_words(&words)
            }
        }
    }

    /// The words of a command, or of a variable that holds a part of one, that give it.
    fn in_words(&self, words: &[&str]) -> Option<String> {
        match self {
            Given::Words(wanted) => {
                let together = words.windows(wanted.len()).any(|some| some == wanted);
                together.then(|| wanted.join(" "))
            }
            Given::Arch(arch) => {
                let pair = |some: &[&str]| some[0] == "-arch" && some[1] == *arch;
                let listed = |word: &&&str| {
                    let value = word.strip_prefix("-DCMAKE_OSX_ARCHITECTURES=");
                    value.is_some_and(|value| lists(value, arch))
                };
                let pair = words.windows(2).any(pair);
                pair.then(|| format!("-arch {arch}"))
                    .or_else(|| words.iter().find(listed).map(ToString::to_string))
            }
            Given::Minimum(version) => {
                let asks = |word: &&&str| {
                    let value = [
                        "-mmacosx-version-min=",
                        "-mmacos-version-min=",
                        "-DCMAKE_OSX_DEPLOYMENT_TARGET=",
                    ]
                    .iter()
                    .find_map(|before| word.strip_prefix(before));
                    value.is_some_and(|value| same_version(value, version))
                };
                words.iter().find(asks).map(ToString::to_string)
            }
            Given::Rpath(path) => {
                let one = |word: &&&str| {
                    ["-Wl,-rpath,", "-Wl,-rpath="]
                        .iter()
                        .any(|before| word.strip_prefix(before) == Some(path))
                };
                let pair = |some: &&[&str]| {
                    some[0].ends_with("-rpath")
                        && some[1].strip_prefix("-Wl,").unwrap_or(some[1]) == path
                };
                let pair = words.windows(2).find(pair).map(|some| some.join(" "));
                words.iter().find(one).map(ToString::to_string).or(pair)
            }
        }
    }
}

/// `arm64;x86_64`
fn lists(value: &str, wanted: &str) -> bool {
    value.split([';', ',']).any(|word| word == wanted)
}

#[cfg(test)]
mod tests {
    use super::Given;

    #[test]
    fn a_value_gives_what_it_says_and_nothing_like_it() {
        let arch = || Given::Arch("x86_64".to_owned());
        let minimum = || Given::Minimum("11.0".to_owned());
        let rpath = || Given::Rpath("/opt/lib".to_owned());
        let flag = || Given::Words(vec!["-undefined".to_owned(), "dynamic_lookup".to_owned()]);
        for (given, name, value, expected) in [
            (
                arch(),
                "ARCHFLAGS",
                "-arch arm64  -arch x86_64",
                Some("-arch x86_64"),
            ),
            (arch(), "CFLAGS", "-march=x86_64 -arch arm64 x86_64", None),
            (
                arch(),
                "CMAKE_OSX_ARCHITECTURES",
                "arm64;x86_64",
                Some("CMAKE_OSX_ARCHITECTURES=arm64;x86_64"),
            ),
            (
                arch(),
                "CMAKE_ARGS",
                "-DA=1 -DCMAKE_OSX_ARCHITECTURES=x86_64",
                Some("-DCMAKE_OSX_ARCHITECTURES=x86_64"),
            ),
            (
                minimum(),
                "MACOSX_DEPLOYMENT_TARGET",
                "11",
                Some("MACOSX_DEPLOYMENT_TARGET=11"),
            ),
            (minimum(), "MACOSX_DEPLOYMENT_TARGET", "11.1", None),
            (
                minimum(),
                "CFLAGS",
                "-O2 -mmacosx-version-min=11.0",
                Some("-mmacosx-version-min=11.0"),
            ),
            (
                rpath(),
                "LDFLAGS",
                "-L/opt/lib -Wl,-rpath,/opt/lib",
                Some("-Wl,-rpath,/opt/lib"),
            ),
            (
                rpath(),
                "LDFLAGS",
                "-Wl,-rpath -Wl,/opt/lib",
                Some("-Wl,-rpath -Wl,/opt/lib"),
            ),
            (rpath(), "LDFLAGS", "-L/opt/lib -Wl,-rpath,/opt/lib64", None),
            (
                flag(),
                "LDSHARED",
                "clang -bundle -undefined dynamic_lookup",
                Some("-undefined dynamic_lookup"),
            ),
            (
                flag(),
                "LDSHARED",
                "clang -undefined error dynamic_lookup",
                None,
            ),
            (flag(), "LDSHARED", "", None),
        ] {
            let found = given.in_value(name, value);
            assert_eq!(found.as_deref(), expected, "{name}={value}");
        }
    }
}
