//! Questions of a script about the project's files.

use std::rc::Rc;

use super::eval::Arguments;
use super::machine::{MEMBERS, Machine};
use super::paths;
use super::value::{Data, Item, Value};
use crate::source::span::Span;

/// `os.path`, `glob`, `pathlib.Path`. `None` for any other function.
pub(super) fn call(
    machine: &mut Machine<'_>,
    name: &str,
    arguments: &Arguments,
    span: Span,
) -> Option<Value> {
    let name = name
        .strip_prefix("posixpath.")
        .map_or_else(|| name.to_owned(), |function| format!("os.path.{function}"));
    match name.as_str() {
        "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" => {
            return Some(join(machine, arguments, span, true));
        }
        "os.path.join" => return Some(join(machine, arguments, span, false)),
        "glob.glob" | "glob.iglob" => return Some(glob(machine, arguments)),
        "os.listdir" => return Some(listing(machine, arguments)),
        "os.getcwd" | "os.path.curdir" => {
            return Some(Value::str(machine.target.directory.as_str()));
        }
        "os.path.relpath" => return Some(relative(machine, arguments)),
        _ => {}
    }
    let function = name.strip_prefix("os.path.").or_else(|| {
        let same = [
            "os.fspath",
            "os.fsdecode",
            "convert_path",
            "distutils.util.convert_path",
        ];
        same.contains(&name.as_str()).then_some("normcase")
    })?;
    let value = arguments.first();
    let Some(path) = value.text().cloned() else {
        return Some(Value::unknown());
    };
    let origin = machine.derived(span, &[&value]);
    let text = |text: &str| Value::str(text).at(origin);
    Some(match function {
        "abspath" | "realpath" => text(&paths::normal(&paths::join(&[
            &machine.target.directory,
            &path,
        ]))),
        "normpath" => text(&paths::normal(&path)),
        "normcase" | "expanduser" => text(&path),
        "dirname" => text(paths::split(&path).0),
        "basename" => text(paths::split(&path).1),
        "split" => {
            let (directory, file) = paths::split(&path);
            let parts = [text(directory), text(file)];
            Value::of(Data::Tuple(parts.map(Item::certain).into()))
        }
        "splitext" => {
            let (stem, extension) = paths::split_extension(&path);
            let parts = [text(stem), text(extension)];
            Value::of(Data::Tuple(parts.map(Item::certain).into()))
        }
        "isabs" => Value::of(Data::Bool(path.starts_with('/'))),
        "exists" | "lexists" => answer(machine.exists(&path, true, true)),
        "isfile" => answer(machine.exists(&path, true, false)),
        "isdir" => answer(machine.exists(&path, false, true)),
        _ => Value::unknown(),
    })
}

fn answer(answer: Option<bool>) -> Value {
    answer.map_or_else(Value::unknown, |answer| Value::of(Data::Bool(answer)))
}

fn join(machine: &mut Machine<'_>, arguments: &Arguments, span: Span, path: bool) -> Value {
    let certain = arguments.positional.iter().all(|item| item.certain) && !arguments.open;
    let values: Vec<&Value> = arguments
        .positional
        .iter()
        .map(|item| &item.value)
        .collect();
    let texts: Option<Vec<&str>> = values
        .iter()
        .map(|value| value.text().map(|text| &**text))
        .collect();
    let Some(texts) = texts.filter(|_| certain) else {
        return Value::unknown();
    };
    let joined = paths::join(&texts);
    let origin = machine.derived(span, &values);
    if path {
        let joined = if joined.is_empty() { "." } else { &joined };
        let joined = joined.strip_prefix("./").unwrap_or(joined);
        return Value::of(Data::Path(Rc::from(joined.trim_end_matches('/')))).at(origin);
    }
    Value::str(joined).at(origin)
}

