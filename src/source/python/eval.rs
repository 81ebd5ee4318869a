//! Expressions.

use std::rc::Rc;

use super::ast::{Arg, ArgName, Comparison, Ex, Expr, ExprKind, Operator};
use super::machine::{MEMBERS, Machine, NESTING, STRING};
use super::value::{Data, Dict, Item, Object, Value};

/// The arguments of a call, evaluated.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) positional: Vec<Item>,
    pub(super) keywords: Vec<(Rc<str>, Item)>,
    /// There may be more.
    pub(super) open: bool,
}

impl Arguments {
    pub(super) fn get(&self, position: usize, name: &str) -> Option<&Value> {
        let named = self.keywords.iter().find(|(known, _)| &**known == name);
        named
            .map(|(_, item)| item)
            .or(self.positional.get(position))
            .map(|item| &item.value)
    }

    pub(super) fn first(&self) -> Value {
        let first = self.positional.first();
        first.map_or_else(Value::unknown, |item| item.value.clone())
    }
}

impl Machine<'_> {
    pub(super) fn eval(&mut self, expr: &Expr) -> Value {
        if !self.spend(1) || self.nesting >= NESTING {
            self.risk.other = true;
            return Value::unknown();
        }
        self.nesting += 1;
        let value = self.evaluated(expr);
        self.nesting -= 1;
        value
    }

    fn evaluated(&mut self, expr: &Expr) -> Value {
        let here = Some(expr.span);
        match &expr.kind {
            ExprKind::Name(name) => self.name(name),
            ExprKind::Str(text) => Value::of(Data::Str(Rc::clone(text))).at(here),
            ExprKind::Joined(parts) => self.joined_text(expr, parts),
            ExprKind::Int(number) => Value::of(Data::Int(*number)).at(here),
            ExprKind::True => Value::of(Data::Bool(true)).at(here),
            ExprKind::False => Value::of(Data::Bool(false)).at(here),
            ExprKind::None => Value::of(Data::None).at(here),
            ExprKind::List(parts) | ExprKind::Set(parts) => {
                let (items, open) = self.items(parts);
                self.list(items, open).at(here)
            }
            ExprKind::Tuple(parts) => {
                let (items, open) = self.items(parts);
                if open {
                    return self.list(items, true).at(here);
                }
                Value::of(Data::Tuple(items.into())).at(here)
            }
            ExprKind::Dict(pairs) => self.dict_literal(pairs).at(here),
            ExprKind::Star(inner) => self.eval(inner),
            ExprKind::Call(callee, arguments) => self.call_expr(expr, callee, arguments),
            ExprKind::Attribute(object, name) => {
                let object = self.eval(object);
                self.attribute(&object, name)
            }
            ExprKind::Index(object, key) => {
                let object = self.eval(object);
                let key = self.eval(key);
                self.index(&object, &key)
            }
            ExprKind::Slice(object, parts) => {
                let object = self.eval(object);
                let parts: Vec<Option<Value>> = parts
                    .iter()
                    .map(|part| part.as_ref().map(|part| self.eval(part)))
                    .collect();
                self.slice(&object, &parts, expr.span)
            }
            ExprKind::Binary(left, operator, right) => {
                let left = self.eval(left);
                let right = self.eval(right);
                self.binary(&left, *operator, &right, expr.span)
            }
            ExprKind::Logic(left, and, right) => self.logic(left, *and, right),
            ExprKind::Not(inner) => {
                let value = self.eval(inner);
                match self.truth(&value) {
                    Some(truth) => Value::of(Data::Bool(!truth)),
                    None => Value::unknown(),
                }
            }
            ExprKind::Negative(inner) => match self.eval(inner).data {
                Data::Int(number) => match number.checked_neg() {
                    Some(number) => Value::of(Data::Int(number)),
                    None => Value::unknown(),
                },
                _ => Value::unknown(),
            },
            ExprKind::Compare(first, rest) => self.compare(first, rest),
            ExprKind::Conditional {
                test,
                then,
                otherwise,
            } => self.conditional(test, then, otherwise),
            ExprKind::Lambda(function) => {
                let closure = self.closure(function);
                Value::of(Data::Function(Rc::new(closure)))
            }
            ExprKind::Comprehension(comprehension) => self.comprehension(comprehension).at(here),
            ExprKind::Assign(name, value) => {
                let value = self.eval(value);
                self.bind(name, value.clone());
                value
            }
            ExprKind::Yield(value) => {
                let value = value
                    .as_ref()
                    .map_or(Value::of(Data::None), |value| self.eval(value));
                let yields = self.frames.last().and_then(|frame| frame.yields);
                if let Some(list) = yields.and_then(|id| self.state.list_mut(id)) {
                    list.items.push(Item::certain(value));
                    list.cap();
                }
                Value::unknown()
            }
            ExprKind::Other => Value::unknown(),
        }
    }

    fn name(&mut self, name: &Rc<str>) -> Value {
        if let Some(value) = self.lookup(name) {
            return value;
        }
        if &**name == "__file__" {
            return self.own_path();
        }
        if &**name == "__name__" {
            return Value::str("__main__");
        }
        // A name of Python itself, or one that a `from x import *` brought.
        Value::named(Rc::clone(name))
    }

    fn items(&mut self, parts: &[Ex]) -> (Vec<Item>, bool) {
        let mut items = Vec::new();
        let mut open = false;
        for part in parts {
            if items.len() > MEMBERS {
                return (items, true);
            }
            match &part.kind {
                ExprKind::Star(inner) => {
                    let value = self.eval(inner);
                    let (more, more_open) = self.members(&value);
                    items.extend(more);
                    open |= more_open;
                }
                _ => {
                    let value = self.eval(part);
                    // The member is written here, whatever it refers to.
                    let origin = value.origin.or(Some(part.span));
                    items.push(Item::certain(value.at(origin)));
                }
            }
        }
        (items, open)
    }

    fn dict_literal(&mut self, pairs: &[(Option<Ex>, Ex)]) -> Value {
        let mut dict = Dict::default();
        for (key, value) in pairs {
            match key {
                Some(key) => {
                    let key = self.eval(key);
                    let value = self.eval(value);
                    dict.set(&key, value);
                }
                None => {
                    let value = self.eval(value);
                    self.merge_into(&mut dict, &value);
                }
            }
        }
        self.dict(dict)
    }

    /// `{**value}`, `dict.update(value)`.
    pub(super) fn merge_into(&mut self, dict: &mut Dict, value: &Value) {
        let Data::Dict(id) = value.data else {
            dict.open = true;
            return;
        };
        let Some(other) = self.state.dict(id).cloned() else {
            return;
        };
        dict.open |= other.open;
        for (key, item) in other.entries {
            if item.certain {
                dict.set(&key, item.value);
            } else if dict.get(&key).is_none() {
                dict.entries.push((key, item));
            } else {
                dict.set(&key, Value::unknown());
            }
        }
    }

    fn joined_text(&mut self, expr: &Expr, parts: &[Ex]) -> Value {
        let values: Vec<Value> = parts.iter().map(|part| self.eval(part)).collect();
        let texts: Option<Vec<String>> = values.iter().map(|value| self.shown(value)).collect();
        let Some(text) = texts.map(|texts| texts.concat()) else {
            return Value::unknown();
        };
        if text.len() > STRING {
            return Value::unknown();
        }
        self.spend(text.len() / 256);
        // `f"src/{name}.c"` names the file that `name` names.
        let origin = self.derived(expr.span, &values.iter().collect::<Vec<_>>());
        Value::str(text).at(origin)
    }

    /// `str(value)`, where it is plain.
    pub(super) fn shown(&self, value: &Value) -> Option<String> {
        match &value.data {
            Data::Str(text) | Data::Path(text) => Some(text.to_string()),
            Data::Int(number) => Some(number.to_string()),
            Data::Bool(true) => Some("True".to_owned()),
            Data::Bool(false) => Some("False".to_owned()),
            Data::None => Some("None".to_owned()),
            _ => None,
        }
    }

    fn logic(&mut self, left: &Ex, and: bool, right: &Ex) -> Value {
        let value = self.eval(left);
        match self.truth(&value) {
            Some(truth) if truth == and => self.eval(right),
            Some(_) => value,
            None => {
                let other = self.guarded(right);
                // Whatever the left side is: `x or True` is true, `x and False` is false.
                if !value.is_unknown() {
                    return self.either(value, other);
                }
                match self.truth(&other) {
                    Some(truth) if truth != and => other,
                    _ => Value::unknown(),
                }
            }
        }
    }

    /// An expression that may not be evaluated at all.
    fn guarded(&mut self, expr: &Ex) -> Value {
        let mut value = Value::unknown();
        self.both(|m| value = m.eval(expr), |_| {});
        value
    }

    fn conditional(&mut self, test: &Ex, then: &Ex, otherwise: &Ex) -> Value {
        let value = self.eval(test);
        match self.truth(&value) {
            Some(true) => self.eval(then),
            Some(false) => self.eval(otherwise),
            None => {
                let (mut a, mut b) = (Value::unknown(), Value::unknown());
                self.both(|m| a = m.eval(then), |m| b = m.eval(otherwise));
                self.either(a, b)
            }
        }
    }

    fn compare(&mut self, first: &Ex, rest: &[(Comparison, Ex)]) -> Value {
        let mut left = self.eval(first);
        let mut answer = Some(true);
        for (comparison, right) in rest {
            let right = self.eval(right);
            answer = match (answer, self.compared(&left, *comparison, &right)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
            left = right;
        }
        answer.map_or_else(Value::unknown, |answer| Value::of(Data::Bool(answer)))
    }

    fn call_expr(&mut self, expr: &Expr, callee: &Ex, arguments: &[Arg]) -> Value {
        // `super().__init__(...)` needs the running method, not a value.
        if let ExprKind::Attribute(object, name) = &callee.kind
            && let ExprKind::Call(function, _) = &object.kind
            && matches!(&function.kind, ExprKind::Name(name) if &**name == "super")
        {
            let arguments = self.arguments(arguments);
            return self.call_super(name, arguments, expr.span);
        }
        let callee = self.eval(callee);
        let arguments = self.arguments(arguments);
        if !self.live {
            return Value::unknown();
        }
        self.call(&callee, arguments, expr.span)
    }

    fn arguments(&mut self, arguments: &[Arg]) -> Arguments {
        let mut found = Arguments::default();
        for argument in arguments {
            let value = self.eval(&argument.value);
            match &argument.name {
                ArgName::Position => {
                    let origin = value.origin.or(Some(argument.value.span));
                    found.positional.push(Item::certain(value.at(origin)));
                }
                ArgName::Star => {
                    let (items, open) = self.members(&value);
                    found.positional.extend(items);
                    found.open |= open;
                }
                ArgName::Keyword(name) => {
                    let origin = value.origin.or(Some(argument.value.span));
                    let item = Item::certain(value.at(origin));
                    found.keywords.push((Rc::clone(name), item));
                }
                ArgName::DoubleStar => {
                    let mut dict = Dict::default();
                    self.merge_into(&mut dict, &value);
                    found.open |= dict.open;
                    for (key, item) in dict.entries {
                        if let Data::Str(name) = &key.data {
                            found.keywords.push((Rc::clone(name), item));
                        }
                    }
                }
            }
        }
        found
    }

    /// A value that is the attribute of another.
    pub(super) fn attribute(&mut self, object: &Value, name: &Rc<str>) -> Value {
        match &object.data {
            Data::Named(full) => self.named_attribute(full, name),
            Data::Module(scope) => {
                let names = self.state.scope(*scope);
                let value = names.and_then(|scope| scope.names.get(name));
                value.cloned().unwrap_or_else(Value::unknown)
            }
            Data::Instance(id) => {
                let Some(Object::Instance { class, fields }) = self.state.object(*id) else {
                    return Value::unknown();
                };
                if let Some(value) = fields.get(name) {
                    return value.clone();
                }
                let class = Rc::clone(class);
                self.class_attribute(&class, name, Some(object))
            }
            Data::Class(class) => self.class_attribute(&Rc::clone(class), name, None),
            Data::Extension(id) => self.extension_attribute(*id, name, object),
            Data::Path(path) => self.path_attribute(&Rc::clone(path), name, object),
            Data::OneOf(_) | Data::Unknown | Data::None => Value::unknown(),
            _ => Value::of(Data::Method(Rc::new((object.clone(), Rc::clone(name))))),
        }
    }

    pub(super) fn binary(
        &mut self,
        left: &Value,
        operator: Operator,
        right: &Value,
        span: crate::source::span::Span,
    ) -> Value {
        super::operators::binary(self, left, operator, right, span)
    }
}
