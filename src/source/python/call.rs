//! Calls: of the script's own functions and classes, and of everything else.

use std::rc::Rc;

use super::ast::{Block, Body, ParameterKind};
use super::eval::Arguments;
use super::machine::{CALLS, Frame, Machine};
use super::value::{Class, Closure, Data, Dict, Id, Item, List, Object, Value};
use crate::source::span::Span;

impl Machine<'_> {
    pub(super) fn call(&mut self, callee: &Value, arguments: Arguments, span: Span) -> Value {
        match &callee.data {
            Data::Function(closure) => self.call_function(&Rc::clone(closure), arguments),
            Data::Class(class) => self.construct(&Rc::clone(class), arguments, span),
            Data::Named(name) => self.call_named(&Rc::clone(name), arguments, span),
            Data::Method(method) => {
                let (object, name) = &**method;
                self.call_method(&object.clone(), &Rc::clone(name), arguments, span)
            }
            Data::OneOf(callees) => self.call_any(&Rc::clone(callees), arguments, span),
            _ => self.call_unknown(&arguments),
        }
    }

    /// `Extension = CppExtension if ... else CUDAExtension`: the same call, of one or the other.
    fn call_any(&mut self, callees: &Rc<[Value]>, arguments: Arguments, span: Span) -> Value {
        let names: Option<Vec<Rc<str>>> = callees
            .iter()
            .map(|callee| match &callee.data {
                Data::Named(name) if super::extension::makes_extensions(name) => {
                    Some(Rc::clone(name))
                }
                _ => None,
            })
            .collect();
        match names.as_deref() {
            Some([first, ..]) => self.call_named(&Rc::clone(first), arguments, span),
            _ => self.call_unknown(&arguments),
        }
    }

    /// Nobody knows what it does, also to what it was given.
    pub(super) fn call_unknown(&mut self, arguments: &Arguments) -> Value {
        self.risk.other = true;
        let keywords = arguments.keywords.iter().map(|(_, item)| item);
        let all: Vec<Value> = arguments
            .positional
            .iter()
            .chain(keywords)
            .map(|item| item.value.clone())
            .collect();
        all.iter().for_each(|value| self.expose(value));
        Value::unknown()
    }

    pub(super) fn call_function(&mut self, closure: &Rc<Closure>, arguments: Arguments) -> Value {
        let function = Rc::clone(&closure.function);
        if self.depth >= CALLS || !self.spend(2) {
            return self.call_unknown(&arguments);
        }
        let scope = self.scope(Some(closure.scope));
        let method = closure.this.clone().zip(closure.class.clone());
        self.bind_parameters(scope, closure, arguments);
        let yields = function
            .yields
            .then(|| self.put(Object::List(List::default())));
        let frame = Frame {
            scope,
            yields,
            method,
            ..Frame::default()
        };
        self.depth += 1;
        let value = match &function.body {
            Body::Block(block) => self.run(&Block::clone(block), frame),
            Body::Expr(expr) => {
                self.frames.push(frame);
                let value = self.eval(expr);
                self.frames.pop();
                value
            }
        };
        self.depth -= 1;
        value
    }

    fn bind_parameters(&mut self, scope: Id, closure: &Closure, arguments: Arguments) {
        let parameters = &closure.function.parameters;
        let this = closure.this.iter().cloned().map(Item::certain);
        let mut positional = this.chain(arguments.positional);
        let mut keywords = arguments.keywords;
        let mut bound: Vec<(Rc<str>, Value)> = Vec::new();
        for (index, parameter) in parameters.iter().enumerate() {
            let value = match parameter.kind {
                ParameterKind::Star => {
                    let rest: Vec<Item> = positional.by_ref().collect();
                    if arguments.open {
                        self.list(rest, true)
                    } else {
                        Value::of(Data::Tuple(rest.into()))
                    }
                }
                ParameterKind::DoubleStar => {
                    let mut dict = Dict {
                        open: arguments.open,
                        ..Dict::default()
                    };
                    for (name, item) in keywords.drain(..) {
                        dict.entries.push((Value::str(name), item));
                    }
                    self.dict(dict)
                }
                ParameterKind::Plain | ParameterKind::KeywordOnly => {
                    let named = keywords
                        .iter()
                        .position(|(name, _)| *name == parameter.name)
                        .map(|at| keywords.remove(at).1);
                    let given = named.or_else(|| {
                        let by_position = parameter.kind == ParameterKind::Plain;
                        by_position.then(|| positional.next()).flatten()
                    });
                    let default = closure.defaults.get(index).cloned().flatten();
                    match given {
                        Some(item) if item.certain => item.value,
                        Some(_) => Value::unknown(),
                        None if arguments.open => Value::unknown(),
                        None => default.unwrap_or_else(Value::unknown),
                    }
                }
            };
            bound.push((Rc::clone(&parameter.name), value));
        }
        if let Some(scope) = self.state.scope_mut(scope) {
            scope.names.extend(bound);
        }
    }

    fn construct(&mut self, class: &Rc<Class>, arguments: Arguments, span: Span) -> Value {
        let object = match self.extension_base(class, 0) {
            Some(_) => {
                let name = Rc::clone(&class.definition.name);
                Value::of(Data::Extension(self.extension(name, span)))
            }
            None => self.instance(class),
        };
        let object = object.at(Some(span));
        match self.method_of(class, "__init__", 0) {
            Some((closure, owner)) => {
                let bound = bound(&closure, &object, &owner);
                self.call_function(&bound, arguments);
            }
            None => {
                if let Data::Extension(id) = object.data {
                    self.fill_extension(id, &arguments);
                }
            }
        }
        if let Data::Extension(id) = object.data {
            self.doubt_overridden(class, id);
        }
        object
    }

    /// A field that the class makes itself (`@property def include_dirs`) may come to more than what was passed.
    fn doubt_overridden(&mut self, class: &Rc<Class>, id: Id) {
        let Some(call) = self.state.extension(id) else {
            return;
        };
        let passed = call.fields.iter();
        let made: Vec<Value> = passed
            .filter(|(field, _)| self.method_of(class, field, 0).is_some())
            .map(|(_, value)| value.clone())
            .collect();
        made.iter().for_each(|value| self.expose(value));
    }

    /// The imported class of extensions that a class of the script derives from.
    pub(super) fn extension_base(&self, class: &Class, depth: u32) -> Option<Rc<str>> {
        class.bases.iter().find_map(|base| match &base.data {
            Data::Named(name) if super::extension::makes_extensions(name) => Some(Rc::clone(name)),
            Data::Class(class) if depth < CALLS => self.extension_base(class, depth + 1),
            Data::OneOf(values) => values.iter().find_map(|value| match &value.data {
                Data::Named(name) if super::extension::makes_extensions(name) => {
                    Some(Rc::clone(name))
                }
                _ => None,
            }),
            _ => None,
        })
    }

    /// A method of a class or of its bases in the script, with the class that has it.
    fn method_of(
        &self,
        class: &Rc<Class>,
        name: &str,
        depth: u32,
    ) -> Option<(Rc<Closure>, Rc<Class>)> {
        let own = self.state.scope(class.scope)?.names.get(name);
        if let Some(Data::Function(closure)) = own.map(|value| &value.data) {
            return Some((Rc::clone(closure), Rc::clone(class)));
        }
        class.bases.iter().find_map(|base| match &base.data {
            Data::Class(base) if depth < CALLS => self.method_of(base, name, depth + 1),
            _ => None,
        })
    }

    /// Calls a method that the script's class has itself.
    pub(super) fn call_method_of(
        &mut self,
        class: &Rc<Class>,
        object: &Value,
        name: &str,
        arguments: Arguments,
    ) {
        if let Some((closure, owner)) = self.method_of(class, name, 0) {
            let bound = bound(&closure, object, &owner);
            self.call_function(&bound, arguments);
        }
    }

    pub(super) fn class_attribute(
        &mut self,
        class: &Rc<Class>,
        name: &Rc<str>,
        this: Option<&Value>,
    ) -> Value {
        if let Some((closure, owner)) = self.method_of(class, name, 0) {
            let decorated = |with: &str| {
                let decorators = &closure.function.decorators;
                decorators.iter().any(|decorator| &**decorator == with)
            };
            if decorated("property") {
                let Some(this) = this else {
                    return Value::unknown();
                };
                let bound = bound(&closure, this, &owner);
                return self.call_function(&bound, Arguments::default());
            }
            let receiver = if decorated("staticmethod") {
                None
            } else if decorated("classmethod") {
                Some(Value::of(Data::Class(Rc::clone(class))))
            } else {
                this.cloned()
            };
            return match receiver {
                Some(receiver) => Value::of(Data::Function(bound(&closure, &receiver, &owner))),
                None => Value::of(Data::Function(closure)),
            };
        }
        let own = self.state.scope(class.scope);
        if let Some(value) = own.and_then(|scope| scope.names.get(name)) {
            return value.clone();
        }
        let bases = class.bases.clone();
        for base in &bases {
            match &base.data {
                Data::Class(base) if self.spend(1) => {
                    let value = self.class_attribute(&Rc::clone(base), name, this);
                    if !value.is_unknown() {
                        return value;
                    }
                }
                _ => {}
            }
        }
        // `Base.__init__(self, ...)` of an imported base.
        match self.extension_base(class, 0) {
            Some(base) if &**name == "__init__" => Value::named(format!("{base}.__init__")),
            _ => Value::unknown(),
        }
    }

    /// `super().name(...)`.
    pub(super) fn call_super(&mut self, name: &Rc<str>, arguments: Arguments, _: Span) -> Value {
        let method = self
            .frames
            .iter()
            .rev()
            .find_map(|frame| frame.method.clone());
        let Some((this, class)) = method else {
            return self.call_unknown(&arguments);
        };
        for base in &class.bases {
            if let Data::Class(base) = &base.data
                && let Some((closure, owner)) = self.method_of(base, name, 0)
            {
                let bound = bound(&closure, &this, &owner);
                return self.call_function(&bound, arguments);
            }
        }
        if let (Data::Extension(id), "__init__") = (&this.data, &**name) {
            self.fill_extension(*id, &arguments);
            return Value::of(Data::None);
        }
        self.call_unknown(&arguments)
    }
}

fn bound(closure: &Closure, this: &Value, class: &Rc<Class>) -> Rc<Closure> {
    Rc::new(Closure {
        function: Rc::clone(&closure.function),
        scope: closure.scope,
        defaults: closure.defaults.clone(),
        this: Some(this.clone()),
        class: Some(Rc::clone(class)),
    })
}
