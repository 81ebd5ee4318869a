//! All that can change while a script runs, so that both ways of a test that cannot be decided can be gone and joined.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::value::{Call, Data, Dict, Id, Item, List, Object, Scope, Value};

/// Different values that one name is followed with.
const ALTERNATIVES: usize = 4;
/// Pairs of members that are compared when two lists are joined.
const COMPARED: usize = 10_000;

/// Everything that can change.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// By number; most numbers belong to something.
    objects: Vec<Option<Rc<Object>>>,
}

impl State {
    /// Number of objects: what a copy costs.
    pub(super) fn size(&self) -> usize {
        self.objects.len()
    }

    pub(super) fn insert(&mut self, id: Id, object: Object) {
        let at = id as usize;
        if self.objects.len() <= at {
            self.objects.resize(at + 1, None);
        }
        if let Some(place) = self.objects.get_mut(at) {
            *place = Some(Rc::new(object));
        }
    }

    pub(super) fn list(&self, id: Id) -> Option<&List> {
        match self.object(id) {
            Some(Object::List(list)) => Some(list),
            _ => None,
        }
    }

    pub(super) fn dict(&self, id: Id) -> Option<&Dict> {
        match self.object(id) {
            Some(Object::Dict(dict)) => Some(dict),
            _ => None,
        }
    }

    pub(super) fn scope(&self, id: Id) -> Option<&Scope> {
        match self.object(id) {
            Some(Object::Scope(scope)) => Some(scope),
            _ => None,
        }
    }

    pub(super) fn extension(&self, id: Id) -> Option<&Call> {
        match self.object(id) {
            Some(Object::Extension(call)) => Some(call),
            _ => None,
        }
    }

    pub(super) fn object(&self, id: Id) -> Option<&Object> {
        self.objects.get(id as usize)?.as_deref()
    }

    pub(super) fn object_mut(&mut self, id: Id) -> Option<&mut Object> {
        self.objects
            .get_mut(id as usize)?
            .as_mut()
            .map(Rc::make_mut)
    }

    pub(super) fn list_mut(&mut self, id: Id) -> Option<&mut List> {
        match self.object_mut(id) {
            Some(Object::List(list)) => Some(list),
            _ => None,
        }
    }

    pub(super) fn dict_mut(&mut self, id: Id) -> Option<&mut Dict> {
        match self.object_mut(id) {
            Some(Object::Dict(dict)) => Some(dict),
            _ => None,
        }
    }

    pub(super) fn scope_mut(&mut self, id: Id) -> Option<&mut Scope> {
        match self.object_mut(id) {
            Some(Object::Scope(scope)) => Some(scope),
            _ => None,
        }
    }

    /// What is true whichever of the two happened, and what finding it out has cost. `fresh` gives numbers for objects
    /// that only the union needs.
    pub(super) fn join(self, other: State, fresh: &mut dyn FnMut() -> Id) -> (State, usize) {
        let mut join = Join {
            a: &self,
            b: &other,
            made: Vec::new(),
            cost: 0,
            fresh,
        };
        let count = self.objects.len().max(other.objects.len());
        let mut objects = Vec::with_capacity(count);
        for at in 0..count {
            let of = |state: &State| state.objects.get(at).cloned().flatten();
            objects.push(match (of(&self), of(&other)) {
                (Some(a), Some(b)) if Rc::ptr_eq(&a, &b) => Some(a),
                (Some(a), Some(b)) => Some(Rc::new(join.objects(&a, &b))),
                (only, None) | (None, only) => only,
            });
        }
        let (made, cost) = (std::mem::take(&mut join.made), join.cost);
        let mut joined = State { objects };
        for (id, object) in made {
            joined.insert(id, object);
        }
        (joined, cost)
    }

    /// One value that stands for both, where their objects are in this state already.
    pub(super) fn either(&mut self, a: Value, b: Value, fresh: &mut dyn FnMut() -> Id) -> Value {
        let (value, made) = {
            let mut join = Join {
                a: self,
                b: self,
                made: Vec::new(),
                cost: 0,
                fresh,
            };
            let value = join.values(&a, &b);
            (value, std::mem::take(&mut join.made))
        };
        for (id, object) in made {
            self.insert(id, object);
        }
        value
    }
}

struct Join<'a> {
    a: &'a State,
    b: &'a State,
    made: Vec<(Id, Object)>,
    /// Members that were looked at.
    cost: usize,
    fresh: &'a mut dyn FnMut() -> Id,
}

