//! Words that a declaration or a setting holds: flags, libraries, directories, sources.

use super::words::{is_same_path, same_version, word_in};
use super::{Finder, Located};
use crate::diagnosis::{Diagnosis, Source};
use crate::source::{Entry, ExtensionModule, Setting};

/// Fields whose words go to the compiler or the linker.
const FLAGS: [&str; 2] = ["extra_compile_args", "extra_link_args"];
/// Settings whose words go to the compiler, and those whose words go to the linker.
const COMPILER_SETTINGS: [&str; 14] = [
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "CMAKE_CXX_FLAGS",
    "CMAKE_C_FLAGS",
    "CMAKE_CXX_FLAGS_RELEASE",
    "CMAKE_C_FLAGS_RELEASE",
    "CMAKE_CXX_FLAGS_DEBUG",
    "CMAKE_C_FLAGS_DEBUG",
    "COMPILE_FLAGS",
    "COMPILE_OPTIONS",
    "add_compile_options",
    "add_definitions",
    "CMAKE_ARGS",
];
const LINKER_SETTINGS: [&str; 10] = [
    "LDFLAGS",
    "LIBS",
    "CMAKE_MODULE_LINKER_FLAGS",
    "CMAKE_SHARED_LINKER_FLAGS",
    "CMAKE_EXE_LINKER_FLAGS",
    "LINK_FLAGS",
    "LINK_OPTIONS",
    "LINK_LIBRARIES",
    "add_link_options",
    "link_libraries",
];

