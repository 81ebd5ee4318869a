//! Operators, comparisons, indices and slices.

use std::rc::Rc;

use super::ast::{Comparison, Operator};
use super::machine::{MEMBERS, Machine, Raised, STRING};
use super::paths;
use super::percent;
use super::value::{Data, Id, Item, Value};
use crate::source::span::Span;

pub(super) fn binary(
    machine: &mut Machine<'_>,
    left: &Value,
    operator: Operator,
    right: &Value,
    span: Span,
) -> Value {
    let origin = machine.derived(span, &[left, right]);
    match (&left.data, operator, &right.data) {
        (Data::OneOf(all), _, Data::Str(_) | Data::Path(_)) => any(machine, all, |machine, one| {
            binary(machine, one, operator, right, span)
        }),
        (Data::Str(_) | Data::Path(_), Operator::Add | Operator::Divide, Data::OneOf(all)) => {
            any(machine, all, |machine, one| {
                binary(machine, left, operator, one, span)
            })
        }
        (Data::Str(a), Operator::Add, Data::Str(b)) if a.len() + b.len() <= STRING => {
            machine.spend((a.len() + b.len()) / 256);
            Value::str(format!("{a}{b}")).at(origin)
        }
        (Data::Path(a), Operator::Divide, Data::Str(b) | Data::Path(b))
        | (Data::Str(a), Operator::Divide, Data::Path(b)) => {
            Value::of(Data::Path(paths::join(&[a, b]).into())).at(origin)
        }
        // Python's numbers have no largest one.
        (Data::Int(a), Operator::Add, Data::Int(b)) => number(a.checked_add(*b)),
        (Data::Int(a), Operator::Subtract, Data::Int(b)) => number(a.checked_sub(*b)),
        (Data::Int(a), Operator::Multiply, Data::Int(b)) => number(a.checked_mul(*b)),
        (Data::List(_) | Data::Tuple(_), Operator::Add, _)
        | (_, Operator::Add, Data::List(_) | Data::Tuple(_)) => added(machine, left, right),
        (Data::List(_) | Data::Tuple(_), Operator::Multiply, Data::Int(times)) => {
            repeated(machine, left, *times)
        }
        (Data::Str(text), Operator::Multiply, Data::Int(times)) => {
            let times = usize::try_from(*times).unwrap_or_default();
            if text.len().saturating_mul(times) > STRING {
                return Value::unknown();
            }
            Value::str(text.repeat(times)).at(origin)
        }
        (Data::Str(pattern), Operator::Modulo, _) => {
            let origin = percent::place(machine, left, pattern, right, span);
            percent::text(machine, pattern, right)
                .map_or_else(Value::unknown, |text| Value::str(text).at(origin))
        }
        _ => Value::unknown(),
    }
}

