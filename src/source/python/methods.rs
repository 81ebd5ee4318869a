//! Methods of strings, lists and dictionaries.

use std::rc::Rc;

use super::eval::Arguments;
use super::machine::{Machine, Raised, STRING};
use super::value::{Data, Id, Item, Value};
use crate::source::span::Span;

impl Machine<'_> {
    pub(super) fn call_method(
        &mut self,
        object: &Value,
        name: &str,
        arguments: Arguments,
        span: Span,
    ) -> Value {
        let found = match &object.data {
            Data::Str(text) => self.of_text(&Rc::clone(text), name, &arguments, object, span),
            Data::List(id) => self.of_list(*id, name, &arguments, object),
            Data::Dict(id) => self.of_dict(*id, name, &arguments),
            Data::Path(path) => self.of_path(&Rc::clone(path), name, &arguments, object, span),
            _ => None,
        };
        match found {
            Some(value) => value,
            None => {
                self.expose(object);
                self.call_unknown(&arguments)
            }
        }
    }

    fn of_text(
        &mut self,
        text: &Rc<str>,
        name: &str,
        arguments: &Arguments,
        object: &Value,
        span: Span,
    ) -> Option<Value> {
        let first = arguments.first();
        let origin = self.derived(span, &[object]);
        let new = |text: String| Value::str(text).at(origin);
        let cut: fn(char) -> bool = char::is_whitespace;
        let argument = first.text().cloned();
        Some(match name {
            "startswith" | "endswith" => affixed(text, name == "startswith", &first),
            "lower" | "casefold" => new(text.to_lowercase()),
            "upper" => new(text.to_uppercase()),
            "strip" | "lstrip" | "rstrip" => {
                let set = argument.as_deref();
                let drops = |c: char| set.map_or_else(|| cut(c), |set| set.contains(c));
                new(match name {
                    "strip" => text.trim_matches(drops).to_owned(),
                    "lstrip" => text.trim_start_matches(drops).to_owned(),
                    _ => text.trim_end_matches(drops).to_owned(),
                })
            }
            "replace" => {
                let (old, with) = (argument?, arguments.get(1, "new")?.text()?.clone());
                // Each replacement may be as long as a text may be: how many there are is counted before any is made.
                let added = text.matches(&*old).count().saturating_mul(with.len());
                if text.len().saturating_add(added) > STRING {
                    return Some(Value::unknown());
                }
                new(text.replace(&*old, &with))
            }
            "removeprefix" => new(text.strip_prefix(&*argument?).unwrap_or(text).to_owned()),
            "removesuffix" => new(text.strip_suffix(&*argument?).unwrap_or(text).to_owned()),
            "split" | "rsplit" | "splitlines" => {
                let parts = split(text, name, argument.as_deref(), arguments)?;
                let items = parts
                    .into_iter()
                    .map(|part| Item::certain(Value::str(part).at(object.origin)))
                    .collect();
                self.list(items, false)
            }
            "join" => {
                let (items, open) = self.members(&first);
                let texts: Option<Vec<Rc<str>>> = items
                    .iter()
                    .map(|item| item.value.text().cloned())
                    .collect();
                let certain = !open && items.iter().all(|item| item.certain);
                let texts = texts.filter(|_| certain)?;
                let size: usize = texts.iter().map(|part| part.len() + text.len()).sum();
                if size > STRING {
                    return Some(Value::unknown());
                }
                new(texts.join(text))
            }
            "format" => match self.formatted(text, arguments) {
                // `"-l{}".format(name)` is edited where `name` is.
                Some((text, last)) => match last {
                    Some(last) => Value::str(text).at(self.derived(span, &[object, &last])),
                    None => new(text),
                },
                None => Value::unknown(),
            },
            "isdigit" => Value::of(Data::Bool(
                !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()),
            )),
            "encode" | "decode" | "find" | "index" | "count" | "partition" | "rpartition"
            | "title" | "capitalize" | "format_map" | "zfill" | "translate" => Value::unknown(),
            _ => return None,
        })
    }

    /// `'{}_{name}'.format(...)` with plain fields: the text, and the value that it ends with.
    fn formatted(&self, pattern: &str, arguments: &Arguments) -> Option<(String, Option<Value>)> {
        let mut result = String::new();
        let mut next = 0_usize;
        let mut rest = pattern;
        let mut last = None;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            result.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                result.push_str(from.get(..1)?);
                rest = after;
                continue;
            }
            let (field, after) = from.strip_prefix('{')?.split_once('}')?;
            let value = match field.parse::<usize>() {
                Ok(index) => arguments.get(index, ""),
                Err(_) if field.is_empty() => {
                    next += 1;
                    arguments.get(next - 1, "")
                }
                Err(_) => arguments.get(usize::MAX, field),
            };
            result.push_str(&self.shown(value?)?);
            if result.len() > STRING {
                return None;
            }
            last = value.cloned();
            rest = after;
        }
        result.push_str(rest);
        // The ending of a file's name is no part that anybody edits.
        Some((
            result,
            last.filter(|_| rest.is_empty() || rest.starts_with('.')),
        ))
    }

    fn of_list(
        &mut self,
        id: Id,
        name: &str,
        arguments: &Arguments,
        object: &Value,
    ) -> Option<Value> {
        let first = arguments.first();
        let nothing = Value::of(Data::None);
        match name {
            "append" | "add" => {
                let list = self.state.list_mut(id)?;
                list.items.push(Item::certain(first));
                list.cap();
            }
            "extend" | "update" => self.extend(id, &first),
            "insert" => {
                let value = arguments.get(1, "object").cloned();
                let list = self.state.list_mut(id)?;
                let at = match first.data {
                    Data::Int(at) => usize::try_from(at).ok(),
                    _ => None,
                };
                let at = at.unwrap_or(list.items.len()).min(list.items.len());
                list.items
                    .insert(at, Item::certain(value.unwrap_or_else(Value::unknown)));
                list.cap();
            }
            "remove" | "discard" => self.remove(id, &first),
            "clear" => {
                let list = self.state.list_mut(id)?;
                list.items.clear();
                list.open = false;
            }
            "sort" => {
                let sorted = super::builtins::call(
                    self,
                    "sorted",
                    &Arguments {
                        positional: vec![Item::certain(object.clone())],
                        ..Arguments::default()
                    },
                    Span {
                        file: 0,
                        start: 0,
                        end: 0,
                    },
                )?;
                let (items, open) = self.members(&sorted);
                let list = self.state.list_mut(id)?;
                list.items = items;
                list.open = open;
            }
            "reverse" => self.state.list_mut(id)?.items.reverse(),
            "copy" => return Some(super::builtins::copied(self, object)),
            "pop" => {
                let list = self.state.list_mut(id)?;
                let last = list.items.len().checked_sub(1);
                let at = match first.data {
                    Data::Int(at) => list.position(at),
                    _ if arguments.positional.is_empty() => last.filter(|_| !list.open),
                    _ => None,
                };
                return Some(match at {
                    Some(at) if list.items.get(at).is_some_and(|item| item.certain) => {
                        list.items.remove(at).value
                    }
                    _ => {
                        list.forget();
                        Value::unknown()
                    }
                });
            }
            "index" if !self.tries.is_empty() => {
                let list = self.state.list(id)?;
                let absent = |item: &Item| item.value.equals(&first) == Some(false);
                if !list.open && list.items.iter().all(absent) {
                    self.raise(Raised::Value);
                }
                return Some(Value::unknown());
            }
            "index" | "count" | "union" | "difference" | "intersection" => {
                return Some(Value::unknown());
            }
            _ => return None,
        }
        Some(nothing)
    }

    fn remove(&mut self, id: Id, value: &Value) {
        let Some(list) = self.state.list_mut(id) else {
            return;
        };
        let at = list
            .items
            .iter()
            .position(|item| item.value.equals(value) != Some(false));
        match at {
            Some(at) => {
                let sure = list
                    .items
                    .get(at)
                    .is_some_and(|item| item.certain && item.value.equals(value) == Some(true));
                if sure {
                    list.items.remove(at);
                } else {
                    list.forget();
                }
            }
            None if !list.open && !self.tries.is_empty() => self.raise(Raised::Value),
            None => {}
        }
    }

    fn of_dict(&mut self, id: Id, name: &str, arguments: &Arguments) -> Option<Value> {
        let first = arguments.first();
        let dict = self.state.dict(id)?.clone();
        let default = arguments.get(1, "default").cloned();
        Some(match name {
            "get" | "pop" => {
                let found = dict.get(&first).cloned();
                if name == "pop" {
                    let dict = self.state.dict_mut(id)?;
                    dict.entries.retain(|(key, _)| !key.same(&first));
                }
                match found {
                    Some(item) if item.certain => item.value,
                    None if !dict.open && !first.is_unknown() => {
                        default.unwrap_or(Value::of(Data::None))
                    }
                    _ => Value::unknown(),
                }
            }
            "setdefault" => match dict.get(&first) {
                Some(item) if item.certain => item.value.clone(),
                None if !dict.open => {
                    let value = default.unwrap_or(Value::of(Data::None));
                    self.state.dict_mut(id)?.set(&first, value.clone());
                    value
                }
                _ => Value::unknown(),
            },
            "keys" => {
                let keys = dict.entries.into_iter().map(|(value, item)| Item {
                    value,
                    certain: item.certain,
                });
                let keys = keys.collect();
                self.list(keys, dict.open)
            }
            "values" => {
                let values = dict.entries.into_iter().map(|(_, item)| item).collect();
                self.list(values, dict.open)
            }
            "items" => {
                let pairs = dict.entries.into_iter().map(|(key, item)| Item {
                    certain: item.certain,
                    value: Value::of(Data::Tuple(
                        [Item::certain(key), Item::certain(item.value)].into(),
                    )),
                });
                let pairs = pairs.collect();
                self.list(pairs, dict.open)
            }
            "update" => {
                let mut dict = dict;
                if !arguments.positional.is_empty() {
                    self.merge_into(&mut dict, &first);
                }
                for (name, item) in &arguments.keywords {
                    dict.set(&Value::str(Rc::clone(name)), item.value.clone());
                }
                dict.open |= arguments.open;
                *self.state.dict_mut(id)? = dict;
                Value::of(Data::None)
            }
            "copy" => self.dict(dict),
            _ => return None,
        })
    }
}

