//! `pattern % values`: the text that comes of it, and which part of it to edit.

use super::machine::{Machine, STRING};
use super::value::{Data, Value};
use crate::source::span::Span;

/// Where `'-l%s' % name` should be edited: at what stands last, as in every text that is put together.
pub(super) fn place(
    machine: &Machine<'_>,
    left: &Value,
    pattern: &str,
    right: &Value,
    span: Span,
) -> Option<Span> {
    let behind = pattern.rsplit_once('%').map_or("", |(_, behind)| behind);
    // `%(name)s`, or `%s`
    let named = behind
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'));
    let (key, behind) = named.map_or((None, behind), |(key, rest)| (Some(key), rest));
    let behind = behind.get(1..).unwrap_or_default();
    let of_key = key.and_then(|key| of_dictionary(machine, right, key));
    let last = match &right.data {
        Data::Tuple(items) => items.last().map(|item| &item.value),
        Data::Dict(_) => of_key.as_ref(),
        _ => Some(right),
    };
    match last {
        Some(last) if behind.is_empty() || behind.starts_with('.') => {
            machine.derived(span, &[left, last])
        }
        _ => machine.derived(span, &[left]),
    }
}

/// The value that a dictionary certainly has for a key.
fn of_dictionary(machine: &Machine<'_>, value: &Value, key: &str) -> Option<Value> {
    let Data::Dict(id) = value.data else {
        return None;
    };
    let dict = machine.state.dict(id).filter(|dict| !dict.open)?;
    let item = dict.get(&Value::str(key)).filter(|item| item.certain)?;
    Some(item.value.clone())
}

/// `'%s_%d' % (a, b)`, `'%(name)s' % {...}` with the plain conversions.
pub(super) fn text(machine: &Machine<'_>, pattern: &str, right: &Value) -> Option<String> {
    let arguments: Vec<Value> = match &right.data {
        Data::Tuple(items) => items.iter().map(|item| item.value.clone()).collect(),
        _ => vec![right.clone()],
    };
    let is_named = matches!(right.data, Data::Dict(_));
    let mut arguments = arguments.iter();
    let mut result = String::new();
    let mut rest = pattern;
    while let Some((before, from)) = rest.split_once('%') {
        result.push_str(before);
        let of_key = match from.strip_prefix('(') {
            Some(from) if is_named => Some(from.split_once(')')?),
            Some(_) => return None,
            None => None,
        };
        let from = of_key.map_or(from, |(_, behind)| behind);
        match (from.chars().next()?, of_key) {
            ('%', None) => result.push('%'),
            ('s' | 'd' | 'i', Some((key, _))) => {
                result.push_str(&machine.shown(&of_dictionary(machine, right, key)?)?);
            }
            ('s' | 'd' | 'i', None) if !is_named => {
                result.push_str(&machine.shown(arguments.next()?)?);
            }
            _ => return None,
        }
        if result.len() > STRING {
            return None;
        }
        rest = from.get(1..)?;
    }
    result.push_str(rest);
    (is_named || arguments.next().is_none()).then_some(result)
}
