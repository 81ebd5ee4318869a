//! Cases for the tests of rules: one module of a healthy run, in which a test spoils what its rule is about.

mod parts;
pub(super) mod wheels;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Finding, Inspect, Module, Scene, by_rank};
use crate::build::{self, Build, Ending};
use crate::facts::{Artifact, FORMAT, Facts, Files, SystemAnswers};
use crate::image::{Arch, BuildVersion, Dependent, Elf, Format, Image, MachO, Platform, Version};
use crate::load::{Content, Export, Identity, ImageSource, LoadFailure, Lookup, Question};
use crate::purpose::ModuleKind;
use crate::python::{
    ExtensionFile, ImportAttempt, ImportOutcome, Interpreter, InterpreterProbe, TorchImport,
    TorchProbe,
};

pub(super) use parts::{attempt, failure};
use parts::{image, python};

/// A run with one native file.
pub(super) struct Case {
    pub(super) facts: Facts,
    pub(super) content: Content,
    pub(super) arch: Arch,
    /// The module exports the function that Python asks for.
    pub(super) exports_init: bool,
    /// Paths at which a file stands.
    pub(super) files: BTreeSet<String>,
    /// What stands at other paths than the module's.
    pub(super) contents: BTreeMap<String, Content>,
}

/// The rule that speaks first, and what it says.
pub(super) type Spoken = Option<(&'static str, Finding)>;

/// The id of the rule that spoke.
pub(super) fn id(spoken: &Spoken) -> Option<&'static str> {
    spoken.as_ref().map(|(id, _)| *id)
}

/// What the rule of that id said.
pub(super) fn said(spoken: Spoken, by: &str) -> Finding {
    match spoken {
        Some((id, finding)) if id == by => finding,
        other => panic!("`{by}` should speak, not {:?}", id(&other)),
    }
}

impl Case {
    /// On Linux: x86_64, CPython 3.11, torch with today's C++ ABI.
    pub(super) fn linux() -> Case {
        let interpreter = Interpreter {
            ext_suffixes: vec![
                ".cpython-311-x86_64-linux-gnu.so".to_owned(),
                ".so".to_owned(),
            ],
            system: "Linux".to_owned(),
            system_version: "6.1.0".to_owned(),
            ..python("x86_64")
        };
        let content = Content::Elf {
            image: Box::new(image(Arch::X86_64, Format::Elf(Elf::default()))),
        };
        Case::new(
            interpreter,
            "pkg/_C.cpython-311-x86_64-linux-gnu.so",
            content,
            Arch::X86_64,
        )
    }

    /// On Linux, with a torch that cannot be imported.
    pub(super) fn broken_torch() -> Case {
        let mut case = Case::linux();
        let outcome = TorchImport::Failed {
            why: "ImportError: libcudart.so.12: cannot open shared object file".to_owned(),
            output: String::new(),
        };
        case.facts.torch = Some(TorchProbe {
            outcome,
            milliseconds: 1,
        });
        case
    }

