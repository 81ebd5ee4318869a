//! A wheel that is so, and one that only looks like it.