fn glob(machine: &mut Machine<'_>, arguments: &Arguments) -> Value {
    let pattern = arguments.get(0, "pathname").cloned();
    let pattern = pattern.unwrap_or_else(Value::unknown);
    let Some(text) = pattern.text().cloned() else {
        return machine.list(Vec::new(), true);
    };
    let recursive = arguments
        .get(2, "recursive")
        .is_some_and(|value| matches!(value.data, Data::Bool(true)));
    let (items, open) = machine.matching(&text, recursive, pattern.origin);
    machine.list(items, open)
}

fn listing(machine: &mut Machine<'_>, arguments: &Arguments) -> Value {
    let value = arguments.first();
    let directory = value.text().and_then(|path| {
        let inside = paths::inside(&machine.target.directory, path);
        inside.filter(|_| !path.is_empty())
    });
    let (Some(directory), Some(files)) = (directory, machine.project.files()) else {
        return machine.list(Vec::new(), true);
    };
    let prefix = if directory.is_empty() {
        String::new()
    } else {
        format!("{directory}/")
    };
    machine.spend(files.len() / 16);
    let mut names: Vec<&str> = files
        .iter()
        .filter_map(|file| file.strip_prefix(&prefix)?.split('/').next())
        .collect();
    names.dedup();
    let items = names
        .into_iter()
        .take(MEMBERS)
        .map(|name| Item::certain(Value::str(name).at(value.origin)));
    let items = items.collect();
    machine.list(items, machine.makes_files)
}

fn relative(machine: &mut Machine<'_>, arguments: &Arguments) -> Value {
    let value = arguments.first();
    let start = arguments
        .get(1, "start")
        .map_or(Some(""), |value| value.text().map(|text| &**text));
    let (Some(path), Some(start)) = (value.text(), start) else {
        return Value::unknown();
    };
    let directory = &machine.target.directory;
    let (Some(path), Some(start)) = (
        paths::inside(directory, path),
        paths::inside(directory, start),
    ) else {
        return Value::unknown();
    };
    let inside = if start.is_empty() {
        Some(path.as_str())
    } else {
        path.strip_prefix(&start)
            .and_then(|rest| rest.strip_prefix('/'))
    };
    inside.map_or_else(Value::unknown, |text| Value::str(text).at(value.origin))
}

impl Machine<'_> {
    /// Is there such a file, or such a directory? Of what is outside the project nothing is known.
    pub(super) fn exists(&self, path: &str, file: bool, directory: bool) -> Option<bool> {
        let inside = paths::inside(&self.target.directory, path)?;
        let files = self.project.files()?;
        if inside.is_empty() {
            return Some(directory);
        }
        if files.binary_search(&inside).is_ok() {
            return Some(file);
        }
        let prefix = format!("{inside}/");
        let at = files.partition_point(|known| known.as_str() < prefix.as_str());
        let is_directory = files
            .get(at)
            .is_some_and(|known| known.starts_with(&prefix));
        // What version control keeps is not among the files, and what a build makes not yet.
        if !is_directory && (inside.starts_with(".git") || self.makes_files) {
            return None;
        }
        Some(is_directory && directory)
    }

    /// The files that a pattern fits, as `glob` names them: in the pattern's own form.
    pub(super) fn matching(
        &mut self,
        pattern: &str,
        recursive: bool,
        origin: Option<Span>,
    ) -> (Vec<Item>, bool) {
        let directory = self.target.directory.clone();
        let (Some(inside), Some(files)) =
            (paths::inside(&directory, pattern), self.project.files())
        else {
            return (Vec::new(), true);
        };
        if !self.spend(files.len() / 8 + 1) {
            return (Vec::new(), true);
        }
        // `./a/*.c` gives `./a/x.c`, and an absolute pattern absolute paths.
        let lead = if pattern.starts_with('/') {
            format!("{directory}/")
        } else if pattern.starts_with("./") {
            "./".to_owned()
        } else {
            String::new()
        };
        let found: Vec<Item> = files
            .iter()
            .filter(|file| paths::fits(&inside, file, recursive))
            .take(MEMBERS)
            .map(|file| Item::certain(Value::str(format!("{lead}{file}")).at(origin)))
            .collect();
        (found, self.makes_files)
    }
}
