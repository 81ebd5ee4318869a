//! `[x for x in y if z]` and its kind.

use super::ast::{Clause, Comprehension, Gathered};
use super::machine::{Frame, MEMBERS, Machine};
use super::value::{Dict, Item, Value};

impl Machine<'_> {
    pub(super) fn comprehension(&mut self, comprehension: &Comprehension) -> Value {
        let outer = self.frames.last().map(|frame| frame.scope);
        let scope = self.scope(outer);
        let method = self.frames.last().and_then(|frame| frame.method.clone());
        self.frames.push(Frame {
            scope,
            method,
            ..Frame::default()
        });
        let mut gathered = Gathering::default();
        self.clauses(comprehension, 0, true, &mut gathered);
        self.frames.pop();
        match comprehension.kind {
            Gathered::Dict => {
                gathered.dict.open |= gathered.open;
                self.dict(gathered.dict)
            }
            Gathered::List | Gathered::Set => self.list(gathered.items, gathered.open),
        }
    }

    fn clauses(
        &mut self,
        comprehension: &Comprehension,
        at: usize,
        certain: bool,
        into: &mut Gathering,
    ) {
        if !self.spend(1) || into.items.len() > MEMBERS {
            into.open = true;
            return;
        }
        match comprehension.clauses.get(at) {
            None => {
                let (element, value) = &comprehension.element;
                let first = self.eval(element);
                match value {
                    Some(value) => {
                        let value = self.eval(value);
                        into.dict.set(&first, value);
                        if !certain && let Some((_, item)) = into.dict.entries.last_mut() {
                            item.certain = false;
                        }
                    }
                    None => into.items.push(Item {
                        value: first,
                        certain,
                    }),
                }
            }
            Some(Clause::If(test)) => {
                let value = self.eval(test);
                match self.truth(&value) {
                    Some(true) => self.clauses(comprehension, at + 1, certain, into),
                    Some(false) => {}
                    None => self.clauses(comprehension, at + 1, false, into),
                }
            }
            Some(Clause::For(target, iterable)) => {
                let iterable = self.eval(iterable);
                let (items, open) = self.members(&iterable);
                into.open |= open;
                for item in items {
                    self.assign(target, item.value);
                    self.clauses(comprehension, at + 1, certain && item.certain, into);
                }
            }
        }
    }
}

#[derive(Default)]
struct Gathering {
    items: Vec<Item>,
    dict: Dict,
    open: bool,
}
