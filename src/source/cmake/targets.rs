//! The targets of CMake, and what is added to them.

use std::collections::BTreeMap;

use super::words::{Argument, Command};
use super::{Reader, place};
use crate::source::definition::{Entry, ExtensionModule, Field};
use crate::source::span::TextFile;

impl Reader<'_> {
    pub(super) fn target_of(
        &mut self,
        file: &TextFile,
        callee: &str,
        command: &Command<'_>,
        certain: bool,
    ) {
        const KINDS: [&str; 12] = [
            "MODULE",
            "SHARED",
            "STATIC",
            "OBJECT",
            "INTERFACE",
            "WITH_SOABI",
            "EXCLUDE_FROM_ALL",
            "NO_EXTRAS",
            "THIN_LTO",
            "OPT_SIZE",
            "STABLE_ABI",
            "NB_STATIC",
        ];
        let Some((name, sources)) = command.arguments.split_first() else {
            return;
        };
        let mut field = Field {
            complete: true,
            place: Some(place(file, command.span)),
            ..Field::default()
        };
        for source in sources
            .iter()
            .filter(|source| !KINDS.contains(&source.text))
        {
            self.entries(file, source, certain, &mut field);
        }
        let text = self.expanded(name.text);
        self.modules.push(ExtensionModule {
            name: Some(Entry {
                text,
                place: Some(place(file, name.span)),
                certain,
            }),
            callee: callee.to_owned(),
            place: place(file, command.span),
            certain,
            fields: BTreeMap::from([("sources".to_owned(), field)]),
        });
    }

    /// An argument, or the parts of the list that it is.
    pub(super) fn entries(
        &self,
        file: &TextFile,
        argument: &Argument<'_>,
        certain: bool,
        field: &mut Field,
    ) {
        let whole = argument
            .text
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'));
        if let Some(members) = whole.and_then(|name| {
            let known = self.variables.contains_key(name);
            self.origins.get(name).filter(|_| known)
        }) {
            field.entries.extend(members.iter().cloned());
            return;
        }
        for part in self
            .expanded(argument.text)
            .split(';')
            .filter(|part| !part.is_empty())
        {
            field.complete &= !part.contains("${") && !part.contains("$<");
            field.entries.push(Entry {
                text: part.to_owned(),
                place: Some(place(file, argument.span)),
                certain,
            });
        }
    }

    pub(super) fn add(
        &mut self,
        file: &TextFile,
        field: &str,
        arguments: &[Argument<'_>],
        certain: bool,
    ) {
        let Some((name, rest)) = arguments.split_first() else {
            return;
        };
        let wanted = self.expanded(name.text);
        let mut found = Field {
            complete: true,
            ..Field::default()
        };
        let words = ["PRIVATE", "PUBLIC", "INTERFACE", "BEFORE", "SYSTEM"];
        for argument in rest
            .iter()
            .filter(|argument| !words.contains(&argument.text))
        {
            self.entries(file, argument, certain, &mut found);
        }
        let owner = self
            .modules
            .iter_mut()
            .find(|module| module.name.as_ref().is_some_and(|name| name.text == wanted));
        if let Some(owner) = owner {
            let known = owner.fields.entry(field.to_owned()).or_insert(Field {
                complete: true,
                ..Field::default()
            });
            known.complete &= found.complete;
            known.entries.extend(found.entries);
        }
    }

    /// `set_property(TARGET a APPEND PROPERTY NAME value ...)`.
    pub(super) fn property(&mut self, file: &TextFile, arguments: &[Argument<'_>], certain: bool) {
        let at = arguments.iter().position(|word| word.text == "PROPERTY");
        let words = at.and_then(|at| arguments.get(at + 1..));
        if let Some((name, values)) = words.and_then(<[_]>::split_first) {
            for value in values {
                self.setting(file, name.text, value, certain);
            }
        }
    }

    /// `set_target_properties(a b PROPERTIES NAME value ...)`.
    pub(super) fn properties(
        &mut self,
        file: &TextFile,
        arguments: &[Argument<'_>],
        certain: bool,
    ) {
        let at = arguments.iter().position(|word| word.text == "PROPERTIES");
        let pairs = at
            .and_then(|at| arguments.get(at + 1..))
            .unwrap_or_default();
        for pair in pairs.chunks(2) {
            if let [name, value] = pair {
                self.setting(file, name.text, value, certain);
            }
        }
    }
}
