//! What assignments do to names, fields and members.

use std::rc::Rc;

use super::ast::{Ex, ExprKind, Operator};
use super::machine::Machine;
use super::value::{Call, Data, Dict, Id, Item, List, Object, Value};

impl Machine<'_> {
    pub(super) fn augmented(&mut self, target: &Ex, operator: Operator, value: &Ex) {
        let value = self.eval(value);
        let old = self.eval(target);
        // `+=` changes a list in place: whoever else has it sees the change.
        if let (Data::List(id), Operator::Add) = (&old.data, operator) {
            self.extend(*id, &value);
            if let ExprKind::Attribute(..) | ExprKind::Index(..) = target.kind {
                self.assign(target, old);
            }
            return;
        }
        let new = self.binary(&old, operator, &value, target.span);
        self.assign(target, new);
    }

    /// Appends all members of a value.
    pub(super) fn extend(&mut self, id: Id, value: &Value) {
        let (items, open) = self.members(value);
        self.spend(items.len() / 8);
        if let Some(list) = self.state.list_mut(id) {
            list.items.extend(items);
            list.open |= open;
            list.cap();
        }
    }

    pub(super) fn assign(&mut self, target: &Ex, value: Value) {
        match &target.kind {
            ExprKind::Name(name) => self.bind(name, value),
            ExprKind::Tuple(targets) | ExprKind::List(targets) => self.unpack(targets, &value),
            ExprKind::Attribute(object, name) => {
                let object = self.eval(object);
                self.set_attribute(&object, name, value);
            }
            ExprKind::Index(object, key) => {
                let object = self.eval(object);
                let key = self.eval(key);
                if let (Data::Named(name), Data::Str(key)) = (&object.data, &key.data)
                    && &**name == "os.environ"
                {
                    let origin = value.origin.or(Some(target.span));
                    self.set_variable(Rc::clone(key), value.at(origin));
                    return;
                }
                self.set_index(&object, &key, value);
            }
            ExprKind::Slice(object, parts) => {
                let object = self.eval(object);
                self.set_slice(&object, parts, &value);
            }
            _ => {}
        }
    }

    fn unpack(&mut self, targets: &[Ex], value: &Value) {
        let (items, open) = self.members(value);
        let star = targets
            .iter()
            .position(|target| matches!(target.kind, ExprKind::Star(_)));
        let fits = !open
            && items.iter().all(|item| item.certain)
            && (items.len() == targets.len() || star.is_some() && items.len() + 1 >= targets.len());
        for (index, target) in targets.iter().enumerate() {
            let from_end = targets.len() - index;
            let value = match (fits, star) {
                (false, _) => Value::unknown(),
                (true, Some(star)) if index == star => Value::unknown(),
                (true, Some(star)) if index > star => items
                    .get(items.len() - from_end)
                    .map_or_else(Value::unknown, |item| item.value.clone()),
                (true, _) => items
                    .get(index)
                    .map_or_else(Value::unknown, |item| item.value.clone()),
            };
            let target = match &target.kind {
                ExprKind::Star(inner) => inner,
                _ => target,
            };
            self.assign(target, value);
        }
    }

    fn set_attribute(&mut self, object: &Value, name: &Rc<str>, value: Value) {
        let id = match object.data {
            Data::Instance(id) | Data::Extension(id) => id,
            Data::Module(id) => {
                if let Some(scope) = self.state.scope_mut(id) {
                    scope.names.insert(Rc::clone(name), value);
                }
                return;
            }
            _ => return,
        };
        if let Some(Object::Instance { fields, .. } | Object::Extension(Call { fields, .. })) =
            self.state.object_mut(id)
        {
            fields.insert(Rc::clone(name), value);
        }
    }

    fn set_index(&mut self, object: &Value, key: &Value, value: Value) {
        match object.data {
            Data::Dict(id) => {
                if let Some(dict) = self.state.dict_mut(id) {
                    dict.set(key, value);
                }
            }
            Data::List(id) => {
                let Some(list) = self.state.list_mut(id) else {
                    return;
                };
                let at = match key.data {
                    Data::Int(at) => list.position(at),
                    _ => None,
                };
                match at.and_then(|at| list.items.get_mut(at)) {
                    Some(item) => item.value = value,
                    None => list.forget(),
                }
            }
            _ => {}
        }
    }

    fn set_slice(&mut self, object: &Value, parts: &[Option<Ex>; 3], value: &Value) {
        let Data::List(id) = object.data else { return };
        let (items, open) = self.members(value);
        let [start, end, step] = parts;
        let end = end.as_ref().map(|end| self.eval(end));
        let whole = start.is_none() && end.is_none() && step.is_none();
        let front = start.is_none() && end.is_some_and(|end| matches!(end.data, Data::Int(0)));
        let Some(list) = self.state.list_mut(id) else {
            return;
        };
        if whole {
            *list = List { items, open };
        } else if front {
            list.items.splice(0..0, items);
            list.open |= open;
        } else {
            list.forget();
        }
        list.cap();
    }

    pub(super) fn delete(&mut self, target: &Ex) {
        match &target.kind {
            ExprKind::Name(name) => self.bind(name, Value::unknown()),
            ExprKind::Slice(object, _) | ExprKind::Index(object, _) => {
                let object = self.eval(object);
                match object.data {
                    Data::List(id) => {
                        if let Some(list) = self.state.list_mut(id) {
                            list.forget();
                        }
                    }
                    Data::Dict(id) => {
                        if let Some(dict) = self.state.dict_mut(id) {
                            dict.forget();
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

impl List {
    /// Nothing is certain any more: it was changed in a way that is not followed.
    pub(super) fn forget(&mut self) {
        self.open = true;
        self.items.iter_mut().for_each(|item| item.certain = false);
    }

    /// Where an index leads, counted from the end if it is negative. `None` if members before it are not certain.
    pub(super) fn position(&self, index: i64) -> Option<usize> {
        let all_certain = |items: &[Item]| items.iter().all(|item| item.certain);
        if index >= 0 {
            let at = usize::try_from(index).ok()?;
            all_certain(self.items.get(..=at)?).then_some(at)
        } else {
            let back = usize::try_from(index.unsigned_abs()).ok()?;
            let at = self.items.len().checked_sub(back)?;
            (!self.open && all_certain(self.items.get(at..)?)).then_some(at)
        }
    }
}

impl Dict {
    /// Binds a key.
    pub(super) fn set(&mut self, key: &Value, value: Value) {
        if key.is_unknown() || matches!(key.data, Data::OneOf(_)) {
            self.open = true;
            return;
        }
        let item = Item::certain(value);
        let has_room = self.entries.len() < super::machine::MEMBERS;
        match self.entries.iter_mut().find(|(known, _)| known.same(key)) {
            Some((_, known)) => *known = item,
            None if has_room => {
                self.entries.push((key.clone(), item));
            }
            None => self.open = true,
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &Value) -> Option<&Item> {
        self.entries
            .iter()
            .find(|(known, _)| known.same(key))
            .map(|(_, item)| item)
    }

    /// Nothing is certain any more.
    pub(super) fn forget(&mut self) {
        self.open = true;
        self.entries
            .iter_mut()
            .for_each(|(_, item)| item.certain = false);
    }
}
