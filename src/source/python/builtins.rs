//! Python's own functions, and those of `itertools`, `copy` and `shlex` that build scripts use.

use std::rc::Rc;

use super::eval::Arguments;
use super::machine::{MEMBERS, Machine};
use super::value::{Data, Dict, Item, Value};
use crate::source::span::Span;

/// `None` for any other function.
pub(super) fn call(
    machine: &mut Machine<'_>,
    name: &str,
    arguments: &Arguments,
    span: Span,
) -> Option<Value> {
    let first = arguments.first();
    Some(match name {
        "list" | "set" | "frozenset" | "iter" | "reversed" | "collections.deque" => {
            gathered(machine, name, arguments)
        }
        "sorted" => sorted(machine, &first),
        "tuple" => {
            let (items, open) = machine.members(&first);
            if open && !arguments.positional.is_empty() {
                return Some(machine.list(items, true));
            }
            Value::of(Data::Tuple(items.into())).at(first.origin)
        }
        "dict" | "collections.OrderedDict" => dict(machine, arguments),
        "str" | "os.fspath" => match machine.shown(&first) {
            Some(text) => Value::str(text).at(machine.derived(span, &[&first])),
            None => Value::unknown(),
        },
        "int" => match &first.data {
            Data::Int(_) => first,
            Data::Str(text) => text
                .trim()
                .parse()
                .map_or_else(|_| Value::unknown(), |number| Value::of(Data::Int(number))),
            Data::Bool(truth) => Value::of(Data::Int(i64::from(*truth))),
            _ => Value::unknown(),
        },
        "bool" => match machine.truth(&first) {
            Some(truth) if !arguments.positional.is_empty() => Value::of(Data::Bool(truth)),
            _ => Value::unknown(),
        },
        "len" => length(machine, &first),
        "locals" | "vars" if arguments.positional.is_empty() => locals(machine),
        "range" => range(machine, arguments),
        "enumerate" => enumerated(machine, arguments),
        "zip" => zip(machine, arguments),
        "map" | "filter" => mapped(machine, name, arguments, span),
        "any" | "all" => any(machine, name == "any", &first),
        "isinstance" => is_instance(&first, arguments.get(1, "")),
        "getattr" => match arguments.get(1, "").and_then(Value::text).cloned() {
            Some(name) => machine.attribute(&first, &name),
            None => Value::unknown(),
        },
        "setattr" | "print" => Value::of(Data::None),
        "itertools.product" | "product" => product(machine, arguments),
        "itertools.chain" => chained(machine, &arguments.positional),
        "itertools.chain.from_iterable" => {
            let (items, open) = machine.members(&first);
            let all = chained(machine, &items);
            if open {
                machine.expose(&all);
            }
            all
        }
        "copy.copy" | "copy.deepcopy" => copied(machine, &first),
        "shlex.split" => match first.text() {
            Some(text) => {
                let words = shlex::split(text)?;
                let items = words
                    .into_iter()
                    .map(|word| Item::certain(Value::str(word).at(first.origin)));
                let items = items.collect();
                machine.list(items, false)
            }
            None => machine.list(Vec::new(), true),
        },
        "functools.partial" => Value::unknown(),
        _ => return None,
    })
}

fn gathered(machine: &mut Machine<'_>, name: &str, arguments: &Arguments) -> Value {
    let first = arguments.first();
    if arguments.positional.is_empty() {
        return machine.list(Vec::new(), false);
    }
    let (mut items, open) = machine.members(&first);
    if name == "reversed" {
        items.reverse();
    }
    if name.ends_with("set") {
        let mut kept: Vec<Item> = Vec::new();
        for item in items {
            // Comparing each with each costs too much of a long list.
            let seen = kept.len() < 256 && kept.iter().any(|known| known.value.same(&item.value));
            if !seen {
                kept.push(item);
            }
        }
        items = kept;
    }
    machine.list(items, open).at(first.origin)
}

fn sorted(machine: &mut Machine<'_>, value: &Value) -> Value {
    let (mut items, open) = machine.members(value);
    // By text where all are texts; any other order matters to nobody here.
    if items.iter().all(|item| item.value.text().is_some()) {
        items.sort_by(|a, b| a.value.text().cmp(&b.value.text()));
    }
    machine.spend(items.len() / 4);
    machine.list(items, open).at(value.origin)
}

