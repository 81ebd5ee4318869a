//! Settings that reach the build from pyproject.toml, setup.cfg and GitHub's workflows.

use std::collections::BTreeMap;

use toml_edit::{Document, Item, Value};

use super::assignments::assignments;
use super::definition::{Definition, Entry, ExtensionModule, Field, Setting};
use super::project::Project;
use super::span::TextFile;

/// Bytes of a file of settings.
const LONGEST: usize = 1 << 20;
/// Nesting that is followed.
const DEPTH: usize = 24;

/// Every value of pyproject.toml, by its dotted name.
pub(super) fn pyproject(project: &dyn Project, into: &mut Definition) {
    const PATH: &str = "pyproject.toml";
    let text = project.text(PATH);
    let Some(text) = text.known() else { return };
    if text.len() > LONGEST {
        into.unread
            .push(format!("`{PATH}` is larger than a megabyte"));
        return;
    }
    let file = TextFile::new(PATH, text);
    match Document::parse(text) {
        Ok(document) => {
            let mut walk = Toml {
                file: &file,
                into,
                path: Vec::new(),
            };
            for (name, item) in document.iter() {
                walk.item(name, item);
            }
            let modules = extension_modules(&into.settings);
            into.modules.extend(modules);
        }
        Err(_) => into.unread.push(format!("`{PATH}` is no TOML")),
    }
}

/// The modules of `[[tool.setuptools.ext-modules]]`.
fn extension_modules(settings: &[Setting]) -> Vec<ExtensionModule> {
    let mut modules: BTreeMap<usize, ExtensionModule> = BTreeMap::new();
    for setting in settings {
        let parts = setting.name.strip_prefix("tool.setuptools.ext-modules.");
        let Some((number, key)) = parts.and_then(|parts| parts.split_once('.')) else {
            continue;
        };
        let Ok(number) = number.parse() else { continue };
        let entry = Entry {
            text: setting.value.clone(),
            place: Some(setting.place.clone()),
            certain: true,
        };
        let module = modules.entry(number).or_insert_with(|| ExtensionModule {
            name: None,
            callee: "tool.setuptools.ext-modules".to_owned(),
            place: setting.place.clone(),
            certain: true,
            fields: BTreeMap::new(),
        });
        if key == "name" {
            module.name = Some(entry);
        } else {
            let field = module
                .fields
                .entry(key.replace('-', "_"))
                .or_insert_with(|| Field {
                    complete: true,
                    place: Some(setting.place.clone()),
                    ..Field::default()
                });
            field.entries.push(entry);
        }
    }
    let named = modules.into_values().filter(|module| module.name.is_some());
    named.collect()
}

struct Toml<'a> {
    file: &'a TextFile,
    into: &'a mut Definition,
    path: Vec<String>,
}

impl Toml<'_> {
    fn item(&mut self, name: &str, item: &Item) {
        if self.path.len() > DEPTH {
            return;
        }
        self.path.push(name.to_owned());
        match item {
            Item::Value(value) => self.value(value),
            Item::Table(table) => {
                for (name, item) in table {
                    self.item(name, item);
                }
            }
            Item::ArrayOfTables(tables) => {
                for (index, table) in tables.iter().enumerate() {
                    self.path.push(index.to_string());
                    for (name, item) in table {
                        self.item(name, item);
                    }
                    self.path.pop();
                }
            }
            Item::None => {}
        }
        self.path.pop();
    }

    fn value(&mut self, value: &Value) {
        let text = match value {
            Value::Array(array) => {
                if self.path.len() > DEPTH {
                    return;
                }
                for (index, value) in array.iter().enumerate() {
                    let numbered = value.is_inline_table();
                    if numbered {
                        self.path.push(index.to_string());
                    }
                    self.value(value);
                    if numbered {
                        self.path.pop();
                    }
                }
                return;
            }
            Value::InlineTable(table) => {
                for (name, value) in table {
                    if self.path.len() > DEPTH {
                        return;
                    }
                    self.path.push(name.to_owned());
                    self.value(value);
                    self.path.pop();
                }
                return;
            }
            Value::String(text) => text.value().clone(),
            Value::Integer(number) => number.value().to_string(),
            Value::Float(number) => number.value().to_string(),
            Value::Boolean(truth) => truth.value().to_string(),
            Value::Datetime(time) => time.value().to_string(),
        };
        let Some(span) = value.span() else { return };
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let name = self.path.join(".");
        if name.starts_with("tool.cibuildwheel.") && name.ends_with(".environment") {
            let written = self.file.text.get(span.clone()).unwrap_or_default();
            // TOML's own quotes are around the whole, and no shell's around a value.
            let quotes = ["\"\"\"", "'''", "\"", "'"];
            let quote = quotes.into_iter().find(|quote| written.starts_with(quote));
            let first = span.start + quote.map_or(0, str::len);
            let last = span.end.saturating_sub(quote.map_or(0, str::len));
            for set in assignments(self.file.text.get(first..last).unwrap_or_default()) {
                let (start, end) = (first + set.span.0, first + set.span.1);
                self.into.settings.push(Setting {
                    name: format!("{name}.{}", set.name),
                    value: set.value.to_owned(),
                    place: self.file.place(byte(start), byte(end)),
                    certain: true,
                });
            }
        }
        self.into.settings.push(Setting {
            name,
            value: text,
            place: self.file.place(byte(span.start), byte(span.end)),
            certain: true,
        });
    }
}

