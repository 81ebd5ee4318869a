//! Runs the executable in an empty directory, with nothing of the surrounding CI in its environment.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory of its own for one test.
pub(crate) struct Place {
    directory: tempfile::TempDir,
}

/// What a run printed, and how it ended.
pub(crate) struct Ran {
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
    /// The exit code.
    pub(crate) code: i32,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place {
            directory: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file and gives its path.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("its directory");
        std::fs::write(&path, text).expect("the file is written");
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name))
            .unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    /// The command, ready for more arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadproof"));
        command.args(arguments).current_dir(self.path());
        for (name, _) in std::env::vars_os() {
            let known = [
                "GITHUB_",
                "RUNNER_",
                "DYLD_",
                "LD_",
                "PYTHON",
                "VIRTUAL_ENV",
                "CONDA",
                "CI",
            ];
            if known
                .iter()
                .any(|start| name.to_string_lossy().starts_with(start))
            {
                command.env_remove(&name);
            }
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        finished(&self.command(arguments).output().expect("loadproof runs"))
    }
}

pub(crate) fn finished(output: &Output) -> Ran {
    Ran {
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().expect("loadproof ends by itself"),
    }
}

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A shell command that compiles `source` into the extension module `name`, without setuptools. Runs with PYTHON set.
pub(crate) fn compile(name: &str, source: &str) -> String {
    let suffix = "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))";
    let include = "import sysconfig; print(sysconfig.get_path('include'))";
    let link = if cfg!(target_os = "macos") {
        "-bundle -undefined dynamic_lookup"
    } else {
        "-shared -fPIC"
    };
    format!(
        "cc {link} -I\"$(\"$PYTHON\" -c \"{include}\")\" -o {name}\"$(\"$PYTHON\" -c \"{suffix}\")\" {source}"
    )
}

/// The source of a module that comes up.
pub(crate) fn healthy_source(name: &str) -> String {
    format!(
        "#include <Python.h>\n\
         static struct PyModuleDef def = {{PyModuleDef_HEAD_INIT, \"{name}\", 0, -1, 0}};\n\
         PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&def); }}\n"
    )
}
