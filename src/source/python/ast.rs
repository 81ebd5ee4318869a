//! The part of Python's grammar that build scripts are written in, as an owned tree.
//!
//! What is not in it (or nested deeper than anybody writes) is [`ExprKind::Other`]: its value is unknown.

use std::rc::Rc;

use crate::source::span::Span;

/// An expression and where it stands.
#[derive(Debug)]
pub(super) struct Expr {
    pub(super) kind: ExprKind,
    pub(super) span: Span,
}

/// Shared, because functions keep their bodies.
pub(super) type Ex = Rc<Expr>;

#[derive(Debug)]
pub(super) enum ExprKind {
    Name(Rc<str>),
    Str(Rc<str>),
    /// An f-string, or several strings in a row.
    Joined(Vec<Ex>),
    Int(i64),
    True,
    False,
    None,
    List(Vec<Ex>),
    Tuple(Vec<Ex>),
    Set(Vec<Ex>),
    /// Pairs; a key that is absent marks `**value`.
    Dict(Vec<(Option<Ex>, Ex)>),
    /// `*value` in a call or a list.
    Star(Ex),
    Call(Ex, Vec<Arg>),
    Attribute(Ex, Rc<str>),
    Index(Ex, Ex),
    Slice(Ex, Box<[Option<Ex>; 3]>),
    Binary(Ex, Operator, Ex),
    /// `and`, `or`.
    Logic(Ex, bool, Ex),
    Not(Ex),
    Negative(Ex),
    Compare(Ex, Vec<(Comparison, Ex)>),
    Conditional {
        test: Ex,
        then: Ex,
        otherwise: Ex,
    },
    Lambda(Rc<Function>),
    Comprehension(Box<Comprehension>),
    /// `(name := value)`.
    Assign(Rc<str>, Ex),
    Yield(Option<Ex>),
    Other,
}

#[derive(Debug)]
pub(super) struct Comprehension {
    pub(super) kind: Gathered,
    /// The value; for a dictionary the key and the value.
    pub(super) element: (Ex, Option<Ex>),
    pub(super) clauses: Vec<Clause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gathered {
    List,
    Set,
    Dict,
}

#[derive(Debug)]
pub(super) enum Clause {
    For(Ex, Ex),
    If(Ex),
}

#[derive(Debug)]
pub(super) struct Arg {
    pub(super) name: ArgName,
    pub(super) value: Ex,
}

#[derive(Debug)]
pub(super) enum ArgName {
    Position,
    /// `*value`.
    Star,
    Keyword(Rc<str>),
    /// `**value`.
    DoubleStar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: Rc<str>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Body,
    /// It is a generator: what it yields is its value.
    pub(super) yields: bool,
    /// `property`, `staticmethod`, `lru_cache(None)`: the first word of each.
    pub(super) decorators: Vec<Rc<str>>,
}

#[derive(Debug)]
pub(super) enum Body {
    Block(Block),
    Expr(Ex),
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: Rc<str>,
    pub(super) default: Option<Ex>,
    pub(super) kind: ParameterKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParameterKind {
    Plain,
    KeywordOnly,
    Star,
    DoubleStar,
}

pub(super) type Block = Rc<[Stmt]>;

#[derive(Debug)]
pub(super) struct Stmt {
    pub(super) kind: StmtKind,
}

#[derive(Debug)]
pub(super) enum StmtKind {
    Expr(Ex),
    /// Targets from the left: `a = b = value`.
    Assign(Vec<Ex>, Ex),
    Augmented(Ex, Operator, Ex),
    /// Tests with their blocks; the last may have no test.
    If(Vec<(Option<Ex>, Block)>),
    For {
        target: Ex,
        iterable: Ex,
        body: Block,
        otherwise: Block,
    },
    While {
        test: Ex,
        body: Block,
        otherwise: Block,
    },
    Try {
        body: Block,
        handlers: Vec<Handler>,
        otherwise: Block,
        finally: Block,
    },
    With(Vec<(Ex, Option<Ex>)>, Block),
    Function(Rc<Function>),
    Class(Rc<ClassDef>),
    Return(Option<Ex>),
    Raise,
    Break,
    Continue,
    Delete(Vec<Ex>),
    Global(Vec<Rc<str>>),
    /// `import a.b as c`: module, bound name (the first part where there is no `as`).
    Import(Vec<(Rc<str>, Option<Rc<str>>)>),
    /// `from a import b as c`; `*` is a name too.
    ImportFrom(Rc<str>, Vec<(Rc<str>, Rc<str>)>),
    Pass,
    /// Something whose effect is not known.
    Other,
}

#[derive(Debug)]
pub(super) struct Handler {
    /// `ImportError`, or all of a tuple; empty: every exception.
    pub(super) exceptions: Vec<Rc<str>>,
    pub(super) name: Option<Rc<str>>,
    pub(super) body: Block,
}

#[derive(Debug)]
pub(super) struct ClassDef {
    pub(super) name: Rc<str>,
    pub(super) bases: Vec<Ex>,
    pub(super) body: Block,
}