/// The same done to each of several values.
fn any(
    machine: &mut Machine<'_>,
    values: &Rc<[Value]>,
    each: impl Fn(&mut Machine<'_>, &Value) -> Value,
) -> Value {
    let mut results = values.iter();
    let Some(first) = results.next() else {
        return Value::unknown();
    };
    let mut result = each(machine, first);
    for value in results {
        let next = each(machine, value);
        result = machine.either(result, next);
    }
    result
}

fn added(machine: &mut Machine<'_>, left: &Value, right: &Value) -> Value {
    let (mut items, open) = machine.members(left);
    let (more, more_open) = machine.members(right);
    items.extend(more);
    if matches!((&left.data, &right.data), (Data::Tuple(_), Data::Tuple(_))) {
        return Value::of(Data::Tuple(items.into())).at(left.origin);
    }
    machine
        .list(items, open || more_open)
        .at(left.origin.or(right.origin))
}

fn repeated(machine: &mut Machine<'_>, value: &Value, times: i64) -> Value {
    let (items, open) = machine.members(value);
    let times = usize::try_from(times).unwrap_or_default();
    if items.len().saturating_mul(times) > MEMBERS {
        return machine.list(items, true).at(value.origin);
    }
    let items = std::iter::repeat_n(items, times).flatten().collect();
    machine.list(items, open).at(value.origin)
}

fn number(result: Option<i64>) -> Value {
    result.map_or_else(Value::unknown, |number| Value::of(Data::Int(number)))
}

impl Machine<'_> {
    /// `left OP right`. `None` where that cannot be told.
    pub(super) fn compared(
        &self,
        left: &Value,
        comparison: Comparison,
        right: &Value,
    ) -> Option<bool> {
        if let Data::OneOf(values) = &left.data {
            let answers: Option<Vec<bool>> = values
                .iter()
                .map(|value| self.compared(value, comparison, right))
                .collect();
            let answers = answers?;
            let first = *answers.first()?;
            return answers
                .iter()
                .all(|answer| *answer == first)
                .then_some(first);
        }
        match comparison {
            Comparison::Equal => left.equals(right),
            Comparison::Unequal => left.equals(right).map(|same| !same),
            Comparison::Is | Comparison::IsNot => {
                let is = is(left, right)?;
                Some(is == (comparison == Comparison::Is))
            }
            Comparison::In => self.contains(right, left),
            Comparison::NotIn => self.contains(right, left).map(|inside| !inside),
            Comparison::Less => ordered(left, right).map(std::cmp::Ordering::is_lt),
            Comparison::LessEqual => ordered(left, right).map(std::cmp::Ordering::is_le),
            Comparison::Greater => ordered(left, right).map(std::cmp::Ordering::is_gt),
            Comparison::GreaterEqual => ordered(left, right).map(std::cmp::Ordering::is_ge),
        }
    }

    /// Is `member` in `whole`?
    fn contains(&self, whole: &Value, member: &Value) -> Option<bool> {
        if let (Data::Str(whole), Data::Str(part)) = (&whole.data, &member.data) {
            return Some(whole.contains(&**part));
        }
        if let Data::Named(name) = &whole.data {
            return self.named_contains(name, member);
        }
        let (items, open) = self.members(whole);
        let mut unsure = open;
        for item in &items {
            match item.value.equals(member) {
                Some(true) if item.certain => return Some(true),
                Some(false) => {}
                Some(true) | None => unsure = true,
            }
        }
        (!unsure).then_some(false)
    }

    pub(super) fn index(&mut self, object: &Value, key: &Value) -> Value {
        match (&object.data, &key.data) {
            (Data::List(id), Data::Int(at)) => {
                let list = self.state.list(*id);
                let item = list.and_then(|list| list.items.get(list.position(*at)?));
                item.map_or_else(Value::unknown, |item| item.value.clone())
            }
            (Data::Tuple(items), Data::Int(at)) => {
                let index = if *at < 0 {
                    items
                        .len()
                        .checked_sub(usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX))
                } else {
                    usize::try_from(*at).ok()
                };
                let certain = items.iter().all(|item| item.certain);
                let item = index.and_then(|index| items.get(index)).filter(|_| certain);
                item.map_or_else(Value::unknown, |item| item.value.clone())
            }
            (Data::Dict(id), _) => self.entry(*id, key),
            (Data::Str(text), Data::Int(at)) => {
                let letters: Vec<char> = text.chars().collect();
                let index = if *at < 0 {
                    letters
                        .len()
                        .checked_sub(usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX))
                } else {
                    usize::try_from(*at).ok()
                };
                let letter = index.and_then(|index| letters.get(index));
                letter.map_or_else(Value::unknown, |c| {
                    Value::str(c.to_string()).at(object.origin)
                })
            }
            (Data::Named(name), Data::Str(key)) => self.named_index(&Rc::clone(name), key),
            _ => Value::unknown(),
        }
    }

    fn entry(&mut self, id: Id, key: &Value) -> Value {
        let Some(dict) = self.state.dict(id) else {
            return Value::unknown();
        };
        match dict.get(key) {
            Some(item) if item.certain => item.value.clone(),
            None if !dict.open && key.text().is_some() && !self.tries.is_empty() => {
                self.raise(Raised::Key);
                Value::unknown()
            }
            _ => Value::unknown(),
        }
    }

    pub(super) fn slice(&mut self, object: &Value, parts: &[Option<Value>], span: Span) -> Value {
        let bound = |at: usize| match parts.get(at) {
            Some(Some(value)) => match value.data {
                Data::Int(number) => Some(Some(number)),
                Data::None => Some(None),
                _ => None,
            },
            _ => Some(None),
        };
        let (Some(start), Some(end), Some(step)) = (bound(0), bound(1), bound(2)) else {
            let (items, _) = self.members(object);
            let unsure = items.into_iter().map(|item| Item {
                certain: false,
                ..item
            });
            let unsure = unsure.collect();
            return match object.data {
                Data::Str(_) | Data::Unknown => Value::unknown(),
                _ => self.list(unsure, true),
            };
        };
        match &object.data {
            Data::Str(text) => {
                let letters: Vec<char> = text.chars().collect();
                let kept: Option<String> = sliced(letters.len(), start, end, step)
                    .map(|indices| indices.filter_map(|at| letters.get(at)).collect());
                let origin = self.derived(span, &[object]);
                kept.map_or_else(Value::unknown, |kept| Value::str(kept).at(origin))
            }
            Data::List(_) | Data::Tuple(_) => {
                let (items, open) = self.members(object);
                let certain = !open && items.iter().all(|item| item.certain);
                let indices = sliced(items.len(), start, end, step);
                let whole = start.is_none() && end.is_none() && step.is_none();
                match indices {
                    Some(indices) if certain || whole => {
                        let kept = indices.filter_map(|at| items.get(at).cloned()).collect();
                        if let Data::Tuple(_) = object.data {
                            return Value::of(Data::Tuple(Vec::into(kept))).at(object.origin);
                        }
                        self.list(kept, open).at(object.origin)
                    }
                    _ => {
                        let unsure = items.into_iter().map(|item| Item {
                            certain: false,
                            ..item
                        });
                        let unsure = unsure.collect();
                        self.list(unsure, true)
                    }
                }
            }
            _ => Value::unknown(),
        }
    }
}

