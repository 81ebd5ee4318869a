//! The calls that make extension modules, and what was passed to `setup`.

use std::rc::Rc;

use super::eval::Arguments;
use super::machine::{Machine, Setup};
use super::value::{Data, Dict, Id, Item, List, Object, Value};

/// The parameters of `setuptools.Extension` in their order. What derives from it takes the first two, and the others
/// by the same names.
const PARAMETERS: [&str; 16] = [
    "name",
    "sources",
    "include_dirs",
    "define_macros",
    "undef_macros",
    "library_dirs",
    "libraries",
    "runtime_library_dirs",
    "extra_objects",
    "extra_compile_args",
    "extra_link_args",
    "export_symbols",
    "swig_opts",
    "depends",
    "language",
    "optional",
];

/// Is this the full name of a class of extension modules? `Extension` of setuptools and distutils; `CppExtension`,
/// `CUDAExtension` and their kind of torch; `Pybind11Extension`; the `CMakeExtension` of several packages.
pub(super) fn makes_extensions(name: &str) -> bool {
    let (module, class) = name.rsplit_once('.').unwrap_or(("", name));
    class.ends_with("Extension")
        && !["RustExtension", "BuildExtension"].contains(&class)
        && !module.ends_with(".command")
}

/// `setuptools.setup` and the functions that wrap it.
pub(super) fn is_setup(name: &str) -> bool {
    const MODULES: [&str; 6] = [
        "setuptools",
        "distutils.core",
        "skbuild",
        "skbuild.setuptools_wrap",
        "numpy.distutils.core",
        "paddle.utils.cpp_extension",
    ];
    name.rsplit_once('.')
        .is_some_and(|(module, function)| function == "setup" && MODULES.contains(&module))
}

impl Machine<'_> {
    pub(super) fn fill_extension(&mut self, id: Id, arguments: &Arguments) {
        let mut fields = Vec::new();
        for (item, name) in arguments.positional.iter().zip(PARAMETERS) {
            fields.push((Rc::from(name), item));
        }
        for (name, item) in &arguments.keywords {
            fields.push((Rc::clone(name), item));
        }
        let mut open = arguments.open;
        let mut set = Vec::new();
        for (name, item) in fields {
            if item.certain {
                set.push((name, item.value.clone()));
            } else {
                open = true;
                set.push((name, Value::unknown()));
            }
        }
        if let Some(Object::Extension(call)) = self.state.object_mut(id) {
            call.open |= open;
            call.fields.extend(set);
        }
    }

    /// A field of an extension; one that was never passed is an empty list, as setuptools makes it.
    pub(super) fn extension_attribute(&mut self, id: Id, name: &Rc<str>, object: &Value) -> Value {
        let Some(call) = self.state.extension(id) else {
            return Value::unknown();
        };
        match call.fields.get(name) {
            Some(value) if matches!(value.data, Data::None) && is_list(name) => {}
            Some(value) => return value.clone(),
            None if !is_list(name) => {
                return Value::of(Data::Method(Rc::new((object.clone(), Rc::clone(name)))));
            }
            None => {}
        }
        let list = Value::of(Data::List(self.put(Object::List(List::default()))));
        if let Some(Object::Extension(call)) = self.state.object_mut(id) {
            call.fields.insert(Rc::clone(name), list.clone());
        }
        list
    }

    /// `setup(...)`.
    pub(super) fn note_setup(&mut self, arguments: Arguments) {
        let mut dict = Dict {
            open: arguments.open,
            ..Dict::default()
        };
        for (name, item) in arguments.keywords {
            dict.entries.push((Value::str(name), item));
        }
        let Data::Dict(id) = self.dict(dict).data else {
            return;
        };
        let certain = self.undecided == 0;
        let built = self.built(id);
        self.setups.push(Setup {
            arguments: id,
            certain,
            state: self.state.clone(),
            built,
        });
        let declared = Value::str("ext_modules");
        let declares = self
            .state
            .dict(id)
            .is_some_and(|arguments| arguments.get(&declared).is_some());
        // What comes behind it changes nothing any more.
        self.finished |= certain && declares;
    }

    /// `cythonize(...)`: extensions pass through it; a path or pattern becomes an extension that is named after it.
    pub(super) fn cythonize(
        &mut self,
        arguments: &Arguments,
        span: crate::source::span::Span,
    ) -> Value {
        let first = arguments.get(0, "module_list").cloned();
        let first = first.unwrap_or_else(Value::unknown);
        let (items, open) = match first.data {
            Data::Str(_) | Data::Path(_) | Data::Extension(_) => {
                (vec![Item::certain(first)], false)
            }
            _ => self.members(&first),
        };
        let mut modules = Vec::new();
        for item in items {
            let Some(pattern) = item.value.text().cloned() else {
                modules.push(item);
                continue;
            };
            let (paths, _) = self.matching(&pattern, true, item.value.origin);
            for path in paths {
                let Some(text) = path.value.text().cloned() else {
                    continue;
                };
                let name = Value::str(self.module_of(&text)).at(path.value.origin);
                let sources = self.list(vec![Item::certain(path.value.clone())], false);
                let id = self.extension(Rc::from("Cython.Build.cythonize"), span);
                if let Some(Object::Extension(call)) = self.state.object_mut(id) {
                    call.fields.insert(Rc::from("name"), name);
                    call.fields.insert(Rc::from("sources"), sources);
                }
                modules.push(Item {
                    value: Value::of(Data::Extension(id)).at(path.value.origin),
                    certain: item.certain && path.certain,
                });
            }
        }
        self.list(modules, open)
    }

    /// The module of a Cython source: the packages above it, as far as they have an `__init__`.
    fn module_of(&self, path: &str) -> String {
        let files = self.project.files();
        let is_package = |directory: &str| {
            let of = |name: &str| format!("{directory}/{name}");
            files.as_ref().is_some_and(|files| {
                ["__init__.py", "__init__.pyx", "__init__.pxd"]
                    .iter()
                    .any(|name| files.binary_search(&of(name)).is_ok())
            })
        };
        let inside = super::paths::inside(&self.target.directory, path);
        let path = inside.unwrap_or_else(|| path.to_owned());
        let (mut directory, file) = super::paths::split(&path);
        let stem = super::paths::split_extension(file).0;
        let mut parts = vec![stem];
        while !directory.is_empty() && is_package(directory) {
            let (above, name) = super::paths::split(directory);
            parts.push(name);
            directory = above;
        }
        parts.reverse();
        parts.join(".")
    }
}

/// Fields that setuptools makes a list of.
fn is_list(name: &str) -> bool {
    PARAMETERS.contains(&name) && !["name", "language", "optional"].contains(&name)
}
