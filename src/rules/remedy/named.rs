//! The names and values that a remedy is filled in with.

use std::collections::BTreeMap;

use super::command;

/// The names and values of a case.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a>(&'a BTreeMap<&'static str, String>);

impl<'a> Named<'a> {
    /// Those of a finding, or of a text.
    pub fn new(facts: &'a BTreeMap<&'static str, String>) -> Self {
        Named(facts)
    }

    /// The value of that name.
    pub(super) fn get(self, name: &str) -> Option<&'a str> {
        let value = self.0.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// The value of the first of these names that there is.
    pub(super) fn first(self, names: &[&str]) -> Option<&'a str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The file is of Linux: said so, or told by its name.
    pub(super) fn is_elf(self) -> bool {
        self.get("format") == Some("elf")
            || self
                .get("library")
                .is_some_and(|name| name.contains(".so."))
    }

    /// The build runs on Linux.
    pub(super) fn on_linux(self) -> bool {
        self.get("system") == Some("linux")
    }

    /// The file is the project's own, or somebody else's; a text does not tell.
    pub(super) fn is_own(self) -> Option<bool> {
        Some(self.get("own")? == "yes")
    }

    /// Python is for Intel's processors and runs on Apple's.
    pub(super) fn is_translated(self) -> bool {
        self.get("translated") == Some("yes")
    }

    /// The Python that imports it.
    pub(super) fn python(self) -> &'a str {
        self.get("interpreter").unwrap_or("python3")
    }

    /// Running a module of that Python.
    pub(super) fn python_m(self, arguments: &[&str]) -> String {
        let mut words = vec![self.python(), "-m"];
        words.extend(arguments);
        command(&words)
    }

    /// Installing a package again for a processor. A Python that is named has one, another may have both.
    pub(super) fn pip_for(self, arch: &str, package: &str) -> String {
        let arch = format!("-{arch}");
        let mut words = match self.get("interpreter") {
            Some(python) => vec![python],
            None => vec!["arch", &arch, "python3"],
        };
        words.extend([
            "-m",
            "pip",
            "install",
            "--force-reinstall",
            "--no-cache-dir",
        ]);
        words.push(package);
        command(&words)
    }

    /// The file that is to be mended: who asked, else what was opened.
    pub(super) fn module(self) -> Option<&'a str> {
        self.first(&["referenced_from", "dlopen_path"])
    }

    /// The package that the module belongs to, if it is installed: `torchvision` of
    /// `/venv/lib/python3.11/site-packages/torchvision/_C.so`.
    pub(super) fn package(self) -> Option<&'a str> {
        let paths = ["dlopen_path", "referenced_from", "package_file", "file"];
        let mut paths = paths.iter().filter_map(|name| self.get(name));
        let inside = paths.find_map(|path| Some(path.split_once("/site-packages/")?.1))?;
        let name = inside.split(['/', '.']).next()?.trim_end_matches(".py");
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let is_name = !name.is_empty() && !name.starts_with('-') && name.chars().all(plain);
        is_name.then(|| distribution(name))
    }
}

/// What pip calls the distribution of a module, where the two differ: who installs the module's name gets a stranger's
/// package.
pub(super) fn distribution(module: &str) -> &str {
    const OTHERS: [(&str, &str); 27] = [
        ("Crypto", "pycryptodome"),
        ("Cython", "cython"),
        ("MySQLdb", "mysqlclient"),
        ("OpenSSL", "pyOpenSSL"),
        ("PIL", "Pillow"),
        ("_cffi_backend", "cffi"),
        ("_yaml", "PyYAML"),
        ("cairo", "pycairo"),
        ("cv2", "opencv-python"),
        ("faiss", "faiss-cpu"),
        ("fitz", "PyMuPDF"),
        ("gi", "PyGObject"),
        ("git", "GitPython"),
        ("grpc", "grpcio"),
        ("llama_cpp", "llama-cpp-python"),
        ("mesonpy", "meson-python"),
        ("nacl", "PyNaCl"),
        ("objc", "pyobjc-core"),
        ("osgeo", "GDAL"),
        ("serial", "pyserial"),
        ("skbuild", "scikit-build"),
        ("skimage", "scikit-image"),
        ("sklearn", "scikit-learn"),
        ("usb", "pyusb"),
        ("wx", "wxPython"),
        ("yaml", "PyYAML"),
        ("zmq", "pyzmq"),
    ];
    let other = OTHERS.iter().find(|(name, _)| *name == module);
    other.map_or(module, |(_, distribution)| distribution)
}