fn is(left: &Value, right: &Value) -> Option<bool> {
    match (&left.data, &right.data) {
        (Data::None, Data::None) => Some(true),
        (Data::Bool(a), Data::Bool(b)) => Some(a == b),
        (Data::Unknown | Data::Named(_) | Data::OneOf(_), _)
        | (_, Data::Unknown | Data::Named(_) | Data::OneOf(_)) => None,
        (Data::None, _) | (_, Data::None) => Some(false),
        _ => None,
    }
}

fn ordered(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (&left.data, &right.data) {
        (Data::Int(a), Data::Int(b)) => Some(a.cmp(b)),
        (Data::Str(a), Data::Str(b)) => Some(a.cmp(b)),
        (Data::Tuple(a), Data::Tuple(b)) => {
            for (a, b) in a.iter().zip(b.iter()) {
                let order = ordered(&a.value, &b.value)?;
                if order.is_ne() {
                    return Some(order);
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        _ => None,
    }
}

/// The indices of a slice, by Python's rules.
fn sliced(
    length: usize,
    start: Option<i64>,
    end: Option<i64>,
    step: Option<i64>,
) -> Option<impl Iterator<Item = usize>> {
    let step = step.unwrap_or(1);
    let size = i64::try_from(length).ok()?;
    if step == 0 || !(-1000..=1000).contains(&step) {
        return None;
    }
    let clamp = |bound: i64, low: i64, high: i64| {
        let bound = if bound < 0 {
            bound.saturating_add(size)
        } else {
            bound
        };
        bound.clamp(low, high)
    };
    let (first, last) = if step > 0 {
        (
            start.map_or(0, |at| clamp(at, 0, size)),
            end.map_or(size, |at| clamp(at, 0, size)),
        )
    } else {
        (
            start.map_or(size - 1, |at| clamp(at, -1, size - 1)),
            end.map_or(-1, |at| clamp(at, -1, size - 1)),
        )
    };
    let indices = std::iter::successors(Some(first), move |at| Some(at + step))
        .take_while(move |at| if step > 0 { *at < last } else { *at > last });
    Some(indices.filter_map(|at| usize::try_from(at).ok()))
}
