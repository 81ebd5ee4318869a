//! What two files of a link define.

use std::collections::{BTreeMap, BTreeSet};

use super::function::function_name;
use super::{Finder, Located};
use crate::build::{BuildFault, FaultKind, LinkWord};

impl Finder<'_> {
    /// The two places where the sources of the link that failed define a function, where there are just two: a change of
    /// either mends it. What the linker's words do not bear out is likely: a part of a source may not be compiled.
    pub(super) fn defined_twice(&self, symbol: &str) -> Option<Located> {
        let is_it = |kind: &FaultKind| matches!(kind, FaultKind::SymbolDefinedTwice { symbol: twice } if twice == symbol);
        let mut faults = self.scene.build_faults.iter();
        let fault = faults.find(|fault| is_it(&fault.kind))?;
        let sources = self.linked_sources(fault)?;
        // ld64 shows the underscore of a C function.
        let names = [Some(symbol), symbol.strip_prefix('_')];
        let names = names.into_iter().flatten().filter_map(function_name);
        let found =
            names.flat_map(|name| self.defined_in(sources.iter().map(String::as_str), &name));
        let [mut first, mut second] = <[_; 2]>::try_from(found.collect::<Vec<_>>()).ok()?;
        if first.file == second.file {
            return None;
        }
        for place in [&mut first, &mut second] {
            place.likely = !fault.text.contains(&format!("{}:", place.file));
        }
        let located = Located::at(second, "defines it again");
        Some(located.with(Some(first), "defines it first"))
    }

    /// The project's sources whose objects the last link before a complaint has, in its order.
    fn linked_sources(&self, fault: &BuildFault) -> Option<Vec<String>> {
        let links = self.scene.link_commands.iter().rev();
        let mut links =
            links.filter(|link| link.told.line().is_some_and(|at| at <= fault.log_line));
        let words = links.next()?.words();
        let objects = words.iter().filter_map(|word| match word {
            LinkWord::File(path) => Some(*path),
            _ => None,
        });
        let commands = self.scene.compile_commands.iter();
        let made = commands.filter_map(|command| Some((command.output()?, command.source()?)));
        let made: BTreeMap<&str, &str> = made.collect();
        let mut seen = BTreeSet::new();
        let sources = objects.filter_map(|object| {
            let path = self.inside(made.get(object)?)?;
            seen.insert(path.clone()).then_some(path)
        });
        Some(sources.collect())
    }
}
