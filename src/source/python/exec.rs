//! Statements.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::ast::{Block, Ex, Function, Handler, Stmt, StmtKind};
use super::machine::{Frame, Loop, Machine, NESTING, RAISED, Raised};
use super::state::State;
use super::value::{Class, Closure, Data, Item, Object, Value};

/// The name under which a function's scope holds what it returns.
const RETURNED: &str = "return";

impl Machine<'_> {
    pub(super) fn block(&mut self, block: &[Stmt]) {
        for stmt in block {
            if !self.live || !self.spend(1) {
                return;
            }
            if self.nesting >= NESTING {
                self.risk.other = true;
                return;
            }
            self.nesting += 1;
            self.stmt(stmt);
            self.nesting -= 1;
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Expr(expr) => {
                self.eval(expr);
            }
            StmtKind::Assign(targets, value) => {
                let value = self.eval(value);
                for target in targets {
                    self.assign(target, value.clone());
                }
            }
            StmtKind::Augmented(target, operator, value) => {
                self.augmented(target, *operator, value)
            }
            StmtKind::If(arms) => self.arms(arms),
            StmtKind::For {
                target,
                iterable,
                body,
                otherwise,
            } => self.for_loop(target, iterable, body, otherwise),
            StmtKind::While {
                test,
                body,
                otherwise,
            } => self.while_loop(test, body, otherwise),
            StmtKind::Try {
                body,
                handlers,
                otherwise,
                finally,
            } => {
                self.attempt(body, handlers, otherwise);
                self.block(finally);
            }
            StmtKind::With(items, body) => {
                for (value, target) in items {
                    let value = self.eval(value);
                    if let Some(target) = target {
                        self.assign(target, value);
                    }
                }
                self.block(body);
            }
            StmtKind::Function(function) => self.define(function),
            StmtKind::Class(definition) => self.class(definition),
            StmtKind::Return(value) => self.return_value(value.as_ref()),
            StmtKind::Raise => self.raise(Raised::Any),
            StmtKind::Break => self.leave(|looped| &mut looped.breaks),
            StmtKind::Continue => self.leave(|looped| &mut looped.continues),
            StmtKind::Delete(targets) => targets.iter().for_each(|target| self.delete(target)),
            StmtKind::Global(names) => {
                let scope = self.frames.last().map(|frame| frame.scope);
                if let Some(scope) = scope.and_then(|id| self.state.scope_mut(id)) {
                    scope.outer.extend(names.iter().cloned());
                }
            }
            StmtKind::Import(names) => self.import(names),
            StmtKind::ImportFrom(module, names) => self.import_from(module, names),
            StmtKind::Pass => {}
            StmtKind::Other => self.risk.other = true,
        }
    }

    /// Ends this way of control; an enclosing `try` may go on from here.
    pub(super) fn raise(&mut self, what: Raised) {
        if let Some(caught) = self.tries.last_mut()
            && caught.len() < RAISED
        {
            caught.push((what, std::mem::take(&mut self.state)));
        }
        self.live = false;
    }

    fn leave(&mut self, of: impl Fn(&mut Loop) -> &mut Vec<State>) {
        if let Some(looped) = self
            .frames
            .last_mut()
            .and_then(|frame| frame.loops.last_mut())
        {
            of(looped).push(std::mem::take(&mut self.state));
        }
        self.live = false;
    }

    fn return_value(&mut self, value: Option<&Ex>) {
        let value = value.map_or(Value::of(Data::None), |value| self.eval(value));
        if !self.live {
            return;
        }
        let scope = self.frames.last().map(|frame| frame.scope);
        if let Some(scope) = scope.and_then(|id| self.state.scope_mut(id)) {
            scope.names.insert(Rc::from(RETURNED), value);
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.returns.push(std::mem::take(&mut self.state));
        }
        self.live = false;
    }

    /// Runs a function's block in its scope and gives what it returns.
    pub(super) fn run(&mut self, body: &[Stmt], frame: Frame) -> Value {
        let scope = frame.scope;
        self.frames.push(frame);
        self.block(body);
        let frame = self.frames.pop().unwrap_or_default();
        if self.live
            && let Some(scope) = self.state.scope_mut(scope)
        {
            scope
                .names
                .insert(Rc::from(RETURNED), Value::of(Data::None));
        }
        self.rejoin(frame.returns);
        if let Some(yields) = frame.yields {
            return Value::of(Data::List(yields));
        }
        let returned = self.state.scope(scope);
        returned
            .and_then(|scope| scope.names.get(RETURNED))
            .cloned()
            .unwrap_or_else(Value::unknown)
    }

    fn arms(&mut self, mut arms: &[(Option<Ex>, Block)]) {
        while let Some(((test, body), rest)) = arms.split_first() {
            let Some(test) = test else {
                return self.block(body);
            };
            let value = self.eval(test);
            if !self.live || !self.spend(1) {
                return;
            }
            match self.truth(&value) {
                Some(true) => return self.block(body),
                Some(false) => arms = rest,
                None if self.nesting >= NESTING => {
                    self.risk.other = true;
                    return;
                }
                None => {
                    self.nesting += 1;
                    self.both(|m| m.block(body), |m| m.arms(rest));
                    self.nesting -= 1;
                    return;
                }
            }
        }
    }

    fn for_loop(&mut self, target: &Ex, iterable: &Ex, body: &Block, otherwise: &Block) {
        let iterable = self.eval(iterable);
        let (items, open) = self.members(&iterable);
        if let Some(frame) = self.frames.last_mut() {
            frame.loops.push(Loop::default());
        }
        let mut again = items;
        if open {
            again.push(Item {
                value: Value::unknown(),
                certain: false,
            });
        }
        for item in again {
            if !self.live || !self.spend(1) {
                break;
            }
            let turn = |m: &mut Self| {
                m.assign(target, item.value.clone());
                m.block(body);
                let looped = m.frames.last_mut().and_then(|frame| frame.loops.last_mut());
                let states = looped.map(|looped| std::mem::take(&mut looped.continues));
                m.rejoin(states.unwrap_or_default());
            };
            if item.certain {
                turn(self);
            } else {
                self.both(turn, |_| {});
            }
        }
        self.end_loop(otherwise);
    }

    fn end_loop(&mut self, otherwise: &Block) {
        if self.live {
            self.block(otherwise);
        }
        let looped = self.frames.last_mut().and_then(|frame| frame.loops.pop());
        self.rejoin(looped.unwrap_or_default().breaks);
    }

    fn while_loop(&mut self, test: &Ex, body: &Block, otherwise: &Block) {
        if let Some(frame) = self.frames.last_mut() {
            frame.loops.push(Loop::default());
        }
        while self.live && self.spend(1) {
            let value = self.eval(test);
            let turn = |m: &mut Self| {
                m.block(body);
                let looped = m.frames.last_mut().and_then(|frame| frame.loops.last_mut());
                let states = looped.map(|looped| std::mem::take(&mut looped.continues));
                m.rejoin(states.unwrap_or_default());
            };
            match self.truth(&value) {
                Some(true) => turn(self),
                Some(false) => break,
                None => {
                    // As often as it may be: once stands for all.
                    self.both(turn, |_| {});
                    break;
                }
            }
        }
        self.end_loop(otherwise);
    }

    fn attempt(&mut self, body: &Block, handlers: &[Handler], otherwise: &Block) {
        let before = self.state.clone();
        let outside = std::mem::take(&mut self.risk);
        self.spend(before.size() / 16);
        self.tries.push(Vec::new());
        self.block(body);
        let raised = self.tries.pop().unwrap_or_default();
        let risk = std::mem::replace(&mut self.risk, outside);
        let ended_well = self.live;
        if ended_well {
            self.block(otherwise);
        }
        let (caught, missed): (Vec<_>, Vec<_>) = raised
            .into_iter()
            .partition(|(what, _)| handlers.iter().any(|handler| handler.catches(*what)));
        if let Some(outer) = self.tries.last_mut() {
            let room = RAISED.saturating_sub(outer.len());
            outer.extend(missed.into_iter().take(room));
        }
        let first = caught.first().map(|(what, _)| *what);
        let of_first = |handler: &&Handler| first.is_some_and(|what| handler.catches(what));
        let may_raise = |handler: &&Handler| {
            risk.other && !handler.is_for_imports()
                || risk.import && handler.catches(Raised::Import)
        };
        let handlers: Vec<&Handler> = if first.is_some() {
            handlers.iter().find(of_first).into_iter().collect()
        } else {
            handlers.iter().filter(may_raise).collect()
        };
        let states = caught.into_iter().map(|(_, state)| state);
        let entry = states.reduce(|a, b| self.joined(a, b));
        let entry = entry.unwrap_or_else(|| before.clone());
        if !ended_well && !self.live && handlers.len() == 1 {
            // The body surely raised.
            self.state = entry;
            self.live = true;
            self.handle(handlers.first().copied());
            if !self.live && !self.all_there {
                // Without the module there is no build to read: so it is there.
                self.state = before;
                self.live = true;
                self.all_there = true;
                self.attempt(body, &[], otherwise);
                self.all_there = false;
            }
            return;
        }
        for handler in handlers {
            if !self.spend(entry.size() / 16 + 1) {
                return;
            }
            let (lived, after) = (self.live, std::mem::replace(&mut self.state, entry.clone()));
            self.live = true;
            self.undecided += 1;
            self.handle(Some(handler));
            self.undecided -= 1;
            if lived {
                self.rejoin(vec![after]);
            }
        }
    }

    fn handle(&mut self, handler: Option<&Handler>) {
        let Some(handler) = handler else { return };
        if let Some(name) = &handler.name {
            self.bind(name, Value::unknown());
        }
        self.block(&handler.body);
    }

    fn define(&mut self, function: &Rc<Function>) {
        let closure = self.closure(function);
        self.bind(&function.name, Value::of(Data::Function(Rc::new(closure))));
    }

    pub(super) fn closure(&mut self, function: &Rc<Function>) -> Closure {
        let defaults = function
            .parameters
            .iter()
            .map(|parameter| parameter.default.as_ref().map(|default| self.eval(default)))
            .collect();
        Closure {
            function: Rc::clone(function),
            scope: self.frames.last().map_or(0, |frame| frame.scope),
            defaults,
            this: None,
            class: None,
        }
    }

    fn class(&mut self, definition: &Rc<super::ast::ClassDef>) {
        let bases = definition
            .bases
            .iter()
            .map(|base| self.eval(base))
            .collect();
        let outer = self.frames.last().map(|frame| frame.scope);
        let scope = self.scope(outer);
        self.run(
            &definition.body,
            Frame {
                scope,
                ..Frame::default()
            },
        );
        if let Some(scope) = self.state.scope_mut(scope) {
            scope.names.remove(RETURNED);
        }
        let class = Class {
            definition: Rc::clone(definition),
            bases,
            scope,
        };
        self.bind(&definition.name, Value::of(Data::Class(Rc::new(class))));
    }

    /// A new instance of a class.
    pub(super) fn instance(&mut self, class: &Rc<Class>) -> Value {
        let id = self.put(Object::Instance {
            class: Rc::clone(class),
            fields: BTreeMap::new(),
        });
        Value::of(Data::Instance(id))
    }
}

impl Handler {
    fn catches(&self, what: Raised) -> bool {
        let names: &[&str] = match what {
            Raised::Import => &["ImportError", "ModuleNotFoundError"],
            Raised::Value => &["ValueError"],
            Raised::Key => &["KeyError", "LookupError"],
            Raised::Any => return true,
        };
        let any = ["Exception", "BaseException"];
        self.exceptions.is_empty()
            || self
                .exceptions
                .iter()
                .any(|name| names.contains(&&**name) || any.contains(&&**name))
    }

    fn is_for_imports(&self) -> bool {
        let import = |name: &Rc<str>| &**name == "ImportError" || &**name == "ModuleNotFoundError";
        !self.exceptions.is_empty() && self.exceptions.iter().all(import)
    }
}
