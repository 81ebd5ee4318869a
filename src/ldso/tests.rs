//! The rules on made-up files, for every system. The real ld.so is compared in `tests/ldso`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Process, ProcessImage, load};
use crate::image::{Arch, Dependent, Elf, FileType, Format, Image, Import, ImportFrom};
use crate::load::{Content, Export, Identity, ImageSource, Load, LoadVerdict, Lookup, Question};

/// A process without images.
pub(super) fn process() -> Process {
    Process {
        arch: Arch::X86_64,
        executable: "/usr/bin/python3".to_owned(),
        interpreter: Some("/lib64/ld-linux-x86-64.so.2".to_owned()),
        loaded: Vec::new(),
        library_path: None,
        preload: None,
        cache: Vec::new(),
        directories: vec!["/lib64".to_owned()],
        hwcaps: Vec::new(),
        lib: "lib64".to_owned(),
        platform: None,
        secure: false,
        working_directory: "/".to_owned(),
        musl_path: None,
    }
}

fn musl() -> Process {
    Process {
        interpreter: Some("/lib/ld-musl-x86_64.so.1".to_owned()),
        ..process()
    }
}

/// One file: what it asks for and what it gives, in words.
#[derive(Clone, Default)]
struct File {
    needs: &'static str,
    rpath: &'static str,
    imports: &'static str,
    exports: &'static str,
    defined_versions: &'static str,
    executable_stack: bool,
    runpath: bool,
    recorded_exports: bool,
}

impl File {
    fn new() -> Self {
        File {
            recorded_exports: true,
            ..File::default()
        }
    }

    fn image(&self, path: &str) -> Image {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        Image {
            arch: Arch::X86_64,
            file_type: FileType::Dylib,
            install_name: path.ends_with("/libc.so.6").then(|| "libc.so.6".to_owned()),
            uuid: None,
            dependents: words(self.needs)
                .into_iter()
                .map(|install_name| Dependent {
                    install_name,
                    weak: false,
                    reexport: false,
                    upward: false,
                    delay_init: false,
                    current_version: None,
                    compatibility_version: None,
                })
                .collect(),
            rpaths: words(self.rpath),
            imports: words(self.imports)
                .into_iter()
                .map(|symbol| Import {
                    symbol,
                    from: ImportFrom::Flat,
                    weak: false,
                    lazy: false,
                    version: None,
                })
                .collect(),
            format: Format::Elf(Elf {
                runpath: self.runpath,
                executable_stack: self.executable_stack,
                defined_versions: words(self.defined_versions),
                unversioned: true,
                ..Elf::default()
            }),
        }
    }
}