impl Finder<'_> {
    /// `-arch x86_64`, or the setting that says so.
    pub(super) fn architecture(&self, cause: &Diagnosis, have: &str) -> Option<Located> {
        let label = format!("builds for {have}");
        for module in self.declarations(cause) {
            for field in FLAGS {
                let mut entries = module.entries(field);
                let found = pair(module, field, "-arch", have)
                    .or_else(|| entries.find(|entry| entry.text == format!("-arch {have}")));
                if let Some(place) = found.and_then(certain) {
                    return Some(Located::at(place, label));
                }
            }
        }
        let names = [
            "ARCHFLAGS",
            "CMAKE_OSX_ARCHITECTURES",
            "CIBW_ARCHS",
            "CIBW_ARCHS_MACOS",
            "tool.cibuildwheel.archs",
            "tool.cibuildwheel.macos.archs",
            "OSX_ARCHITECTURES",
        ];
        let setting = self.setting(&names, |value| {
            value.split([' ', ',', ';']).any(|word| word == have)
        })?;
        Some(Located::at(setting, label))
    }

    /// `-mmacosx-version-min=26.0`, `MACOSX_DEPLOYMENT_TARGET`, `CMAKE_OSX_DEPLOYMENT_TARGET`.
    pub(super) fn deployment_target(&self, cause: &Diagnosis, version: &str) -> Option<Located> {
        let label = format!("asks for macOS {version}");
        let flags = ["-mmacosx-version-min=", "-mmacos-version-min="];
        let asks = |text: &str| {
            let value = flags.iter().find_map(|flag| text.strip_prefix(flag));
            value.is_some_and(|value| same_version(value, version))
        };
        if let Some(place) = self.entry(cause, &FLAGS, asks) {
            return Some(Located::at(place, label));
        }
        let names = [
            "MACOSX_DEPLOYMENT_TARGET",
            "CMAKE_OSX_DEPLOYMENT_TARGET",
            "CIBW_ENVIRONMENT",
            "CIBW_ENVIRONMENT_MACOS",
        ];
        let place = self.setting(&names, |value| {
            let value = value
                .split("MACOSX_DEPLOYMENT_TARGET=")
                .last()
                .unwrap_or(value);
            let value = value.split(' ').next().unwrap_or(value);
            same_version(value.trim_matches(['"', '\'']), version)
        })?;
        Some(Located::at(place, label))
    }

    /// The entry that links a file, where that is a library: an object file has the name of a source.
    pub(super) fn linked(&self, cause: &Diagnosis, file: &str) -> Option<Located> {
        let name = file.rsplit('/').next()?;
        let is_library = name.starts_with("lib") && !name.ends_with(".o");
        is_library.then(|| self.library(cause, file)).flatten()
    }

    /// The entry that links a library, by the name that it has on disk.
    pub(super) fn library(&self, cause: &Diagnosis, library: &str) -> Option<Located> {
        let file = library.rsplit('/').next().unwrap_or(library);
        let stem = file.strip_prefix("lib").unwrap_or(file);
        let stem = stem.split('.').next().unwrap_or(stem);
        let label = format!("links `{stem}`");
        let named = |text: &str| text == stem || text == library || text == file;
        if let Some(place) = self.entry(cause, &["libraries"], named) {
            return Some(Located::at(place, label));
        }
        let listed = |value: &str| value.split([' ', ',', ';']).any(|word| word == stem);
        let lists = ["build_ext.libraries", "link_libraries", "LINK_LIBRARIES"];
        if let Some(place) = self.setting(&lists, listed) {
            return Some(Located::at(place, label));
        }
        let option = format!("-l{stem}");
        let has_option = |value: &str| value.split([' ', ';']).any(|word| word == option);
        let by_file = |text: &str| {
            has_option(text) || text.rsplit('/').next() == Some(file) && text.contains('.')
        };
        let fields = ["extra_link_args", "extra_objects", "libraries"];
        if let Some(place) = self.entry(cause, &fields, by_file) {
            return Some(Located::at(self.narrowed(place, &option), label));
        }
        // `"-l", "name"`
        let modules = self.declarations(cause).into_iter();
        let mut pairs = modules.filter_map(|module| pair(module, "extra_link_args", "-l", stem));
        if let Some(place) = pairs.next().and_then(certain) {
            return Some(Located::at(place, label));
        }
        let place = self.setting(&LINKER_SETTINGS, has_option)?;
        Some(Located::at(self.narrowed(place, &option), label))
    }

    /// The entry that passes a flag, in one word or as a macro.
    pub(super) fn flag(&self, cause: &Diagnosis, flag: &str) -> Option<Located> {
        let label = format!("passes `{flag}`");
        // CMake's `$<$<COMPILE_LANGUAGE:C>:-O2>` gives what stands behind its last colon.
        let given = |word: &str| match word
            .strip_prefix("$<")
            .and_then(|word| word.rsplit_once(':'))
        {
            Some((_, word)) => word.trim_end_matches('>') == flag,
            None => word == flag,
        };
        let same = |text: &str| text == flag || text.split([' ', ';']).any(given);
        if let Some(place) = self.entry(cause, &FLAGS, same) {
            return Some(Located::at(self.narrowed(place, flag), label));
        }
        if let Some((first, second)) = flag.split_once(' ') {
            let modules = self.declarations(cause).into_iter();
            let mut pairs = modules.flat_map(|module| {
                FLAGS
                    .iter()
                    .filter_map(|field| pair(module, field, first, second))
            });
            if let Some(place) = pairs.next().and_then(certain) {
                return Some(Located::at(place, label));
            }
        }
        let define = flag.strip_prefix("-D").unwrap_or(flag);
        if let Some(place) = self.entry(cause, &["define_macros"], |text| text == define) {
            return Some(Located::at(place, label));
        }
        // CMake makes the flag for a standard itself.
        if let Some(standard) = flag
            .strip_prefix("-std=")
            .and_then(|s| s.rsplit("++").next())
        {
            let names = ["CMAKE_CXX_STANDARD", "CXX_STANDARD"];
            if let Some(place) = self.setting(&names, |value| value == standard) {
                return Some(Located::at(place, label));
            }
        }
        let place = self
            .setting(&COMPILER_SETTINGS, same)
            .or_else(|| self.setting(&LINKER_SETTINGS, same))?;
        Some(Located::at(self.narrowed(place, flag), label))
    }

    /// The one word of a place that holds more, where it stands there as it is.
    fn narrowed(&self, place: Source, word: &str) -> Source {
        let text = self.project.text(&place.file);
        match text.known().and_then(|text| word_in(&place, text, word)) {
            Some(narrow) => Source {
                likely: place.likely,
                ..narrow
            },
            None => place,
        }
    }

    /// The compile arguments of the only module, else its declaration, where nothing chooses a standard.
    pub(super) fn no_standard(&self, needed: &str) -> Option<Located> {
        let definition = self.definition();
        let mut modules = definition.modules.iter().chain(&definition.targets);
        let module = modules.next().filter(|_| modules.next().is_none())?;
        let chooses = |text: &str| text.contains("-std=") || text.contains("CXX_STANDARD");
        let mut settings = definition.settings.iter();
        let mut entries = FLAGS.iter().flat_map(|field| module.entries(field));
        let is_told = settings.any(|set| chooses(&set.name) || chooses(&set.value))
            || entries.any(|entry| chooses(&entry.text));
        if is_told || !definition.complete || !module.certain {
            return None;
        }
        let mut fields = ["extra_compile_args[cxx]", "extra_compile_args"]
            .iter()
            .filter_map(|name| module.fields.get(*name));
        let place = match fields.next() {
            Some(field) if !field.complete => return None,
            Some(field) => field.place.clone(),
            None => None,
        };
        let label = format!("passes no `-std=` for {needed}");
        Some(Located::at(
            place.unwrap_or_else(|| module.place.clone()),
            label,
        ))
    }

    /// The entry that puts a directory on the include path: `-Iother-env/include`.
    pub(super) fn include(&self, cause: &Diagnosis, flag: &str) -> Option<Located> {
        let directory = flag.strip_prefix("-I").unwrap_or(flag);
        let root = &self.scene.facts.project_directory;
        let same =
            |text: &str| is_same_path(text.strip_prefix("-I").unwrap_or(text), directory, root);
        let mut fields = vec!["include_dirs"];
        fields.extend(FLAGS);
        let place = self.entry(cause, &fields, same)?;
        Some(Located::at(place, "puts these headers first"))
    }

    /// The second entry that gives one rpath.
    pub(super) fn rpath(&self, cause: &Diagnosis, rpath: &str) -> Option<Located> {
        let gives = |entry: &&Entry| {
            let text = entry
                .text
                .strip_prefix("-Wl,-rpath,")
                .unwrap_or(&entry.text);
            text == rpath
        };
        for module in self.declarations(cause) {
            let fields = ["runtime_library_dirs", "extra_link_args"];
            let entries: Vec<&Entry> = fields
                .iter()
                .flat_map(|field| module.entries(field))
                .filter(gives)
                .collect();
            if let [first, .., last] = entries.as_slice()
                && let Some(place) = certain(last)
            {
                let located = Located::at(place, "gives the same rpath again");
                return Some(located.with(first.place.clone(), "first given here"));
            }
        }
        None
    }

    /// The entry of a source that is not there.
    pub(super) fn missing_source(&self, cause: &Diagnosis, file: &str) -> Option<Located> {
        let root = &self.scene.facts.project_directory;
        let same = |text: &str| !file.is_empty() && is_same_path(text, file, root);
        let place = self.entry(cause, &["sources"], same)?;
        Some(Located::at(place, "there is no such file"))
    }

    /// The one entry of the fields that fits. Several at one line are one; several elsewhere prove nothing.
    fn entry(
        &self,
        cause: &Diagnosis,
        fields: &[&str],
        fits: impl Fn(&str) -> bool,
    ) -> Option<Source> {
        let modules = self.declarations(cause);
        let of = |module: &&ExtensionModule| -> Vec<Source> {
            fields
                .iter()
                .flat_map(|field| module.entries(field))
                .filter(|entry| fits(&entry.text))
                .filter_map(certain)
                .collect()
        };
        let found: Vec<Source> = modules.iter().flat_map(of).collect();
        let (first, rest) = found.split_first()?;
        // Of two declarations of one module one holds.
        let alternatives = modules.len() > cause.modules.len().max(1);
        let ambiguous = (cause.modules.is_empty() || alternatives)
            && rest.iter().any(|place| place.line != first.line);
        let mut place = first.clone();
        place.likely |= ambiguous;
        Some(place)
    }

    /// The one setting of these names whose value fits. A name of a variable may stand at the end of a longer one.
    pub(super) fn setting(&self, names: &[&str], fits: impl Fn(&str) -> bool) -> Option<Source> {
        let is_named = |setting: &&Setting| {
            names.iter().any(|name| {
                setting.name == *name
                    || setting
                        .name
                        .strip_suffix(name)
                        .is_some_and(|before| before.ends_with('.'))
            })
        };
        let settings = &self.definition().settings;
        let named: Vec<&Setting> = settings.iter().filter(is_named).collect();
        let mut found: Vec<&Setting> = named.clone();
        found.retain(|setting| fits(&setting.value));
        if found.is_empty() {
            let behind = named.iter().filter_map(|setting| expression(setting));
            found = behind
                .flat_map(|(file, key)| settings.iter().filter(move |set| is_of(set, file, key)))
                .filter(|setting| fits(&setting.value))
                .collect();
        }
        let (first, rest) = found.split_first()?;
        let mut place = first.place.clone();
        // Which of several reached this build cannot be told.
        place.likely = !rest.is_empty() || !first.certain || place.file.starts_with(".github/");
        Some(place)
    }
}

