//! The parts that a case is made of, all of them healthy.

use crate::image::{Arch, FileType, Format, Image};
use crate::load::{LoadFailure, Reason};
use crate::python::{ImportAttempt, ImportOutcome, Interpreter, Situation, TorchPackage};

/// An import of the case's module that ended so.
pub(in crate::rules) fn attempt(outcome: ImportOutcome) -> ImportAttempt {
    ImportAttempt {
        path: "pkg/_C.so".to_owned(),
        module: "pkg._C".to_owned(),
        situation: Situation::Alone,
        outcome,
        images_before: None,
        package_origin: None,
        operators: Vec::new(),
        openmp: Vec::new(),
        output: String::new(),
        milliseconds: 1,
    }
}

/// A certain failure of the case's module.
pub(in crate::rules) fn failure(reason: Reason, subject: &str) -> LoadFailure {
    LoadFailure::of(reason, subject)
}

/// CPython 3.11 in a virtual environment with torch.
pub(super) fn python(machine: &str) -> Interpreter {
    Interpreter {
        executable: "/env/bin/python".to_owned(),
        implementation: "cpython".to_owned(),
        version: "3.11.7".to_owned(),
        machine: machine.to_owned(),
        prefix: "/env".to_owned(),
        base_prefix: "/py".to_owned(),
        include: "/py/include/python3.11".to_owned(),
        sys_path: vec![
            "/py/lib/python3.11".to_owned(),
            "/env/lib/python3.11/site-packages".to_owned(),
        ],
        torch: Some(TorchPackage {
            version: "2.15.0".to_owned(),
            location: "/env/lib/python3.11/site-packages/torch".to_owned(),
            library_directory: "/env/lib/python3.11/site-packages/torch/lib".to_owned(),
        }),
        ..Interpreter::default()
    }
}

/// A shared library that needs nothing.
pub(super) fn image(arch: Arch, format: Format) -> Image {
    Image {
        arch,
        file_type: FileType::Dylib,
        install_name: None,
        uuid: None,
        dependents: Vec::new(),
        rpaths: Vec::new(),
        imports: Vec::new(),
        format,
    }
}
