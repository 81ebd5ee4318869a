//! The project's files: setup.py, setup.cfg, pyproject.toml, CMakeLists.txt, a workflow, C++, the policy. The first byte
//! chooses which one the bytes are.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use loadproof::policy;
use loadproof::source::{self, Project, Reference, Target, Text, Variable};

const FILES: [&str; 5] = [
    "setup.py",
    "setup.cfg",
    "pyproject.toml",
    "CMakeLists.txt",
    ".github/workflows/ci.yml",
];

/// One file, of any name that is not one of the others.
struct One<'a> {
    path: &'a str,
    text: Arc<str>,
}

impl Project for One<'_> {
    fn text(&self, path: &str) -> Text {
        if path == self.path || !FILES.contains(&path) {
            Text::Known(Arc::clone(&self.text))
        } else {
            Text::Absent
        }
    }

    fn files(&self) -> Option<Arc<[String]>> {
        Some(Arc::from([self.path.to_owned(), "csrc/a.cpp".to_owned()]))
    }

    fn variable(&self, name: &str) -> Variable {
        match name.len() % 3 {
            0 => Variable::Unset,
            1 => Variable::Set("1".to_owned()),
            _ => Variable::Unknown,
        }
    }

    fn importable(&self, module: &str) -> Option<bool> {
        Some(module.len() % 2 == 0)
    }

    fn references(&self, _: &str) -> Arc<[Reference]> {
        Arc::from([])
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&choice, data)) = data.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(data);
    match usize::from(choice) % (FILES.len() + 2) {
        file if file < FILES.len() => {
            let target = Target {
                platform: Some("darwin".to_owned()),
                machine: Some("arm64".to_owned()),
                python: Some((3, 11, 7)),
                implementation: Some("cpython".to_owned()),
                free_threaded: Some(false),
                directory: "/p".to_owned(),
            };
            let project = One {
                path: FILES[file],
                text: text.into(),
            };
            let _definition = source::read(&project, &target);
        }
        5 => {
            let mut macros = source::Macros::default();
            macros.read("a.cpp", &text);
            let _definitions = source::module_definitions("a.cpp", &text, &macros);
            let _libraries = source::operator_libraries("a.cpp", &text);
            let _uses = source::uses("a.cpp", &text, "at::Tensor::add");
        }
        _ => {
            let _policy = policy::read_loadproof(&text);
            let _policy = policy::read_pyproject(&text);
        }
    }
});
