//! A project that a test writes down.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Project, Reference, Target, Text, Variable};

/// Files by path; no variable is set, every module can be imported.
pub(super) struct Files(BTreeMap<String, String>);

impl Files {
    pub(super) fn of(files: &[(&str, &str)]) -> Files {
        let files = files.iter();
        Files(
            files
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                .collect(),
        )
    }
}

impl Project for Files {
    fn text(&self, path: &str) -> Text {
        let text = self.0.get(path);
        text.map_or(Text::Absent, |text| Text::Known(text.as_str().into()))
    }

    fn files(&self) -> Option<Arc<[String]>> {
        Some(self.0.keys().cloned().collect())
    }

    fn variable(&self, _: &str) -> Variable {
        Variable::Unset
    }

    fn importable(&self, _: &str) -> Option<bool> {
        Some(true)
    }

    fn references(&self, _: &str) -> Arc<[Reference]> {
        Arc::from([])
    }
}

/// A build on that system, in `/p`.
pub(super) fn on(platform: &str) -> Target {
    Target {
        platform: Some(platform.to_owned()),
        machine: Some("arm64".to_owned()),
        python: Some((3, 11, 7)),
        implementation: Some("cpython".to_owned()),
        free_threaded: Some(false),
        directory: "/p".to_owned(),
    }
}
