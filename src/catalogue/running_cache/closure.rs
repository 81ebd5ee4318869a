//! What a flat lookup sees in a cache: the exports of all that is loaded because of a library.

use std::collections::HashSet;
use std::rc::Rc;

use super::{Found, RunningCache, Search};
use crate::dyld::Symbol;
use crate::load::Likelihood;

/// Everything that a library depends on, however far, and itself.
pub(super) struct Closure {
    images: Vec<usize>,
    /// Whether nothing is missing.
    complete: bool,
}

/// The images that lack the symbol asked for last: closures overlap, and they are asked one after the other.
#[derive(Default)]
pub(super) struct Lacking {
    symbol: String,
    images: HashSet<usize>,
}

impl<B: AsRef<[u8]>> RunningCache<B> {
    pub(super) fn exported_behind(&self, index: usize, symbol: &str) -> Symbol {
        let closure = self.closure(index);
        let mut lacking = self.lacking.borrow_mut();
        if lacking.symbol != symbol {
            *lacking = Lacking {
                symbol: symbol.to_owned(),
                images: HashSet::new(),
            };
        }
        let mut all_lack_it = closure.complete;
        for image in &closure.images {
            if lacking.images.contains(image) {
                continue;
            }
            match self.exported(*image, symbol, &mut Search::default()) {
                Symbol::Exported { weak } => return Symbol::Exported { weak },
                Symbol::Absent(_) => {
                    lacking.images.insert(*image);
                }
                Symbol::Unknown => all_lack_it = false,
            }
        }
        if all_lack_it {
            Symbol::Absent(Likelihood::Certain)
        } else {
            Symbol::Unknown
        }
    }

    fn closure(&self, index: usize) -> Rc<Closure> {
        if let Some(known) = self.closures.borrow().get(&index) {
            return Rc::clone(known);
        }
        let closure = Rc::new(self.walk(index));
        let mut closures = self.closures.borrow_mut();
        closures.insert(index, Rc::clone(&closure));
        closure
    }

    /// A library that is linked weakly and absent brings nothing.
    fn walk(&self, index: usize) -> Closure {
        let mut complete = true;
        let mut seen = HashSet::from([index]);
        let mut images = vec![index];
        let mut next = 0;
        while let Some(index) = images.get(next).copied() {
            next = next.saturating_add(1);
            let Some(image) = self.image(index) else {
                complete = false;
                continue;
            };
            for dependent in &image.dependents {
                match self.find(&dependent.install_name) {
                    Found::Image(found) => {
                        if seen.insert(found) {
                            images.push(found);
                        }
                    }
                    Found::Absent if dependent.weak => {}
                    Found::Absent | Found::Unknown => complete = false,
                }
            }
        }
        Closure { images, complete }
    }
}
