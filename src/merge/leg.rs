//! Who a report is from.

use serde::{Deserialize, Serialize};

/// What a leg writes beside its report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Version of this file.
    pub schema: u32,
    /// Its name in merged reports.
    pub name: String,
    /// The run of GitHub Actions that it belongs to, and its attempt; empty elsewhere.
    #[serde(default)]
    pub run: String,
    #[serde(default)]
    /// The attempt.
    pub attempt: String,
    /// Its part of what several machines share is empty, and it left no report.
    #[serde(default)]
    pub empty: bool,
}

impl Leg {
    /// The name of the file.
    pub const FILE: &'static str = "leg.json";

    /// The file's content.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