    /// On macOS 14.5: arm64, CPython 3.11; the module is built for macOS 11.0.
    pub(super) fn macos() -> Case {
        let interpreter = Interpreter {
            ext_suffixes: vec![".cpython-311-darwin.so".to_owned(), ".so".to_owned()],
            system: "Darwin".to_owned(),
            system_version: "14.5".to_owned(),
            ..python("arm64")
        };
        let built_for = BuildVersion {
            platform: Platform::MacOs,
            minos: Version::new(11, 0, 0),
            sdk: Version::new(15, 0, 0),
        };
        #[allow(
            clippy::needless_update,
            reason = "a Mach-O image may come to have more facts"
        )]
        let macho = MachO {
            build_versions: vec![built_for],
            ..MachO::default()
        };
        let content = Content::MachO {
            slices: vec![image(Arch::Arm64, Format::MachO(Box::new(macho)))],
        };
        Case::new(
            interpreter,
            "pkg/_C.cpython-311-darwin.so",
            content,
            Arch::Arm64,
        )
    }

    fn new(interpreter: Interpreter, path: &str, content: Content, arch: Arch) -> Case {
        let torch = TorchImport::Imported {
            version: "2.15.0".to_owned(),
            cxx11_abi: Some(true),
            config: String::new(),
            images: Vec::new(),
        };
        let mut case = Case {
            facts: Facts {
                format: FORMAT,
                tool_version: "0.1.0".to_owned(),
                started_at: "2026-01-01T00:00:00Z".to_owned(),
                project: "project".to_owned(),
                project_directory: "/src/project".to_owned(),
                project_prefix: None,
                overlay: "/overlay".to_owned(),
                host_arch: arch.to_string(),
                interpreter: InterpreterProbe::Answered(Box::new(interpreter)),
                torch: Some(TorchProbe {
                    outcome: torch,
                    milliseconds: 1,
                }),
                build: None,
                requires_torch: None,
                artifacts: Vec::new(),
                not_installed: None,
                imports: Vec::new(),
                imports_skipped: None,
                ldso: None,
                dyld: None,
                files: Files::default(),
                system: SystemAnswers::default(),
                sources: crate::source::SourceAnswers::default(),
                timings: Vec::new(),
            },
            content,
            arch,
            exports_init: true,
            files: BTreeSet::new(),
            contents: BTreeMap::new(),
        };
        case.rename(path);
        case
    }

    /// Gives the module another path.
    pub(super) fn rename(&mut self, path: &str) {
        let installed = format!("/overlay/{path}");
        self.facts.artifacts = vec![Artifact {
            path: path.to_owned(),
            installed,
            size: 1,
            quarantine: None,
            opened_as: None,
        }];
    }

    /// The interpreter, to be spoiled.
    pub(super) fn interpreter(&mut self) -> &mut Interpreter {
        match &mut self.facts.interpreter {
            InterpreterProbe::Answered(interpreter) => interpreter,
            InterpreterProbe::Failed { .. } => panic!("the case has no interpreter"),
        }
    }

    /// The module's image, to be spoiled.
    pub(super) fn image(&mut self) -> &mut Image {
        match &mut self.content {
            Content::Elf { image } => image,
            Content::MachO { slices } => slices.first_mut().expect("a slice"),
            other => panic!("{other:?} has no image"),
        }
    }

    /// Adds a dependent.
    pub(super) fn link(&mut self, install_name: &str) {
        self.image().dependents.push(Dependent {
            install_name: install_name.to_owned(),
            weak: false,
            reexport: false,
            upward: false,
            delay_init: false,
            current_version: None,
            compatibility_version: None,
        });
    }

    /// The run had a build with this log.
    pub(super) fn built(mut self, log: &str, ending: Ending) -> Case {
        self.facts.build = Some(Build {
            command: vec!["pip".to_owned(), "wheel".to_owned()],
            directory: "/src/project".to_owned(),
            started: None,
            ending,
            log: log.to_owned(),
            log_bytes_left_out: 0,
            written: Vec::new(),
            produced: Vec::new(),
            milliseconds: 1,
        });
        self
    }

    /// What is said of a build that failed with this log.
    pub(super) fn failed_build(self, log: &str) -> Spoken {
        self.built(log, Ending::Exited { code: 1 }).build()
    }

    /// What is said of the build.
    pub(super) fn build(&self) -> Spoken {
        let build = self.facts.build.as_ref().expect("a build");
        self.first(|inspect, scene, _| match inspect {
            Inspect::Build(inspect) => inspect(scene, build, scene.build_faults.first()),
            _ => None,
        })
    }

    /// What is said of a load that fails.
    pub(super) fn load(&self, failure: &LoadFailure) -> Spoken {
        self.first(|inspect, scene, module| match inspect {
            Inspect::Failure(inspect) => inspect(scene, module, failure),
            _ => None,
        })
    }

    /// What is said of the module before it is loaded.
    pub(super) fn module(&self) -> Spoken {
        self.first(|inspect, scene, module| match inspect {
            Inspect::Module(inspect) => inspect(scene, module),
            _ => None,
        })
    }

    /// What is said of the environment.
    pub(super) fn environment(&self) -> Spoken {
        self.first(|inspect, scene, _| match inspect {
            Inspect::Environment(inspect) => inspect(scene),
            _ => None,
        })
    }

    /// What is said of an import that raises.
    pub(super) fn raises(&self, exception: &str, message: &str) -> Spoken {
        self.ends(&attempt(ImportOutcome::Raised {
            exception: exception.to_owned(),
            message: message.to_owned(),
            traceback: String::new(),
        }))
    }

    /// What is said of an import.
    pub(super) fn ends(&self, attempt: &ImportAttempt) -> Spoken {
        self.first(|inspect, scene, module| match inspect {
            Inspect::Ending(inspect) => inspect(scene, module, attempt),
            _ => None,
        })
    }

    /// What is said of the imports together.
    pub(super) fn together(&self, attempts: &[&ImportAttempt]) -> Spoken {
        self.first(|inspect, scene, module| match inspect {
            Inspect::Imports(inspect) => inspect(scene, module, attempts),
            _ => None,
        })
    }

    /// What is said of the warnings in the log of a build that went well.
    pub(super) fn warned(self, log: &str) -> Vec<(&'static str, Finding)> {
        let case = self.built(log, Ending::Exited { code: 0 });
        let warnings = build::build_warnings(log);
        let mut found = Vec::new();
        case.look(|scene, _| {
            for rule in by_rank() {
                for inspect in rule.inspect {
                    if let Inspect::Warnings(look) = inspect {
                        found.extend(
                            look(scene, &warnings)
                                .into_iter()
                                .map(|said| (rule.id, said)),
                        );
                    }
                }
            }
        });
        found
            .iter()
            .for_each(|(id, finding)| check_words(id, finding));
        found
    }

    fn first(&self, ask: impl Fn(Inspect, &Scene<'_>, &Module<'_>) -> Option<Finding>) -> Spoken {
        self.look(|scene, module| {
            by_rank().into_iter().find_map(|rule| {
                let inspect = rule.inspect.iter();
                let finding = inspect
                    .copied()
                    .find_map(|inspect| ask(inspect, scene, module))?;
                check_words(rule.id, &finding);
                Some((rule.id, finding))
            })
        })
    }

    fn look<T>(&self, look: impl FnOnce(&Scene<'_>, &Module<'_>) -> T) -> T {
        let log = self
            .facts
            .build
            .as_ref()
            .map_or("", |build| build.log.as_str());
        let artifact = self.facts.artifacts.first().expect("an artifact");
        let module = Module {
            artifact,
            content: Arc::new(self.content.clone()),
            kind: ExtensionFile::from_path(&artifact.path)
                .map_or(ModuleKind::Library, ModuleKind::Extension),
            slice: Some(0),
            process_arch: self.arch,
        };
        let modules = [module];
        let scene = Scene {
            facts: &self.facts,
            files: self,
            system: &self.facts.system,
            build_faults: &build::faults(log),
            compile_commands: &build::compile_commands(log),
            link_commands: &build::link_commands(log),
            modules: &modules,
        };
        let [module] = &modules;
        look(&scene, module)
    }
}

