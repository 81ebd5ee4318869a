//! Runs a build script on what is known, and goes both ways where a test cannot be decided.
//!
//! Nothing is executed: there is a budget of steps, strings and lists have a longest length, and what is beyond them, or
//! beyond what is understood here, is unknown.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::state::State;
use super::value::{Call, Data, Dict, Id, Item, List, Object, Scope, Value};
use crate::source::project::{Project, Target};
use crate::source::span::{Span, TextFile};

/// Evaluations and statements for all files together.
const FUEL: u32 = 400_000;
/// Calls within calls.
pub(super) const CALLS: u32 = 40;
/// Evaluations within evaluations, also across calls: as deep as any stack bears.
pub(super) const NESTING: u32 = 150;
/// Bytes of a string, members of a list.
pub(super) const STRING: usize = 64 * 1024;
pub(super) const MEMBERS: usize = 10_000;
/// Files of the project that a script may import.
pub(super) const FILES: usize = 24;
/// Bytes of them and of the script together: more was never written by a person, and a megabyte of dense code takes
/// seconds to parse.
pub(super) const BYTES: usize = 512 * 1024;
/// States in which one `try` is left that are kept: the first ones stand for all.
pub(super) const RAISED: usize = 8;

/// Endings of files that a build names.
const ENDINGS: [&str; 23] = [
    "", "S", "a", "asm", "c", "c++", "cc", "cpp", "cu", "cxx", "f", "f90", "h", "hpp", "i", "in",
    "m", "mm", "o", "py", "pyx", "s", "so",
];

/// A script while it is being followed.
pub(super) struct Machine<'w> {
    pub(super) project: &'w dyn Project,
    pub(super) target: &'w Target,
    pub(super) files: Vec<TextFile>,
    pub(super) state: State,
    /// Control arrives here. A `raise`, `return` or `break` ends that.
    pub(super) live: bool,
    /// Tests around here that could not be decided.
    pub(super) undecided: u32,
    pub(super) depth: u32,
    /// Evaluations within evaluations.
    pub(super) nesting: u32,
    pub(super) frames: Vec<Frame>,
    /// What may have raised since the last `try`.
    pub(super) risk: Risk,
    /// Enclosing `try` statements that catch something: the states in which they were left.
    pub(super) tries: Vec<Vec<(Raised, State)>>,
    /// Modules of the project that were imported: their scopes.
    pub(super) imported: BTreeMap<String, Option<Id>>,
    /// Every extension that was made, in that order.
    pub(super) made: Vec<Id>,
    /// Every call of `setup`.
    pub(super) setups: Vec<Setup>,
    /// What the script puts into `os.environ`.
    pub(super) environment: Vec<Assigned>,
    /// Something ran that may have made files: what is not there may be there after all.
    pub(super) makes_files: bool,
    /// Every module can be imported, whatever the project answers.
    pub(super) all_there: bool,
    /// The one call of `setup` that counts was reached.
    pub(super) finished: bool,
    next: Id,
    fuel: u32,
}

/// A call of `setup`.
pub(super) struct Setup {
    /// Its keywords.
    pub(super) arguments: Id,
    /// No undecided test stands before it.
    pub(super) certain: bool,
    /// What could change, as it was then.
    pub(super) state: State,
    /// The same behind the project's own commands, where there are some.
    pub(super) built: Option<State>,
}

/// A variable of the environment that the script sets.
pub(super) struct Assigned {
    pub(super) name: Rc<str>,
    pub(super) value: Value,
    /// No undecided test stands before it.
    pub(super) certain: bool,
}

/// What ends a block before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raised {
    Import,
    Value,
    Key,
    /// By a `raise`, or the end of the script.
    Any,
}

/// What may have gone wrong in a block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Risk {
    /// A module was imported that may be absent.
    pub(super) import: bool,
    /// Something was called that is not known.
    pub(super) other: bool,
}

/// A function that is running, or a module.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) scope: Id,
    /// The states in which `return` left it; the value is in the scope.
    pub(super) returns: Vec<State>,
    /// What a generator has given so far.
    pub(super) yields: Option<Id>,
    pub(super) loops: Vec<Loop>,
    /// `self` and the class, in a method: what `super()` means.
    pub(super) method: Option<(Value, Rc<super::value::Class>)>,
}

/// The states in which a loop was left, or its body.
#[derive(Default)]
pub(super) struct Loop {
    pub(super) breaks: Vec<State>,
    pub(super) continues: Vec<State>,
}

impl<'w> Machine<'w> {
    pub(super) fn new(project: &'w dyn Project, target: &'w Target) -> Self {
        Machine {
            project,
            target,
            files: Vec::new(),
            state: State::default(),
            live: true,
            undecided: 0,
            depth: 0,
            nesting: 0,
            frames: Vec::new(),
            risk: Risk::default(),
            tries: Vec::new(),
            imported: BTreeMap::new(),
            made: Vec::new(),
            setups: Vec::new(),
            environment: Vec::new(),
            makes_files: false,
            all_there: false,
            finished: false,
            next: 1,
            fuel: FUEL,
        }
    }

