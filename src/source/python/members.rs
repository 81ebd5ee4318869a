//! Whether a value is true, and what is in it.

use super::machine::Machine;
use super::value::{Data, Item, Value};

impl Machine<'_> {
    /// Is it true? `None` where that cannot be told.
    pub(super) fn truth(&self, value: &Value) -> Option<bool> {
        match &value.data {
            Data::None => Some(false),
            Data::Bool(truth) => Some(*truth),
            Data::Int(number) => Some(*number != 0),
            Data::Str(text) => Some(!text.is_empty()),
            Data::Path(_)
            | Data::Function(_)
            | Data::Class(_)
            | Data::Instance(_)
            | Data::Extension(_)
            | Data::Module(_) => Some(true),
            Data::Tuple(items) => Some(!items.is_empty()),
            Data::List(id) => {
                let list = self.state.list(*id)?;
                some_or_open(list.items.iter(), list.open)
            }
            Data::Dict(id) => {
                let dict = self.state.dict(*id)?;
                some_or_open(dict.entries.iter().map(|(_, item)| item), dict.open)
            }
            Data::OneOf(values) => {
                let mut truths = values.iter().map(|value| self.truth(value));
                let first = truths.next()??;
                truths.all(|truth| truth == Some(first)).then_some(first)
            }
            Data::Unknown | Data::Named(_) | Data::Method(_) => None,
        }
    }

    /// What a loop over it goes through, and whether there may be more.
    pub(super) fn members(&self, value: &Value) -> (Vec<Item>, bool) {
        match &value.data {
            Data::Tuple(items) => (items.to_vec(), false),
            Data::List(id) => self
                .state
                .list(*id)
                .map_or((Vec::new(), true), |list| (list.items.clone(), list.open)),
            Data::Dict(id) => self.state.dict(*id).map_or((Vec::new(), true), |dict| {
                let keys = dict.entries.iter().map(|(key, item)| Item {
                    value: key.clone(),
                    certain: item.certain,
                });
                (keys.collect(), dict.open)
            }),
            Data::Str(text) if text.len() <= 256 => {
                let letters = text
                    .chars()
                    .map(|c| Item::certain(Value::str(c.to_string()).at(value.origin)));
                (letters.collect(), false)
            }
            _ => (Vec::new(), true),
        }
    }
}

fn some_or_open<'a>(mut items: impl Iterator<Item = &'a Item>, open: bool) -> Option<bool> {
    let mut any = false;
    for item in items.by_ref() {
        if item.certain {
            return Some(true);
        }
        any = true;
    }
    (!any && !open).then_some(false)
}