impl Join<'_> {
    fn objects(&mut self, a: &Object, b: &Object) -> Object {
        match (a, b) {
            (Object::List(a), Object::List(b)) => Object::List(self.lists(a, b)),
            (Object::Dict(a), Object::Dict(b)) => Object::Dict(self.dicts(a, b)),
            (Object::Scope(a), Object::Scope(b)) => Object::Scope(Scope {
                names: self.fields(&a.names, &b.names, false),
                parent: a.parent,
                outer: a.outer.clone(),
            }),
            (Object::Instance { class, fields }, Object::Instance { fields: others, .. }) => {
                Object::Instance {
                    class: Rc::clone(class),
                    fields: self.fields(fields, others, true),
                }
            }
            (Object::Extension(a), Object::Extension(b)) => Object::Extension(Call {
                callee: Rc::clone(&a.callee),
                span: a.span,
                fields: self.fields(&a.fields, &b.fields, true),
                open: a.open || b.open,
            }),
            (a, _) => a.clone(),
        }
    }

    /// A name that only one side has is taken from there: if the script goes on to use it, that side was gone. A field
    /// that only one side has may be absent.
    fn fields(
        &mut self,
        a: &BTreeMap<Rc<str>, Value>,
        b: &BTreeMap<Rc<str>, Value>,
        may_be_absent: bool,
    ) -> BTreeMap<Rc<str>, Value> {
        self.cost += a.len() + b.len();
        let names: BTreeSet<&Rc<str>> = a.keys().chain(b.keys()).collect();
        let mut joined = BTreeMap::new();
        for name in names {
            let value = match (a.get(name), b.get(name)) {
                (Some(a), Some(b)) => self.values(a, b),
                (Some(only), None) | (None, Some(only)) if may_be_absent => {
                    self.values(only, &Value::of(Data::None))
                }
                (Some(only), None) | (None, Some(only)) => only.clone(),
                (None, None) => continue,
            };
            joined.insert(Rc::clone(name), value);
        }
        joined
    }

    fn values(&mut self, a: &Value, b: &Value) -> Value {
        if a.same(b) {
            return a.clone();
        }
        match (&a.data, &b.data) {
            (Data::List(x), Data::List(y)) => {
                let (Some(x), Some(y)) = (self.a.list(*x), self.b.list(*y)) else {
                    return Value::unknown();
                };
                let joined = self.lists(x, y);
                let id = (self.fresh)();
                self.made.push((id, Object::List(joined)));
                Value::of(Data::List(id)).at(a.origin)
            }
            (Data::Dict(x), Data::Dict(y)) => {
                let (Some(x), Some(y)) = (self.a.dict(*x), self.b.dict(*y)) else {
                    return Value::unknown();
                };
                let joined = self.dicts(x, y);
                let id = (self.fresh)();
                self.made.push((id, Object::Dict(joined)));
                Value::of(Data::Dict(id)).at(a.origin)
            }
            _ => one_of(a, b),
        }
    }

    /// The common beginning and end are certain, what is between is not.
    fn lists(&mut self, a: &List, b: &List) -> List {
        self.cost += a.items.len() + b.items.len();
        let alike = |(x, y): &(&Item, &Item)| x.value.same(&y.value) && x.certain == y.certain;
        let head = a.items.iter().zip(&b.items).take_while(alike).count();
        let rest = (a.items.len() - head).min(b.items.len() - head);
        let backwards = a.items.iter().rev().zip(b.items.iter().rev());
        let tail = backwards.take(rest).take_while(alike).count();
        let middle = |list: &List| -> Vec<Item> {
            let items = list.items.get(head..list.items.len() - tail);
            items.unwrap_or_default().to_vec()
        };
        let mut items = a.items.get(..head).unwrap_or_default().to_vec();
        let (of_a, of_b) = (middle(a), middle(b));
        if of_a.len().saturating_mul(of_b.len()) > COMPARED {
            // Comparing each with each costs too much.
            let unsure = of_a.into_iter().chain(of_b).map(|item| Item {
                certain: false,
                ..item
            });
            items.extend(unsure);
            items.extend_from_slice(a.items.get(a.items.len() - tail..).unwrap_or_default());
            let mut list = List {
                items,
                open: a.open || b.open,
            };
            list.cap();
            return list;
        }
        // Objects of the same call that were changed differently are one: their own join tells the rest.
        for item in of_a.iter().chain(&of_b) {
            let both = [&of_a, &of_b]
                .iter()
                .all(|side| side.iter().any(|x| x.certain && x.value.same(&item.value)));
            let known = items
                .iter()
                .skip(head)
                .any(|known: &Item| known.value.same(&item.value));
            if !known {
                items.push(Item {
                    value: item.value.clone(),
                    certain: both,
                });
            }
        }
        items.extend_from_slice(a.items.get(a.items.len() - tail..).unwrap_or_default());
        List {
            items,
            open: a.open || b.open,
        }
    }

    fn dicts(&mut self, a: &Dict, b: &Dict) -> Dict {
        self.cost += a.entries.len().saturating_mul(b.entries.len());
        let mut entries = Vec::new();
        for (key, item) in &a.entries {
            let other = b.entries.iter().find(|(other, _)| other.same(key));
            let joined = match other {
                Some((_, other)) => Item {
                    value: self.values(&item.value, &other.value),
                    certain: item.certain && other.certain,
                },
                None => Item {
                    value: item.value.clone(),
                    certain: false,
                },
            };
            entries.push((key.clone(), joined));
        }
        for (key, item) in &b.entries {
            if !a.entries.iter().any(|(known, _)| known.same(key)) {
                let item = Item {
                    value: item.value.clone(),
                    certain: false,
                };
                entries.push((key.clone(), item));
            }
        }
        Dict {
            entries,
            open: a.open || b.open,
        }
    }
}

/// One of the two, or of what they are one of.
fn one_of(a: &Value, b: &Value) -> Value {
    let mut all: Vec<Value> = Vec::new();
    for value in [a, b] {
        let parts: &[Value] = match &value.data {
            Data::OneOf(parts) => parts,
            _ => std::slice::from_ref(value),
        };
        for part in parts {
            if part.is_unknown() {
                return Value::unknown();
            }
            if !all.iter().any(|known| known.same(part)) {
                all.push(part.clone());
            }
        }
    }
    if all.len() > ALTERNATIVES {
        return Value::unknown();
    }
    Value::of(Data::OneOf(all.into()))
}