/// What [`Finding`] promises of its words.
pub(super) fn check_words(id: &str, finding: &Finding) {
    let message = &finding.message;
    let first = message.chars().next().expect("a message");
    assert!(
        first == '`' || first.is_lowercase(),
        "`{id}`: start in lower case: {message}"
    );
    assert!(
        !message.ends_with('.'),
        "`{id}`: leave out the full stop: {message}"
    );
    assert!(
        !message.contains('\n') && !message.contains("  "),
        "`{id}`: write one line: {message}"
    );
    assert!(
        finding.remedy.ends_with('.'),
        "`{id}`: write the remedy in sentences: {}",
        finding.remedy
    );
}

impl ImageSource for Case {
    fn lookup(&self, path: &str) -> Lookup {
        if self.files.contains(path) {
            Lookup::File {
                real_path: path.to_owned(),
                identity: Identity {
                    device: 1,
                    inode: 1,
                },
            }
        } else {
            Lookup::Absent
        }
    }

    fn content(&self, real_path: &str) -> Arc<Content> {
        let content = self.contents.get(real_path).cloned();
        Arc::new(content.unwrap_or(Content::NotRecorded))
    }

    fn export(&self, _real_path: &str, _slice: usize, question: &Question<'_>) -> Export {
        let is_init = question
            .symbol
            .trim_start_matches('_')
            .starts_with("PyInit_");
        if is_init && self.exports_init {
            Export::Defined { weak: false }
        } else {
            Export::Absent
        }
    }
}
