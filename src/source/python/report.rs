//! What was found out about a script, with places instead of bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::machine::{BYTES, Machine};
use super::parse::is_slow;
use super::state::State;
use super::value::{Call, Data, Id, Value};
use crate::diagnosis::Source;
use crate::source::definition::{Definition, Entry, ExtensionModule, Field, Setting};
use crate::source::project::{Project, Target, Text};
use crate::source::span::{Span, TextFile};

/// Modules, and entries of a field, that are reported.
const MODULES: usize = 2_000;
const ENTRIES: usize = 5_000;

/// A span of no file.
const NOWHERE: Span = Span {
    file: u16::MAX,
    start: 0,
    end: 0,
};

/// The extension modules that a script declares. `None` where there is no such file.
pub(in crate::source) fn read(
    project: &dyn Project,
    target: &Target,
    path: &str,
) -> Option<Definition> {
    let text = match project.text(path) {
        Text::Known(text) => text,
        Text::Absent | Text::NotRecorded => return None,
        Text::Unread(why) => return Some(unread(path, &why)),
    };
    if text.len() > BYTES {
        return Some(unread(path, "is larger than half a megabyte"));
    }
    if is_slow(&text) {
        return Some(unread(path, "has more comments in a row than are followed"));
    }
    // Python itself refuses such a file.
    if text.contains('\0') {
        return Some(unread(path, "holds a zero byte"));
    }
    let mut machine = Machine::new(project, target);
    machine.run_file(path, &text);
    let mut definition = machine.definition();
    doubt_alternatives(&mut definition.modules);
    if machine.exhausted() {
        definition.doubt();
        definition.complete = false;
        let why = format!("`{path}` takes more steps than are followed");
        definition.unread.push(why);
    }
    Some(definition)
}

fn unread(path: &str, why: &str) -> Definition {
    Definition {
        unread: vec![format!("`{path}` {why}")],
        ..Definition::default()
    }
}

