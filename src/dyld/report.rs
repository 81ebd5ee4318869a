//! A finished simulation as a [`Load`].

use super::dependents::dependents_of;
use super::state::Slot;
use super::{Generation, Simulation};
use crate::load::{Edge, Load, LoadFailure, LoadedImage};

impl Simulation<'_> {
    /// `before`: how many images there were before this load; `opened`: the image that was opened.
    pub(super) fn report(
        self,
        before: usize,
        opened: Option<usize>,
        failures: Vec<LoadFailure>,
    ) -> Load {
        let order = self.reported_order(before, opened);
        Load {
            images: self.reported_images(before, &order),
            edges: self.reported_edges(before, &order),
            failures,
            assumptions: self.reported_assumptions(),
            unknown: self.unknown,
        }
    }

    /// The opened image, those that came in, and those that were there and are used.
    fn reported_order(&self, before: usize, opened: Option<usize>) -> Vec<usize> {
        let mut order: Vec<usize> = opened.into_iter().collect();
        order.extend((before..self.loaded.len()).filter(|index| Some(*index) != opened));
        let slots = order
            .iter()
            .filter_map(|index| self.loaded.get(*index))
            .flat_map(|loaded| &loaded.dependents);
        let reused = slots.filter_map(|slot| match slot {
            Slot::Image(index) if *index < before && Some(*index) != opened => Some(*index),
            Slot::Image(_) | Slot::Absent | Slot::Failed => None,
        });
        let mut reused: Vec<usize> = reused.collect();
        reused.sort_unstable();
        reused.dedup();
        order.extend(reused);
        order
    }

    fn reported_images(&self, before: usize, order: &[usize]) -> Vec<LoadedImage> {
        let place = |index: usize| order.iter().position(|other| *other == index);
        let images = order.iter().filter_map(|index| {
            let loaded = self.loaded.get(*index)?;
            let is_new = *index >= before;
            Some(LoadedImage {
                path: loaded.path.clone(),
                install_name: loaded.install_name.clone(),
                arch: loaded.image().map(|image| image.arch),
                found_by: if is_new {
                    loaded.found_by.clone()
                } else {
                    "loaded before".to_owned()
                },
                loaded_by: loaded.loaded_by.filter(|_| is_new).and_then(place),
            })
        });
        images.collect()
    }

    /// Of the images that this load brought in; what was there before asked for its own long ago.
    fn reported_edges(&self, before: usize, order: &[usize]) -> Vec<Edge> {
        let place = |index: usize| order.iter().position(|other| *other == index);
        let mut edges = Vec::new();
        for (from, index) in order.iter().enumerate() {
            let Some(loaded) = self
                .loaded
                .get(*index)
                .filter(|_| from == 0 || *index >= before)
            else {
                continue;
            };
            let Some(image) = loaded.image() else {
                continue;
            };
            for (dependent, slot) in dependents_of(image).into_iter().zip(&loaded.dependents) {
                edges.push(Edge {
                    from,
                    asks: dependent.install_name,
                    weak: dependent.weak,
                    to: match slot {
                        Slot::Image(index) => place(*index),
                        Slot::Absent | Slot::Failed => None,
                    },
                });
            }
        }
        edges
    }

    fn reported_assumptions(&self) -> Vec<String> {
        let macos = self.process.macos;
        let mut assumptions = self.assumptions.borrow().clone();
        if !self.assumed_libraries.is_empty() {
            let names = self
                .assumed_libraries
                .iter()
                .map(|name| format!("`{name}`"));
            let names = names.collect::<Vec<_>>().join(", ");
            assumptions.push(format!("the shared cache of macOS {macos} has {names}"));
        }
        for (provider, count) in &self.assumed_symbols {
            let noun = if *count == 1 { "symbol" } else { "symbols" };
            assumptions.push(format!(
                "{provider} exports {count} {noun} that it is asked for"
            ));
        }
        if self.generation == Generation::Before12 {
            let sentence =
                format!("macOS {macos} loads by the rules of macOS 12, except for the words");
            assumptions.push(sentence);
        }
        assumptions
    }
}
