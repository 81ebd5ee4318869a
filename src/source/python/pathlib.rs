//! `pathlib.Path`: its attributes and methods.

use std::rc::Rc;

use super::eval::Arguments;
use super::machine::Machine;
use super::paths;
use super::value::{Data, Item, Value};
use crate::source::span::Span;

impl Machine<'_> {
    /// `pathlib`'s own way to say what `os.path` says.
    pub(super) fn path_attribute(
        &mut self,
        path: &Rc<str>,
        name: &Rc<str>,
        object: &Value,
    ) -> Value {
        let file = paths::split(path).1;
        let part = match &**name {
            "parent" => {
                let parent = paths::split(path).0;
                let parent = if parent.is_empty() { "." } else { parent };
                return Value::of(Data::Path(Rc::from(parent))).at(object.origin);
            }
            "name" => file,
            "stem" => paths::split_extension(file).0,
            "suffix" => paths::split_extension(file).1,
            _ => return Value::of(Data::Method(Rc::new((object.clone(), Rc::clone(name))))),
        };
        Value::str(part).at(object.origin)
    }

    pub(super) fn of_path(
        &mut self,
        path: &Rc<str>,
        name: &str,
        arguments: &Arguments,
        object: &Value,
        span: Span,
    ) -> Option<Value> {
        let origin = self.derived(span, &[object]);
        let path_of = |text: String| Value::of(Data::Path(text.into())).at(origin);
        let first = arguments.first().text().cloned();
        Some(match name {
            "joinpath" => {
                let parts: Option<Vec<&str>> = arguments
                    .positional
                    .iter()
                    .map(|item| item.value.text().map(|text| &**text))
                    .collect();
                let mut all = vec![&**path];
                all.extend(parts?);
                let last = arguments.positional.last().map(|item| &item.value);
                let parts: Vec<&Value> = std::iter::once(object).chain(last).collect();
                let joined = Value::of(Data::Path(paths::join(&all).into()));
                joined.at(self.derived(span, &parts))
            }
            "resolve" | "absolute" => {
                let whole = paths::join(&[&self.target.directory, path]);
                path_of(paths::normal(&whole))
            }
            "as_posix" | "__str__" | "__fspath__" => Value::str(Rc::clone(path)).at(object.origin),
            "with_suffix" => {
                let stem = paths::split_extension(path).0;
                path_of(format!("{stem}{}", first?))
            }
            "with_name" => path_of(paths::join(&[paths::split(path).0, &first?])),
            "exists" | "is_file" | "is_dir" => {
                let answer = self.exists(path, name != "is_dir", name != "is_file");
                answer.map_or_else(Value::unknown, |answer| Value::of(Data::Bool(answer)))
            }
            "glob" | "rglob" => {
                let pattern = if name == "rglob" {
                    paths::join(&[path, "**", &first?])
                } else {
                    paths::join(&[path, &first?])
                };
                // What chooses the files is the pattern.
                let origin = arguments.first().origin.or(origin);
                let (items, open) = self.matching(&pattern, true, origin);
                let path_of = |text: &str| Value::of(Data::Path(text.into())).at(origin);
                let items = items
                    .into_iter()
                    .map(|item| match item.value.text() {
                        Some(text) => Item::certain(path_of(text)),
                        None => item,
                    })
                    .collect();
                self.list(items, open)
            }
            "relative_to" => {
                let root = paths::inside(&self.target.directory, &first?)?;
                let whole = paths::inside(&self.target.directory, path)?;
                let inside = if root.is_empty() {
                    Some(whole.as_str())
                } else {
                    whole
                        .strip_prefix(&root)
                        .and_then(|rest| rest.strip_prefix('/'))
                };
                inside.map_or_else(Value::unknown, |inside| path_of(inside.to_owned()))
            }
            "read_text" | "open" | "write_text" | "mkdir" | "iterdir" => Value::unknown(),
            _ => return None,
        })
    }
}
