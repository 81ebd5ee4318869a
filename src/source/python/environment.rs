//! Variables of the environment that a script reads and sets, and what it may have written elsewhere.

use std::rc::Rc;

use super::eval::Arguments;
use super::machine::{Assigned, Machine};
use super::value::{Data, Value};
use crate::source::project::Variable;

/// Variables that are kept.
const VARIABLES: usize = 500;

impl Machine<'_> {
    /// A variable as the script sees it: as it was set last, else as the build began with it.
    pub(super) fn variable(&self, name: &str) -> Variable {
        let set = self.environment.iter().rev();
        match set.into_iter().find(|set| &*set.name == name) {
            Some(set) if set.certain => set
                .value
                .text()
                .map_or(Variable::Kept, |text| Variable::Set(text.to_string())),
            Some(_) => Variable::Unknown,
            None => self.project.variable(name),
        }
    }

    /// `os.environ["CFLAGS"] = value`.
    pub(super) fn set_variable(&mut self, name: Rc<str>, value: Value) {
        if self.environment.len() < VARIABLES {
            let certain = self.undecided == 0;
            self.environment.push(Assigned {
                name,
                value,
                certain,
            });
        }
    }

    /// `os.environ.setdefault("CFLAGS", value)`, `os.putenv`.
    pub(super) fn set_default(&mut self, function: &str, arguments: &Arguments) -> Value {
        let given = arguments.get(0, "key").and_then(Value::text).cloned();
        let Some(name) = given else {
            return Value::unknown();
        };
        let value = arguments.get(1, "default").cloned();
        let value = value.unwrap_or_else(Value::unknown);
        let known = match self.variable(&name) {
            _ if function == "os.putenv" => None,
            Variable::Set(text) => Some(Value::str(text)),
            Variable::Kept | Variable::Unknown => Some(Value::unknown()),
            Variable::Unset => None,
        };
        known.unwrap_or_else(|| {
            self.set_variable(name, value.clone());
            value
        })
    }

    /// `os.environ.update({...}, NAME=value)`.
    pub(super) fn update_environment(&mut self, arguments: &Arguments) -> Value {
        if let Data::Dict(id) = arguments.first().data {
            let entries = self.state.dict(id).map(|dict| dict.entries.clone());
            for (name, item) in entries.unwrap_or_default() {
                if let Some(name) = name.text().cloned() {
                    self.set_variable(name, item.value);
                }
            }
        }
        for (name, item) in &arguments.keywords {
            self.set_variable(Rc::clone(name), item.value.clone());
        }
        Value::of(Data::None)
    }

    /// Notes a call that may make files: what is not there may be there afterwards.
    pub(super) fn note_files_made(&mut self, name: &str, arguments: &Arguments) {
        const MAKE: [&str; 9] = [
            "subprocess.run",
            "subprocess.call",
            "subprocess.check_call",
            "os.system",
            "os.rename",
            "os.replace",
            "os.symlink",
            "shutil.move",
            "shutil.unpack_archive",
        ];
        let writes = || {
            let mode = arguments.get(1, "mode").and_then(Value::text);
            mode.is_some_and(|mode| mode.contains(['w', 'a', 'x', '+']))
        };
        self.makes_files |= MAKE.contains(&name)
            || name.starts_with("shutil.copy")
            || ["open", "io.open"].contains(&name) && writes();
    }
}