/// The names that are bound where it is called.
fn locals(machine: &mut Machine<'_>) -> Value {
    let mut made = Dict::default();
    let scope = machine
        .frames
        .last()
        .and_then(|frame| machine.state.scope(frame.scope));
    let names = scope.map(|scope| scope.names.clone()).unwrap_or_default();
    if !machine.spend(names.len()) {
        made.open = true;
        return machine.dict(made);
    }
    for (name, value) in names {
        made.set(&Value::str(&*name), value);
    }
    machine.dict(made)
}

fn dict(machine: &mut Machine<'_>, arguments: &Arguments) -> Value {
    let mut made = Dict {
        open: arguments.open,
        ..Dict::default()
    };
    if let Some(item) = arguments.positional.first() {
        if let Data::Dict(_) = item.value.data {
            machine.merge_into(&mut made, &item.value);
        } else {
            let (pairs, open) = machine.members(&item.value);
            made.open |= open;
            for pair in pairs {
                let (parts, _) = machine.members(&pair.value);
                match parts.as_slice() {
                    [key, value] if pair.certain => made.set(&key.value, value.value.clone()),
                    _ => made.open = true,
                }
            }
        }
    }
    for (name, item) in &arguments.keywords {
        made.set(&Value::str(Rc::clone(name)), item.value.clone());
    }
    machine.dict(made)
}

fn length(machine: &Machine<'_>, value: &Value) -> Value {
    if let Data::Str(text) = &value.data {
        let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        return Value::of(Data::Int(count));
    }
    let (items, open) = machine.members(value);
    if open || items.iter().any(|item| !item.certain) {
        return Value::unknown();
    }
    Value::of(Data::Int(i64::try_from(items.len()).unwrap_or(i64::MAX)))
}

fn range(machine: &mut Machine<'_>, arguments: &Arguments) -> Value {
    let number = |at: usize| match arguments.positional.get(at).map(|item| &item.value.data) {
        Some(Data::Int(number)) => Some(*number),
        _ => None,
    };
    let (start, end) = match (number(0), number(1), arguments.positional.len()) {
        (Some(end), _, 1) => (0, end),
        (Some(start), Some(end), 2) => (start, end),
        _ => return machine.list(Vec::new(), true),
    };
    let most = i64::try_from(MEMBERS).unwrap_or(i64::MAX);
    let items = (start..end.min(start.saturating_add(most)))
        .map(|number| Item::certain(Value::of(Data::Int(number))));
    let items = items.collect();
    machine.list(items, end.saturating_sub(start) > most)
}

fn pair(a: Value, b: Value, certain: bool) -> Item {
    let parts = [Item::certain(a), Item::certain(b)];
    Item {
        value: Value::of(Data::Tuple(parts.into())),
        certain,
    }
}

fn enumerated(machine: &mut Machine<'_>, arguments: &Arguments) -> Value {
    let (items, open) = machine.members(&arguments.first());
    let sure = items.iter().all(|item| item.certain);
    let numbered = items.into_iter().enumerate().map(|(at, item)| {
        let number = i64::try_from(at).map_or(Data::Unknown, Data::Int);
        let number = if sure { number } else { Data::Unknown };
        pair(Value::of(number), item.value, item.certain)
    });
    let numbered = numbered.collect();
    machine.list(numbered, open)
}

fn zip(machine: &mut Machine<'_>, arguments: &Arguments) -> Value {
    let columns: Vec<(Vec<Item>, bool)> = arguments
        .positional
        .iter()
        .map(|item| machine.members(&item.value))
        .collect();
    let open = columns.iter().any(|(_, open)| *open);
    let sure = columns
        .iter()
        .all(|(items, _)| items.iter().all(|item| item.certain));
    let length = columns.iter().map(|(items, _)| items.len()).min();
    let rows = (0..length.unwrap_or_default()).map(|at| {
        let row = columns
            .iter()
            .filter_map(|(items, _)| items.get(at).map(|item| Item::certain(item.value.clone())));
        Item {
            value: Value::of(Data::Tuple(row.collect())),
            certain: sure,
        }
    });
    let rows = rows.collect();
    machine.list(rows, open)
}