/// `text.startswith(...)`, `text.endswith(...)`, also with several.
fn affixed(text: &str, start: bool, affix: &Value) -> Value {
    let affixes: Vec<&Value> = match &affix.data {
        Data::Tuple(items) => items.iter().map(|item| &item.value).collect(),
        _ => vec![affix],
    };
    let mut any = false;
    for affix in affixes {
        let Data::Str(affix) = &affix.data else {
            return Value::unknown();
        };
        any |= if start {
            text.starts_with(&**affix)
        } else {
            text.ends_with(&**affix)
        };
    }
    Value::of(Data::Bool(any))
}

fn split(
    text: &str,
    name: &str,
    separator: Option<&str>,
    arguments: &Arguments,
) -> Option<Vec<String>> {
    let most = match arguments.get(1, "maxsplit").map(|value| &value.data) {
        Some(Data::Int(most)) => usize::try_from(*most).ok(),
        Some(_) => return None,
        None => None,
    };
    let parts: Vec<&str> = match (name, separator) {
        ("splitlines", _) => text.lines().collect(),
        (_, None) if arguments.positional.is_empty() => text.split_whitespace().collect(),
        (_, None) => return None,
        (_, Some("")) => return None,
        ("rsplit", Some(separator)) => {
            let limit = most.map_or(usize::MAX, |most| most.saturating_add(1));
            let mut parts: Vec<&str> = text.rsplitn(limit, separator).collect();
            parts.reverse();
            parts
        }
        (_, Some(separator)) => {
            let limit = most.map_or(usize::MAX, |most| most.saturating_add(1));
            text.splitn(limit, separator).collect()
        }
    };
    Some(parts.into_iter().map(str::to_owned).collect())
}