impl Machine<'_> {
    fn definition(&self) -> Definition {
        let mut definition = Definition {
            complete: true,
            ..Definition::default()
        };
        let declared = Value::str("ext_modules");
        let setup = self.setups.iter().find(|setup| {
            let arguments = setup.state.dict(setup.arguments);
            arguments.is_some_and(|arguments| arguments.get(&declared).is_some())
        });
        let mut seen: Vec<Id> = Vec::new();
        match setup {
            Some(setup) => {
                let arguments = setup.state.dict(setup.arguments);
                let item = arguments.and_then(|arguments| arguments.get(&declared));
                if let Some(item) = item {
                    let whole = setup.certain && item.certain;
                    let (items, open) = members(&setup.state, &item.value);
                    definition.complete &= !open && whole;
                    for (value, certain) in items {
                        self.add(
                            &mut definition,
                            (&setup.state, setup.built.as_ref()),
                            &value,
                            certain && whole,
                            &mut seen,
                        );
                    }
                }
            }
            None => definition.complete = !self.setups.is_empty() && !self.any_setup_is_open(),
        }
        definition.targets = self.libraries();
        definition.settings = self.variables();
        if !definition.complete {
            // What was made and perhaps not passed on.
            let state = setup.map_or(&self.state, |setup| &setup.state);
            for id in &self.made {
                if !seen.contains(id) {
                    let value = Value::of(Data::Extension(*id));
                    self.add(&mut definition, (state, None), &value, false, &mut seen);
                }
            }
        }
        definition
    }

    /// What the script puts into the environment of the build: `os.environ.CFLAGS`.
    fn variables(&self) -> Vec<Setting> {
        let set = self.environment.iter().filter_map(|set| {
            Some(Setting {
                name: format!("os.environ.{}", set.name),
                value: set.value.text()?.to_string(),
                place: self.place(set.value.origin)?,
                certain: set.certain,
            })
        });
        set.collect()
    }

    /// The static libraries that setuptools builds before the modules: `libraries=[('name', {'sources': [...]})]`.
    fn libraries(&self) -> Vec<ExtensionModule> {
        let declared = Value::str("libraries");
        let mut found = Vec::new();
        for setup in &self.setups {
            let arguments = setup.state.dict(setup.arguments);
            let Some(item) = arguments.and_then(|arguments| arguments.get(&declared)) else {
                continue;
            };
            let (items, open) = members(&setup.state, &item.value);
            for (value, certain) in items {
                found.push(self.library(&setup.state, &value, certain && setup.certain));
            }
            if open {
                found.push(self.library(&setup.state, &Value::unknown(), false));
            }
        }
        found
    }

    fn library(&self, state: &State, value: &Value, certain: bool) -> ExtensionModule {
        let mut call = Call {
            callee: Rc::from("setuptools.setup.libraries"),
            span: value.origin.unwrap_or(NOWHERE),
            fields: BTreeMap::from([(Rc::from("sources"), Value::unknown())]),
            open: false,
        };
        if let Data::Tuple(items) = &value.data
            && let [name, about] = &**items
            && let Data::Dict(id) = about.value.data
            && let Some(about) = state.dict(id)
        {
            call.open = about.open;
            call.fields = about
                .entries
                .iter()
                .filter_map(|(key, item)| Some((Rc::clone(key.text()?), item.value.clone())))
                .collect();
            call.fields.insert(Rc::from("name"), name.value.clone());
        }
        self.module(state, &call, certain)
    }

    fn any_setup_is_open(&self) -> bool {
        self.setups.iter().any(|setup| {
            let arguments = setup.state.dict(setup.arguments);
            arguments.is_none_or(|arguments| arguments.open)
        })
    }

    fn add(
        &self,
        definition: &mut Definition,
        (state, built): (&State, Option<&State>),
        value: &Value,
        certain: bool,
        seen: &mut Vec<Id>,
    ) {
        match &value.data {
            Data::Extension(id) if !seen.contains(id) && seen.len() < MODULES => {
                seen.push(*id);
                if let Some(call) = state.extension(*id) {
                    let mut module = self.module(state, call, certain);
                    if let Some((built, call)) =
                        built.and_then(|built| Some((built, built.extension(*id)?)))
                    {
                        add_unsure(&mut module, self.module(built, call, false));
                    }
                    definition.modules.push(module);
                }
            }
            Data::OneOf(values) => {
                for value in values.iter() {
                    self.add(definition, (state, built), value, false, seen);
                }
            }
            Data::Extension(id) => definition.complete &= seen.contains(id),
            _ => definition.complete = false,
        }
    }

    fn module(&self, state: &State, call: &Call, certain: bool) -> ExtensionModule {
        let name = call.fields.get("name").and_then(|name| {
            let text = name.text()?;
            Some(Entry {
                text: text.to_string(),
                place: self.place(name.origin),
                certain: true,
            })
        });
        let mut fields = BTreeMap::new();
        for (field, value) in &call.fields {
            if &**field == "name" {
                continue;
            }
            if let Data::Dict(id) = value.data {
                let Some(dict) = state.dict(id) else { continue };
                for (key, item) in &dict.entries {
                    let Some(key) = key.text() else { continue };
                    let mut found = self.field(state, &item.value, call.open || dict.open);
                    if !item.certain {
                        found
                            .entries
                            .iter_mut()
                            .for_each(|entry| entry.certain = false);
                    }
                    fields.insert(format!("{field}[{key}]"), found);
                }
                continue;
            }
            fields.insert(field.to_string(), self.field(state, value, call.open));
        }
        for (field, found) in &mut fields {
            found.complete &= !adds_to(&call.callee, field);
        }
        ExtensionModule {
            certain: certain && name.is_some(),
            name,
            callee: call.callee.to_string(),
            place: self.place(Some(call.span)).unwrap_or_default(),
            fields,
        }
    }

    fn field(&self, state: &State, value: &Value, open: bool) -> Field {
        let mut field = Field {
            place: self.place(value.origin),
            complete: !open,
            ..Field::default()
        };
        let (items, more) = match &value.data {
            Data::List(_) | Data::Tuple(_) => members(state, value),
            Data::None => (Vec::new(), false),
            Data::Unknown => (Vec::new(), true),
            _ => (vec![(value.clone(), true)], false),
        };
        field.complete &= !more && items.len() <= ENTRIES;
        for (item, certain) in items.into_iter().take(ENTRIES) {
            let parts: &[Value] = match &item.data {
                Data::OneOf(parts) => parts,
                _ => std::slice::from_ref(&item),
            };
            for part in parts {
                match text(part) {
                    Some(text) => field.entries.push(Entry {
                        text,
                        place: self.place(part.origin),
                        certain: certain && parts.len() == 1,
                    }),
                    None => field.complete = false,
                }
            }
        }
        field
    }

    fn place(&self, span: Option<Span>) -> Option<Source> {
        let span = span?;
        let file: &TextFile = self.files.get(usize::from(span.file))?;
        Some(file.place(span.start, span.end))
    }
}