fn mapped(machine: &mut Machine<'_>, name: &str, arguments: &Arguments, span: Span) -> Value {
    let function = arguments.first();
    let iterable = arguments.positional.get(1);
    let Some(iterable) = iterable.map(|item| item.value.clone()) else {
        return Value::unknown();
    };
    let (items, open) = machine.members(&iterable);
    let mut kept = Vec::new();
    for item in items {
        if !machine.spend(1) {
            break;
        }
        let argument = Arguments {
            positional: vec![Item::certain(item.value.clone())],
            ..Arguments::default()
        };
        let result = match function.data {
            Data::None => item.value.clone(),
            _ => machine.call(&function, argument, span),
        };
        if name == "map" {
            kept.push(Item {
                value: result,
                certain: item.certain,
            });
            continue;
        }
        match machine.truth(&result) {
            Some(true) => kept.push(item),
            Some(false) => {}
            None => kept.push(Item {
                certain: false,
                ..item
            }),
        }
    }
    machine.list(kept, open)
}

fn any(machine: &Machine<'_>, any: bool, value: &Value) -> Value {
    let (items, open) = machine.members(value);
    let mut unsure = open;
    for item in items {
        match machine.truth(&item.value) {
            Some(truth) if truth == any && item.certain => return Value::of(Data::Bool(any)),
            Some(truth) if truth != any => {}
            _ => unsure = true,
        }
    }
    if unsure {
        Value::unknown()
    } else {
        Value::of(Data::Bool(!any))
    }
}

fn is_instance(value: &Value, class: Option<&Value>) -> Value {
    let Some(class) = class else {
        return Value::unknown();
    };
    let classes: Vec<&Value> = match &class.data {
        Data::Tuple(items) => items.iter().map(|item| &item.value).collect(),
        _ => vec![class],
    };
    let names: Option<Vec<&str>> = classes
        .iter()
        .map(|class| match &class.data {
            Data::Named(name) => Some(&**name),
            _ => None,
        })
        .collect();
    let own = match value.data {
        Data::Str(_) => "str",
        Data::List(_) => "list",
        Data::Tuple(_) => "tuple",
        Data::Dict(_) => "dict",
        Data::Int(_) => "int",
        Data::Bool(_) => "bool",
        Data::None => "NoneType",
        _ => return Value::unknown(),
    };
    let known = ["str", "list", "tuple", "dict", "int", "bool"];
    match names {
        Some(names) if names.contains(&own) => Value::of(Data::Bool(true)),
        Some(names) if names.iter().all(|name| known.contains(name)) && own != "bool" => {
            // A set is followed as a list, so "no list" is not known of one.
            Value::of(Data::Bool(false))
        }
        _ => Value::unknown(),
    }
}

fn product(machine: &mut Machine<'_>, arguments: &Arguments) -> Value {
    let mut rows: Vec<(Vec<Item>, bool)> = vec![(Vec::new(), true)];
    let mut open = arguments
        .keywords
        .iter()
        .any(|(name, _)| &**name == "repeat");
    for column in &arguments.positional {
        let (items, column_open) = machine.members(&column.value);
        open |= column_open;
        let mut next = Vec::new();
        for (row, certain) in &rows {
            for item in &items {
                if next.len() >= MEMBERS || !machine.spend(1) {
                    open = true;
                    break;
                }
                let mut row = row.clone();
                row.push(Item::certain(item.value.clone()));
                next.push((row, *certain && item.certain));
            }
        }
        rows = next;
    }
    let rows = rows.into_iter().map(|(row, certain)| Item {
        value: Value::of(Data::Tuple(row.into())),
        certain,
    });
    let rows = rows.collect();
    machine.list(rows, open)
}

fn chained(machine: &mut Machine<'_>, parts: &[Item]) -> Value {
    let mut all = Vec::new();
    let mut open = false;
    for part in parts {
        let (items, part_open) = machine.members(&part.value);
        open |= part_open;
        all.extend(items.into_iter().map(|item| Item {
            certain: item.certain && part.certain,
            ..item
        }));
        if all.len() > MEMBERS {
            open = true;
            break;
        }
    }
    machine.list(all, open)
}

/// A copy, with copies of the lists in it.
pub(super) fn copied(machine: &mut Machine<'_>, value: &Value) -> Value {
    match &value.data {
        Data::List(_) => {
            let (items, open) = machine.members(value);
            machine.list(items, open).at(value.origin)
        }
        Data::Dict(id) => {
            let Some(mut dict) = machine.state.dict(*id).cloned() else {
                return Value::unknown();
            };
            for (_, item) in &mut dict.entries {
                if let Data::List(_) = item.value.data {
                    item.value = copied(machine, &item.value);
                }
            }
            machine.dict(dict).at(value.origin)
        }
        _ => value.clone(),
    }
}