struct Files(BTreeMap<&'static str, File>);

impl Files {
    fn new(files: &[(&'static str, File)]) -> Self {
        let python = [("/usr/bin/python3", File::new())];
        Files(python.into_iter().chain(files.iter().cloned()).collect())
    }
}

impl ImageSource for Files {
    fn lookup(&self, path: &str) -> Lookup {
        if path.starts_with("/unknown/") {
            return Lookup::NotRecorded;
        }
        match self.0.keys().position(|it| *it == path) {
            Some(position) => Lookup::File {
                real_path: path.to_owned(),
                identity: Identity {
                    device: 1,
                    inode: u64::try_from(position).unwrap(),
                },
            },
            None => Lookup::Absent,
        }
    }

    fn content(&self, real_path: &str) -> Arc<Content> {
        Arc::new(Content::Elf {
            image: Box::new(self.0[real_path].image(real_path)),
        })
    }

    fn export(&self, real_path: &str, _slice: usize, question: &Question<'_>) -> Export {
        let file = &self.0[real_path];
        let mut names = file.exports.split_whitespace();
        match names.any(|name| name == question.symbol) {
            _ if !file.recorded_exports => Export::NotRecorded,
            true => Export::Defined { weak: false },
            false => Export::Absent,
        }
    }
}

fn messages(load: &Load) -> Vec<&str> {
    let failures = load.failures.iter();
    failures.map(|failure| failure.message.as_str()).collect()
}

fn needs(needs: &'static str) -> File {
    File {
        needs,
        ..File::new()
    }
}

#[test]
fn run_paths_are_inherited_by_musl_and_not_by_glibc() {
    let x = File {
        rpath: "/opt/lib",
        runpath: true,
        ..needs("liba.so")
    };
    let files = Files::new(&[
        ("/x.so", x),
        ("/opt/lib/liba.so", needs("libb.so")),
        ("/opt/lib/libb.so", File::new()),
    ]);
    let load_in_musl = load(&musl(), "/x.so", &files);
    assert!(load_in_musl.failures.is_empty());
    let load = load(&process(), "/x.so", &files);
    assert_eq!(
        messages(&load),
        ["libb.so: cannot open shared object file: No such file or directory"]
    );
    assert_eq!(load.failures[0].chain, ["/x.so", "/opt/lib/liba.so"]);
}

#[test]
fn musl_has_words_of_its_own() {
    let x = File {
        imports: "one",
        ..needs("libm.so.6 libc.musl-x86_64.so.1")
    };
    let files = Files::new(&[
        ("/x.so", x),
        ("/y.so", needs("liby.so")),
        ("/lib/ld-musl-x86_64.so.1", File::new()),
    ]);
    let mut process = musl();
    process.loaded = vec![ProcessImage {
        path: "/lib/ld-musl-x86_64.so.1".to_owned(),
        global: false,
    }];
    assert_eq!(
        messages(&load(&process, "/x.so", &files)),
        ["Error relocating /x.so: one: symbol not found"]
    );
    assert_eq!(
        messages(&load(&process, "/y.so", &files)),
        ["Error loading shared library liby.so: No such file or directory (needed by /y.so)"]
    );
    let failed = load(&process, "/z.so", &files);
    assert_eq!(
        messages(&failed),
        ["Error loading shared library /z.so: No such file or directory"]
    );
}

#[test]
fn the_cache_comes_before_the_default_directories() {
    let files = Files::new(&[
        ("/x.so", needs("liba.so")),
        ("/lib64/liba.so", File::new()),
        ("/opt/liba.so", File::new()),
    ]);
    let mut process = process();
    let found = |process: &Process| load(process, "/x.so", &files).images[1].path.clone();
    assert_eq!(found(&process), "/lib64/liba.so");
    process.cache = vec![("liba.so".to_owned(), "/opt/liba.so".to_owned())];
    assert_eq!(found(&process), "/opt/liba.so");
    process.cache[0].1 = "/gone/liba.so".to_owned();
    assert_eq!(found(&process), "/lib64/liba.so");
}

#[test]
fn a_privileged_process_ignores_the_library_path() {
    let files = Files::new(&[("/x.so", needs("liba.so")), ("/opt/liba.so", File::new())]);
    let mut process = process();
    process.library_path = Some("/opt".to_owned());
    assert!(load(&process, "/x.so", &files).failures.is_empty());
    process.secure = true;
    assert_eq!(load(&process, "/x.so", &files).failures.len(), 1);
}

#[test]
fn what_a_recording_does_not_hold_is_unknown_not_absent() {
    let x = File {
        imports: "one",
        ..needs("liba.so")
    };
    let silent = File {
        recorded_exports: false,
        ..File::new()
    };
    let files = Files::new(&[("/x.so", x), ("/opt/liba.so", silent)]);
    let mut process = process();
    process.library_path = Some("/opt".to_owned());
    let load_of_silent = load(&process, "/x.so", &files);
    assert_eq!(load_of_silent.verdict(), LoadVerdict::Unknown);
    process.library_path = Some("/unknown".to_owned());
    let load = load(&process, "/x.so", &files);
    assert_eq!(load.verdict(), LoadVerdict::Unknown);
    assert!(load.unknown.unwrap().contains("/unknown/liba.so"));
}

#[test]
fn every_missing_symbol_is_told_with_its_image() {
    let a = File {
        imports: "three",
        exports: "one",
        ..File::new()
    };
    let x = File {
        imports: "one two",
        ..needs("liba.so")
    };
    let files = Files::new(&[("/x.so", x), ("/lib64/liba.so", a)]);
    assert_eq!(
        messages(&load(&process(), "/x.so", &files)),
        [
            "/lib64/liba.so: undefined symbol: three",
            "/x.so: undefined symbol: two"
        ]
    );
}

#[test]
fn a_circle_of_dependents_ends() {
    let files = Files::new(&[
        ("/x.so", needs("liba.so")),
        ("/lib64/liba.so", needs("libb.so liba.so")),
        ("/lib64/libb.so", needs("liba.so")),
    ]);
    let load = load(&process(), "/x.so", &files);
    assert!(load.failures.is_empty());
    assert_eq!(load.images.len(), 3);
}

#[test]
fn an_executable_stack_is_refused_from_glibc_2_41_on() {
    let greedy = File {
        executable_stack: true,
        ..File::new()
    };
    let libc = |defined_versions| File {
        defined_versions,
        ..File::new()
    };
    let mut process = process();
    process.loaded = vec![ProcessImage {
        path: "/lib64/libc.so.6".to_owned(),
        global: false,
    }];
    let mut files = Files::new(&[
        ("/x.so", needs("liba.so")),
        ("/lib64/liba.so", greedy.clone()),
        ("/lib64/libc.so.6", libc("GLIBC_2.40")),
    ]);
    assert!(load(&process, "/x.so", &files).failures.is_empty());
    files
        .0
        .insert("/lib64/libc.so.6", libc("GLIBC_2.40 GLIBC_2.41"));
    assert_eq!(
        messages(&load(&process, "/x.so", &files)),
        ["liba.so: cannot enable executable stack as shared object requires: Invalid argument"]
    );
    files.0.insert("/usr/bin/python3", greedy);
    assert!(load(&process, "/x.so", &files).failures.is_empty());
}