/// Does this class put something of its own into the field? pybind11's helper adds its headers and what hides symbols;
/// torch's add its headers and libraries, as their documentation says.
fn adds_to(class: &str, field: &str) -> bool {
    let fields: &[&str] = match class.rsplit('.').next() {
        Some("Pybind11Extension") => &["include_dirs", "extra_compile_args", "extra_link_args"],
        Some("CppExtension" | "CUDAExtension" | "SyclExtension") => {
            &["include_dirs", "library_dirs", "libraries"]
        }
        _ => &[],
    };
    fields.contains(&field)
}

/// Of several declarations of one module one holds, and which is not known: no word of any is certain to be there.
fn doubt_alternatives(modules: &mut [ExtensionModule]) {
    let names = modules.iter().filter_map(|module| module.name.as_ref());
    let (mut seen, mut again) = (BTreeSet::new(), BTreeSet::new());
    for name in names {
        if !seen.insert(name.text.clone()) {
            again.insert(name.text.clone());
        }
    }
    let is_one_of_several = |module: &&mut ExtensionModule| {
        let name = module.name.as_ref();
        !module.certain && name.is_some_and(|name| again.contains(&name.text))
    };
    modules
        .iter_mut()
        .filter(is_one_of_several)
        .for_each(ExtensionModule::doubt);
}

/// Adds what a command of the project puts into the fields: perhaps it is there in the end.
fn add_unsure(module: &mut ExtensionModule, built: ExtensionModule) {
    for (name, field) in built.fields {
        let known = module.fields.entry(name).or_insert(Field {
            place: field.place,
            ..Field::default()
        });
        let key = |entry: &Entry| {
            let place = entry.place.as_ref();
            let place = place.map(|place| (place.file.clone(), place.line, place.column));
            (entry.text.clone(), place)
        };
        let own: BTreeSet<_> = known.entries.iter().map(key).collect();
        for mut entry in field.entries {
            if known.entries.len() < ENTRIES && !own.contains(&key(&entry)) {
                entry.certain = false;
                known.entries.push(entry);
            }
        }
    }
}

/// The members of a list or tuple in a state that is past.
fn members(state: &State, value: &Value) -> (Vec<(Value, bool)>, bool) {
    match &value.data {
        Data::List(id) => state.list(*id).map_or((Vec::new(), true), |list| {
            let items = list
                .items
                .iter()
                .map(|item| (item.value.clone(), item.certain));
            (items.collect(), list.open)
        }),
        Data::Tuple(items) => {
            let items = items.iter().map(|item| (item.value.clone(), item.certain));
            (items.collect(), false)
        }
        Data::Extension(_) | Data::OneOf(_) => (vec![(value.clone(), true)], false),
        Data::None => (Vec::new(), false),
        _ => (Vec::new(), true),
    }
}

/// A member as text: a macro is `NAME` or `NAME=VALUE`.
fn text(value: &Value) -> Option<String> {
    match &value.data {
        Data::Str(text) | Data::Path(text) => Some(text.to_string()),
        Data::Int(number) => Some(number.to_string()),
        Data::Bool(truth) => Some(truth.to_string()),
        Data::Tuple(items) => match &**items {
            [name] => text(&name.value),
            [name, definition] => {
                let name = text(&name.value)?;
                match &definition.value.data {
                    Data::None => Some(name),
                    _ => Some(format!("{name}={}", text(&definition.value)?)),
                }
            }
            _ => None,
        },
        _ => None,
    }
}