/// `[section]` and `name = value` of setup.cfg, by `section.name`.
pub(super) fn setup_cfg(project: &dyn Project, into: &mut Definition) {
    const PATH: &str = "setup.cfg";
    let text = project.text(PATH);
    let Some(text) = text.known().filter(|text| text.len() <= LONGEST) else {
        return;
    };
    let file = TextFile::new(PATH, text);
    let mut section = String::new();
    let mut name = String::new();
    for (index, line) in text.lines().enumerate() {
        let words = line.trim();
        if words.is_empty() || words.starts_with(['#', ';']) {
            continue;
        }
        if let Some(inside) = words
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            inside.trim().clone_into(&mut section);
            name.clear();
            continue;
        }
        // A line that is indented goes on with the value before it.
        let value = if line.starts_with([' ', '\t']) && !name.is_empty() {
            words
        } else {
            let Some((key, value)) = words.split_once(['=', ':']) else {
                continue;
            };
            key.trim().clone_into(&mut name);
            value.trim()
        };
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let Some((_, end)) = file.line(number).filter(|_| !value.is_empty()) else {
            continue;
        };
        let start = end.saturating_sub(u32::try_from(value.len()).unwrap_or_default());
        into.settings.push(Setting {
            name: format!("{section}.{name}"),
            value: value.to_owned(),
            place: file.place(start, end),
            certain: true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::Files;

    fn read(path: &str, text: &str) -> Vec<(String, String, String)> {
        let mut definition = Definition::default();
        let files = Files::of(&[(path, text)]);
        pyproject(&files, &mut definition);
        setup_cfg(&files, &mut definition);
        let settings = definition.settings.into_iter();
        settings
            .map(|setting| (setting.name, setting.value, setting.place.to_string()))
            .collect()
    }

    #[test]
    fn toml_values_have_their_dotted_names_and_places() {
        let text = "[build-system]\nrequires = [\n  \"setuptools\",\n  'torch>=2',\n]\n[tool.cibuildwheel.macos]\n\
                    archs = \"arm64\"\nenvironment = { MACOSX_DEPLOYMENT_TARGET = \"26.0\" }\n";
        let found = read("pyproject.toml", text);
        let owned = |name: &str, value: &str, place: &str| {
            (name.to_owned(), value.to_owned(), place.to_owned())
        };
        assert_eq!(
            found,
            [
                owned("build-system.requires", "setuptools", "pyproject.toml:3:3"),
                owned("build-system.requires", "torch>=2", "pyproject.toml:4:3"),
                owned(
                    "tool.cibuildwheel.macos.archs",
                    "arm64",
                    "pyproject.toml:7:9"
                ),
                owned(
                    "tool.cibuildwheel.macos.environment.MACOSX_DEPLOYMENT_TARGET",
                    "26.0",
                    "pyproject.toml:8:44"
                ),
            ]
        );
    }

    #[test]
    fn the_environment_of_cibuildwheel_may_be_one_text() {
        let text = "[tool.cibuildwheel]\nenvironment = 'A=1 CFLAGS=\"-O2 -g\"'\n\
                    linux.environment = \"B=2 LDFLAGS='-lx'\"\n";
        let found = read("pyproject.toml", text);
        let places: Vec<String> = found
            .iter()
            .map(|(name, value, place)| format!("{name}={value} {place}"))
            .collect();
        for expected in [
            "tool.cibuildwheel.environment.A=1 pyproject.toml:2:18",
            "tool.cibuildwheel.environment.CFLAGS=-O2 -g pyproject.toml:2:28",
            "tool.cibuildwheel.linux.environment.B=2 pyproject.toml:3:24",
            "tool.cibuildwheel.linux.environment.LDFLAGS=-lx pyproject.toml:3:35",
        ] {
            assert!(
                places.iter().any(|place| place == expected),
                "{expected}: {places:#?}"
            );
        }
    }

    #[test]
    fn damaged_toml_is_not_read() {
        let mut definition = Definition::default();
        pyproject(
            &Files::of(&[("pyproject.toml", "[a\nb = [[[[")]),
            &mut definition,
        );
        assert_eq!(definition.settings, []);
        assert_eq!(definition.unread, ["`pyproject.toml` is no TOML"]);
    }

    #[test]
    fn values_of_setup_cfg_may_go_on_in_the_next_line() {
        let found = read(
            "setup.cfg",
            "[build_ext]\ndefine = A,B\nlibraries =\n    z\n# x = y\n",
        );
        let names: Vec<_> = found
            .iter()
            .map(|(name, value, place)| format!("{name}={value} {place}"))
            .collect();
        assert_eq!(
            names,
            [
                "build_ext.define=A,B setup.cfg:2:10",
                "build_ext.libraries=z setup.cfg:4:5"
            ]
        );
    }
}
