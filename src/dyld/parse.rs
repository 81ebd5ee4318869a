//! A loader's message back into failures.
use crate::load::LoadFailure;
/// x
pub fn parse(text: &str) -> Option<LoadFailure> {
    parse_all(text).into_iter().next()
}
/// x
pub fn parse_all(_text: &str) -> Vec<LoadFailure> {
    Vec::new()
}
