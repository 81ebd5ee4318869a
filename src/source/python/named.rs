//! Everything imported that build scripts call or look at: `sys`, `os`, `platform`, `glob`, `setuptools`, torch.

use std::rc::Rc;

use super::eval::Arguments;
use super::extension::{is_setup, makes_extensions};
use super::machine::{Machine, Raised};
use super::value::{Data, Item, Value};
use crate::source::project::Variable;
use crate::source::span::Span;

impl Machine<'_> {
    /// `name` of something imported: a value that is known, or a longer name.
    pub(super) fn named_attribute(&mut self, full: &Rc<str>, name: &Rc<str>) -> Value {
        let whole = format!("{full}.{name}");
        let text = |text: &Option<String>| {
            text.as_ref()
                .map_or_else(Value::unknown, |text| Value::str(text.as_str()))
        };
        match whole.as_str() {
            "sys.platform" => text(&self.target.platform),
            "sys.version_info" => self.version(),
            "sys.implementation.name" => text(&self.target.implementation),
            "sys.byteorder" => Value::str("little"),
            "sys.maxsize" => Value::of(Data::Int(i64::MAX)),
            "sys.argv" => {
                let items = ["setup.py", "bdist_wheel"].map(|word| Item::certain(Value::str(word)));
                self.list(items.into(), false)
            }
            "os.name" => Value::str("posix"),
            "os.sep" | "os.path.sep" => Value::str("/"),
            "os.pathsep" | "os.path.pathsep" => Value::str(":"),
            "os.linesep" => Value::str("\n"),
            "os.curdir" => Value::str("."),
            "os.pardir" => Value::str(".."),
            "torch.version.hip" | "torch.version.cuda" if self.on_macos() => Value::of(Data::None),
            "torch.utils.cpp_extension.CUDA_HOME" | "torch.utils.cpp_extension.ROCM_HOME"
                if self.on_macos() =>
            {
                Value::of(Data::None)
            }
            _ if name.starts_with("__") && &**name != "__init__" => Value::unknown(),
            _ => Value::named(whole),
        }
    }

    fn on_macos(&self) -> bool {
        self.target.platform.as_deref() == Some("darwin")
    }

    /// `sys.version_info` as a tuple.
    pub(super) fn version(&self) -> Value {
        let Some((major, minor, micro)) = self.target.python else {
            return Value::unknown();
        };
        let number = |number: u8| Item::certain(Value::of(Data::Int(i64::from(number))));
        let rest = [
            Item::certain(Value::str("final")),
            Item::certain(Value::of(Data::Int(0))),
        ];
        let items = [number(major), number(minor), number(micro)]
            .into_iter()
            .chain(rest);
        Value::of(Data::Tuple(items.collect()))
    }

    /// `key in os.environ` and the like.
    pub(super) fn named_contains(&self, name: &str, key: &Value) -> Option<bool> {
        let Data::Str(key) = &key.data else {
            return None;
        };
        match name {
            "os.environ" => match self.variable(key) {
                Variable::Unset => Some(false),
                Variable::Set(_) | Variable::Kept => Some(true),
                Variable::Unknown => None,
            },
            "sys.builtin_module_names" => match &**key {
                "__pypy__" | "_cffi_backend" => {
                    Some(self.target.implementation.as_deref()? == "pypy")
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// `os.environ["key"]`.
    pub(super) fn named_index(&mut self, name: &str, key: &str) -> Value {
        match (name, self.variable(key)) {
            ("os.environ", Variable::Set(text)) => Value::str(text),
            ("os.environ", Variable::Unset) if !self.tries.is_empty() => {
                self.raise(Raised::Key);
                Value::unknown()
            }
            _ => Value::unknown(),
        }
    }

    fn environment(&mut self, arguments: &Arguments) -> Value {
        let Some(name) = arguments.get(0, "key").and_then(Value::text).cloned() else {
            return Value::unknown();
        };
        match self.variable(&name) {
            Variable::Unset => arguments
                .get(1, "default")
                .cloned()
                .unwrap_or(Value::of(Data::None)),
            Variable::Set(text) => Value::str(text),
            Variable::Kept | Variable::Unknown => Value::unknown(),
        }
    }

    pub(super) fn call_named(&mut self, name: &Rc<str>, arguments: Arguments, span: Span) -> Value {
        self.note_files_made(name, &arguments);
        if is_setup(name) {
            self.note_setup(arguments);
            return Value::unknown();
        }
        if makes_extensions(name) {
            let id = self.extension(Rc::clone(name), span);
            self.fill_extension(id, &arguments);
            return Value::of(Data::Extension(id)).at(Some(span));
        }
        if let Some(base) = name.strip_suffix(".__init__")
            && makes_extensions(base)
        {
            return self.call_base_init(arguments);
        }
        if name.ends_with("cythonize") {
            return self.cythonize(&arguments, span);
        }
        if let Some(value) = self.call_platform(name, &arguments) {
            return value;
        }
        if let Some(value) = super::files::call(self, name, &arguments, span) {
            return value;
        }
        if let Some(value) = super::builtins::call(self, name, &arguments, span) {
            return value;
        }
        if is_harmless(name) {
            return Value::unknown();
        }
        self.call_unknown(&arguments)
    }

    /// `Extension.__init__(self, name, ...)`.
    fn call_base_init(&mut self, mut arguments: Arguments) -> Value {
        if arguments.positional.is_empty() {
            return Value::unknown();
        }
        let this = arguments.positional.remove(0).value;
        if let Data::Extension(id) = this.data {
            self.fill_extension(id, &arguments);
        }
        Value::of(Data::None)
    }

    /// Questions about the machine, and what ends the script.
    fn call_platform(&mut self, name: &str, arguments: &Arguments) -> Option<Value> {
        let text = |text: Option<&str>| text.map_or_else(Value::unknown, Value::str);
        Some(match name {
            "platform.system" => text(match self.target.platform.as_deref() {
                Some("darwin") => Some("Darwin"),
                Some("linux") => Some("Linux"),
                _ => None,
            }),
            "platform.machine" => text(self.target.machine.as_deref()),
            "platform.python_implementation" => text(match self.target.implementation.as_deref() {
                Some("cpython") => Some("CPython"),
                Some("pypy") => Some("PyPy"),
                _ => None,
            }),
            "os.uname" => self.uname(),
            "sysconfig.get_platform" | "distutils.util.get_platform" => {
                let machine = self.target.machine.clone();
                match (self.target.platform.as_deref(), machine) {
                    (Some("linux"), Some(machine)) => Value::str(format!("linux-{machine}")),
                    _ => Value::unknown(),
                }
            }
            "sysconfig.get_config_var" | "distutils.sysconfig.get_config_var" => {
                match (
                    &*arguments.first().text()?.clone(),
                    self.target.free_threaded,
                ) {
                    ("Py_GIL_DISABLED", Some(free)) => Value::of(Data::Int(i64::from(free))),
                    _ => Value::unknown(),
                }
            }
            "os.getenv" | "os.environ.get" | "os.environ.pop" => self.environment(arguments),
            "os.environ.setdefault" | "os.putenv" => self.set_default(name, arguments),
            "os.environ.update" => self.update_environment(arguments),
            "torch.cuda.is_available" if self.on_macos() => Value::of(Data::Bool(false)),
            "sys.exit" | "exit" | "quit" | "os._exit" => {
                self.raise(Raised::Any);
                Value::unknown()
            }
            "hasattr" => self.has_attribute(arguments),
            _ => return None,
        })
    }

    fn uname(&self) -> Value {
        let system = match self.target.platform.as_deref() {
            Some("darwin") => "Darwin",
            Some("linux") => "Linux",
            _ => return Value::unknown(),
        };
        let machine = self.target.machine.as_deref();
        let items = [
            Value::str(system),
            Value::unknown(),
            Value::unknown(),
            Value::unknown(),
            machine.map_or_else(Value::unknown, Value::str),
        ];
        Value::of(Data::Tuple(items.map(Item::certain).into()))
    }

    fn has_attribute(&mut self, arguments: &Arguments) -> Value {
        let object = arguments.first();
        let name = arguments.get(1, "name").and_then(Value::text).cloned();
        let (Data::Named(module), Some(name)) = (&object.data, name) else {
            return Value::unknown();
        };
        let cpython = self.target.implementation.as_deref() == Some("cpython");
        match (&**module, &*name) {
            ("sys", "pypy_version_info" | "pypy_translation_info") if cpython => {
                Value::of(Data::Bool(false))
            }
            ("sys", "implementation" | "platform" | "version_info") | ("os", "uname") => {
                Value::of(Data::Bool(true))
            }
            _ => Value::unknown(),
        }
    }
}

/// What changes nothing that it is given and raises nothing that a script waits for.
fn is_harmless(name: &str) -> bool {
    const MODULES: [&str; 22] = [
        "os.",
        "sys.",
        "platform.",
        "sysconfig.",
        "re.",
        "logging.",
        "warnings.",
        "json.",
        "shutil.",
        "distutils.sysconfig.",
        "distutils.log.",
        "setuptools.find",
        "string.",
        "copy.",
        "ast.",
        "textwrap.",
        "time.",
        "datetime.",
        "hashlib.",
        "numpy.get_include",
        "numpy.get_numpy",
        "pybind11.get_",
    ];
    const FUNCTIONS: [&str; 26] = [
        "print",
        "open",
        "len",
        "int",
        "float",
        "str",
        "repr",
        "id",
        "type",
        "isinstance",
        "issubclass",
        "callable",
        "getattr",
        "min",
        "max",
        "sum",
        "abs",
        "hash",
        "iter",
        "next",
        "vars",
        "locals",
        "globals",
        "property",
        "object",
        "round",
    ];
    MODULES.iter().any(|module| name.starts_with(module)) || FUNCTIONS.contains(&name)
}