    /// Takes steps from the budget; without any left, nothing goes on.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        self.fuel = self.fuel.saturating_sub(steps);
        self.fuel > 0 && !self.finished
    }

    /// Leaves only so many steps; gives how many there are besides.
    pub(super) fn lend(&mut self, steps: u32) -> u32 {
        let kept = self.fuel.saturating_sub(steps);
        self.fuel -= kept;
        kept
    }

    /// The steps that were kept are there again.
    pub(super) fn give_back(&mut self, kept: u32) {
        self.fuel = self.fuel.saturating_add(kept);
    }

    /// The budget is spent: what was found so far is not all.
    pub(super) fn exhausted(&self) -> bool {
        self.fuel == 0
    }

    pub(super) fn fresh(&mut self) -> Id {
        self.next += 1;
        self.next
    }

    pub(super) fn put(&mut self, object: Object) -> Id {
        let id = self.fresh();
        self.state.insert(id, object);
        id
    }

    pub(super) fn list(&mut self, items: Vec<Item>, open: bool) -> Value {
        let mut list = List { items, open };
        list.cap();
        self.spend(list.items.len() / 8);
        Value::of(Data::List(self.put(Object::List(list))))
    }

    pub(super) fn dict(&mut self, dict: Dict) -> Value {
        Value::of(Data::Dict(self.put(Object::Dict(dict))))
    }

    pub(super) fn scope(&mut self, parent: Option<Id>) -> Id {
        self.put(Object::Scope(Scope {
            parent,
            ..Scope::default()
        }))
    }

    pub(super) fn extension(&mut self, callee: Rc<str>, span: Span) -> Id {
        let id = self.put(Object::Extension(Call {
            callee,
            span,
            fields: BTreeMap::new(),
            open: false,
        }));
        self.made.push(id);
        id
    }

    /// The value of a name, seen from the running function.
    pub(super) fn lookup(&self, name: &str) -> Option<Value> {
        let mut at = Some(self.frames.last()?.scope);
        while let Some(id) = at {
            let scope = self.state.scope(id)?;
            if let Some(value) = scope.names.get(name) {
                return Some(value.clone());
            }
            at = scope.parent;
        }
        None
    }

    /// Binds a name in the running function, or where `global` says.
    pub(super) fn bind(&mut self, name: &Rc<str>, value: Value) {
        let Some(frame) = self.frames.last() else {
            return;
        };
        let mut at = frame.scope;
        if self
            .state
            .scope(at)
            .is_some_and(|scope| scope.outer.contains(name))
        {
            // The nearest scope outside that has it, else the outermost.
            while let Some(parent) = self.state.scope(at).and_then(|scope| scope.parent) {
                at = parent;
                let has = |scope: &Scope| scope.names.contains_key(name);
                if self.state.scope(at).is_some_and(has) {
                    break;
                }
            }
        }
        if let Some(scope) = self.state.scope_mut(at) {
            scope.names.insert(Rc::clone(name), value);
        }
    }

    /// Goes both ways from here, and joins what comes of them.
    pub(super) fn both(&mut self, first: impl FnOnce(&mut Self), second: impl FnOnce(&mut Self)) {
        if !self.spend(self.state.size() / 16 + 2) {
            return;
        }
        let before = self.state.clone();
        self.undecided += 1;
        first(self);
        let (first_lives, after_first) = (self.live, std::mem::replace(&mut self.state, before));
        self.live = true;
        second(self);
        self.undecided -= 1;
        if first_lives && self.live {
            let after_second = std::mem::take(&mut self.state);
            self.state = self.joined(after_first, after_second);
        } else if first_lives {
            self.state = after_first;
        }
        self.live |= first_lives;
    }

    pub(super) fn joined(&mut self, a: State, b: State) -> State {
        let size = a.size();
        if !self.spend(size / 16 + 1) {
            return a;
        }
        let next = &mut self.next;
        let (joined, cost) = a.join(b, &mut || {
            *next += 1;
            *next
        });
        self.spend(cost / 16);
        joined
    }

    /// Joins states that control left to here with the present one.
    pub(super) fn rejoin(&mut self, states: Vec<State>) {
        for state in states {
            if self.live {
                let present = std::mem::take(&mut self.state);
                self.state = self.joined(present, state);
            } else {
                self.state = state;
                self.live = true;
            }
        }
    }

    /// One value for both.
    pub(super) fn either(&mut self, a: Value, b: Value) -> Value {
        let next = &mut self.next;
        self.state.either(a, b, &mut || {
            *next += 1;
            *next
        })
    }

    /// Something unknown got hold of this value and may have changed it.
    pub(super) fn expose(&mut self, value: &Value) {
        match &value.data {
            Data::List(id) => {
                if let Some(list) = self.state.list_mut(*id) {
                    list.open = true;
                }
            }
            Data::Dict(id) => {
                if let Some(dict) = self.state.dict_mut(*id) {
                    dict.open = true;
                }
            }
            Data::Extension(id) => {
                if let Some(Object::Extension(call)) = self.state.object_mut(*id) {
                    call.open = true;
                }
            }
            _ => {}
        }
    }

    /// Where a text that was put together should be edited: at the part that comes from elsewhere, if that is the last.
    pub(super) fn derived(&self, whole: Span, parts: &[&Value]) -> Option<Span> {
        // The ending of a file's name is no part that anybody edits.
        let is_ending = |part: &&&Value| {
            part.text().is_some_and(|text| {
                let ending = text.strip_prefix('.').unwrap_or(text);
                ENDINGS.contains(&ending)
            })
        };
        let mut backwards = parts.iter().rev().skip_while(is_ending);
        let last = backwards.find_map(|part| part.origin);
        match last {
            Some(origin) if !whole.holds(origin) => Some(origin),
            _ => Some(whole),
        }
    }
}

impl List {
    /// Keeps as many members as are followed.
    pub(super) fn cap(&mut self) {
        if self.items.len() > MEMBERS {
            self.items.truncate(MEMBERS);
            self.open = true;
        }
    }
}
