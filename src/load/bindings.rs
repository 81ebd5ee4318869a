//! What many loads of the same files have in common: most imports are bound to the same definition in each of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// An image that others may be bound to: its real path and slice, and whether it is hidden from flat and weak lookups.
pub type Definer = (String, usize, bool);

/// An image with what its dependents came to, itself first.
pub type Bound = Vec<Option<Definer>>;

/// For one system and processor: which imports of an image depend on more than the files that it is linked to.
#[derive(Debug, Default)]
pub struct Bindings(Mutex<HashMap<Bound, Arc<[usize]>>>);

impl Bindings {
    /// The imports, by position, that have to be looked up in each load; `find` finds them where they are not known.
    pub fn open(&self, bound: Bound, find: impl FnOnce() -> Vec<usize>) -> Arc<[usize]> {
        let known = |bindings: &Self| {
            let known = bindings.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(&bound).map(Arc::clone)
        };
        if let Some(open) = known(self) {
            return open;
        }
        // Two threads that find the same out at a time lose nothing but that time.
        let open: Arc<[usize]> = find().into();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(bound, Arc::clone(&open));
        open
    }
}
