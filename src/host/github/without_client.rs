//! The client of a loadproof that was built without the feature `github`: it refuses.

use serde_json::Value;

use super::{Method, Refusal};

/// There is none.
pub(super) struct Client;

impl Client {
    pub(super) fn new(_: &str, _: &str) -> Result<Client, Refusal> {
        Err(Refusal::Unsent(
            "this loadproof was built without its client of GitHub".to_owned(),
        ))
    }

    pub(super) fn send(&self, _: Method, _: &str, _: Option<&Value>) -> Result<Value, Refusal> {
        Err(Refusal::Unsent(
            "this loadproof was built without its client of GitHub".to_owned(),
        ))
    }
}
