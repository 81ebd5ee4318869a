//! The reports of all legs of a matrix as one: which legs there are, what each came to, and the causes folded over them.
//!
//! A report that comes from a leg may come from a fork: it is data of a stranger, read into types of our own, in which
//! only causes that loadproof knows can stand.

mod fold;
mod leg;
mod read;
mod selection;
mod tag;
mod targets;

pub use fold::{Folded, Left, LegReport, Merged};
pub use leg::Leg;
pub use read::{LARGEST, Unreadable, read};
pub use tag::without_tags;
pub use targets::targets_of;