/// `${{ matrix.cflags }}` of a workflow: its file, and the name that the expression asks for.
fn expression(setting: &Setting) -> Option<(&str, &str)> {
    let (_, inside) = setting.value.split_once("${{")?;
    let asked = inside.split("}}").next()?.trim();
    let (context, key) = asked.split_once('.')?;
    ["matrix", "env", "inputs"]
        .contains(&context)
        .then_some((setting.place.file.as_str(), key))
}

/// A value that a workflow gives to that name: `jobs.a.strategy.matrix.include.0.cflags`, `env.cflags`.
fn is_of(setting: &Setting, file: &str, key: &str) -> bool {
    let numberless = setting
        .name
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    setting.place.file == file
        && numberless
            .strip_suffix(key)
            .is_some_and(|before| before.ends_with('.'))
}

/// The second of two entries of a field that follow each other: `"-arch", "arm64"`.
fn pair<'a>(
    module: &'a ExtensionModule,
    field: &'a str,
    first: &str,
    second: &str,
) -> Option<&'a Entry> {
    let entries: Vec<&Entry> = module.entries(field).collect();
    entries.windows(2).find_map(|pair| match pair {
        [flag, value] if flag.text == first && value.text == second => Some(*value),
        _ => None,
    })
}

/// Where an entry is written; a guess if it may not be there.
pub(super) fn certain(entry: &Entry) -> Option<Source> {
    let mut place = entry.place.clone()?;
    place.likely = !entry.certain;
    Some(place)
}
