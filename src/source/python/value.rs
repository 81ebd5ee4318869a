//! What an expression of a build script comes to, as far as that can be told without running it.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::ast::{ClassDef, Function};
use crate::source::span::Span;

/// A value and the piece of source that a reader would edit to change it.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) data: Data,
    pub(super) origin: Option<Span>,
}

/// Number of an object that can change.
pub(super) type Id = u32;

#[derive(Debug, Clone)]
pub(super) enum Data {
    Unknown,
    None,
    Bool(bool),
    Int(i64),
    Str(Rc<str>),
    /// A `pathlib.Path`.
    Path(Rc<str>),
    Tuple(Rc<[Item]>),
    List(Id),
    Dict(Id),
    Function(Rc<Closure>),
    Class(Rc<Class>),
    /// Of a class of the script.
    Instance(Id),
    Extension(Id),
    /// Something imported, by its full name: `os.path.join`.
    Named(Rc<str>),
    /// A method together with its object.
    Method(Rc<(Value, Rc<str>)>),
    /// A module of the project: its scope.
    Module(Id),
    /// One of these; which cannot be told.
    OneOf(Rc<[Value]>),
}

/// A member of a list.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) value: Value,
    /// It is there whichever way the undecided tests go.
    pub(super) certain: bool,
}

#[derive(Debug)]
pub(super) struct Closure {
    pub(super) function: Rc<Function>,
    /// The scope in which it was defined.
    pub(super) scope: Id,
    pub(super) defaults: Vec<Option<Value>>,
    /// The object of a bound method.
    pub(super) this: Option<Value>,
    /// The class whose method it is.
    pub(super) class: Option<Rc<Class>>,
}

#[derive(Debug)]
pub(super) struct Class {
    pub(super) definition: Rc<ClassDef>,
    pub(super) bases: Vec<Value>,
    pub(super) scope: Id,
}

/// Something that can change.
#[derive(Debug, Clone)]
pub(super) enum Object {
    List(List),
    Dict(Dict),
    Scope(Scope),
    Instance {
        class: Rc<Class>,
        fields: BTreeMap<Rc<str>, Value>,
    },
    Extension(Call),
}

#[derive(Debug, Clone, Default)]
pub(super) struct List {
    pub(super) items: Vec<Item>,
    /// It may hold more than the items.
    pub(super) open: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Dict {
    pub(super) entries: Vec<(Value, Item)>,
    pub(super) open: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) names: BTreeMap<Rc<str>, Value>,
    pub(super) parent: Option<Id>,
    /// Names that a `global` statement lends from outside.
    pub(super) outer: Vec<Rc<str>>,
}

/// A call that makes an extension module.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// The full name of what was called, such as `torch.utils.cpp_extension.CppExtension`.
    pub(super) callee: Rc<str>,
    pub(super) span: Span,
    pub(super) fields: BTreeMap<Rc<str>, Value>,
    /// More was passed, or done to it, than can be told.
    pub(super) open: bool,
}

impl Value {
    pub(super) fn unknown() -> Value {
        Value::of(Data::Unknown)
    }

    pub(super) fn of(data: Data) -> Value {
        Value { data, origin: None }
    }

    pub(super) fn str(text: impl Into<Rc<str>>) -> Value {
        Value::of(Data::Str(text.into()))
    }

    pub(super) fn named(name: impl Into<Rc<str>>) -> Value {
        Value::of(Data::Named(name.into()))
    }

    pub(super) fn at(mut self, origin: Option<Span>) -> Value {
        self.origin = origin;
        self
    }

    pub(super) fn is_unknown(&self) -> bool {
        matches!(self.data, Data::Unknown)
    }

    /// The text of a string or a path.
    pub(super) fn text(&self) -> Option<&Rc<str>> {
        match &self.data {
            Data::Str(text) | Data::Path(text) => Some(text),
            _ => None,
        }
    }

    /// The same value, wherever it was written. What is unknown is equal to nothing.
    pub(super) fn same(&self, other: &Value) -> bool {
        match (&self.data, &other.data) {
            (Data::None, Data::None) => true,
            (Data::Bool(a), Data::Bool(b)) => a == b,
            (Data::Int(a), Data::Int(b)) => a == b,
            (Data::Str(a), Data::Str(b)) | (Data::Path(a), Data::Path(b)) => a == b,
            (Data::Named(a), Data::Named(b)) => a == b,
            (Data::Tuple(a), Data::Tuple(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b.iter())
                        .all(|(a, b)| a.certain == b.certain && a.value.same(&b.value))
            }
            (Data::List(a), Data::List(b))
            | (Data::Dict(a), Data::Dict(b))
            | (Data::Instance(a), Data::Instance(b))
            | (Data::Extension(a), Data::Extension(b))
            | (Data::Module(a), Data::Module(b)) => a == b,
            (Data::Function(a), Data::Function(b)) => Rc::ptr_eq(a, b),
            (Data::Class(a), Data::Class(b)) => Rc::ptr_eq(a, b),
            (Data::Method(a), Data::Method(b)) => a.1 == b.1 && a.0.same(&b.0),
            (Data::OneOf(a), Data::OneOf(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.same(b))
            }
            _ => false,
        }
    }

    /// Are they equal, as Python's `==` says? `None` where that cannot be told.
    pub(super) fn equals(&self, other: &Value) -> Option<bool> {
        use Data::{Bool, Int, Named, None as Nothing, Path, Str};
        match (&self.data, &other.data) {
            (Str(a), Str(b)) | (Path(a), Path(b)) => Some(a == b),
            (Int(a), Int(b)) => Some(a == b),
            (Bool(a), Bool(b)) => Some(a == b),
            (Nothing, Nothing) => Some(true),
            (Data::Tuple(a), Data::Tuple(b)) => {
                if a.iter().chain(b.iter()).any(|item| !item.certain) {
                    return None;
                }
                if a.len() != b.len() {
                    return Some(false);
                }
                let pairs = a.iter().zip(b.iter());
                let answers: Option<Vec<bool>> =
                    pairs.map(|(a, b)| a.value.equals(&b.value)).collect();
                answers.map(|answers| answers.into_iter().all(|same| same))
            }
            (Named(_) | Data::Unknown | Data::OneOf(_), _)
            | (_, Named(_) | Data::Unknown | Data::OneOf(_)) => None,
            (Str(_) | Int(_) | Nothing, Str(_) | Int(_) | Nothing | Bool(_))
            | (Bool(_), Str(_) | Nothing) => Some(false),
            _ => None,
        }
    }
}

impl Item {
    pub(super) fn certain(value: Value) -> Item {
        Item {
            value,
            certain: true,
        }
    }
}
