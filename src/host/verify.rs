//! The main job: ask the interpreter, build, install, import, and write down all that was seen.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::build::{Built, Recipe, build};
use super::import::{Order, attempt};
use super::install::install;
use super::judge::judge;
use super::objects::Objects;
use super::progress::Progress;
use super::project::DiskProject;
use super::work::Work;
use super::{Failure, disk, probe};
use crate::build::Commands;
use crate::facts::{Artifact, FORMAT, Facts, Files, SystemAnswers};
use crate::load::ImageSource;
use crate::purpose::{ModuleKind, needs_torch};
use crate::python::{
    ImportAttempt, Interpreter, InterpreterProbe, Situation, TorchImport, TorchProbe,
};
use crate::report::{Report, Timing};
use crate::rules::command;
use crate::source::SourceAnswers;

/// What to verify, and how.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// A project's directory or a wheel, as the user named it.
    pub(super) target: PathBuf,
    /// The interpreter; `None`: the active virtual environment's, else `python3`.
    pub(super) python: Option<PathBuf>,
    /// How to build.
    pub(super) recipe: Recipe,
    /// The longest time for the build.
    pub(super) build_limit: Duration,
    /// The longest time for one import.
    pub(super) import_limit: Duration,
    /// Why no import is to be tried, if so.
    pub(super) no_import: Option<String>,
    /// Environment variables for the build and the imports, over those of this process.
    pub(super) variables: Vec<(String, String)>,
    /// What importing torch does in this interpreter, where that is known already.
    pub(super) torch: Option<TorchProbe>,
}

/// What came out of a run.
pub(super) struct Verified {
    /// All that was seen, for a replay.
    pub(super) facts: Facts,
    /// What it means.
    pub(super) report: Report,
}

/// Runs all stages.
pub(super) fn verify(
    request: &Request,
    mut timings: Vec<Timing>,
    progress: &Progress,
) -> Result<Verified, Failure> {
    let target = Target::find(request)?;
    let python = find_python(request.python.as_deref())?;
    let work = Work::new()?;

    let mut clock = Clock {
        timings: &mut timings,
        since: Instant::now(),
    };
    progress.stage("asking the interpreter");
    let cwd = work.directory("probe")?;
    let interpreter = probe::interpreter(&python, &cwd, &request.variables);
    clock.lap("interpreter", true);
    let mut facts = empty_facts(request, &target, interpreter);

    if let InterpreterProbe::Answered(interpreter) = &facts.interpreter {
        let interpreter = interpreter.clone();
        let seen = run_stages(request, &target, &interpreter, &work, progress, &mut clock)?;
        facts.overlay = work.directory("overlay")?.display().to_string();
        facts.torch = seen.torch;
        facts.build = seen.build;
        facts.not_installed = seen.not_installed;
        facts.requires_torch = super::install::requires_torch(Path::new(&facts.overlay));
        facts.artifacts = seen.artifacts;
        facts.imports = seen.imports;
        facts.imports_skipped = request.no_import.clone();
    }
    clock.lap("bookkeeping", true);
    facts.timings = timings;
    progress.stage("checking");
    let ran = facts.build.as_ref().map(Commands::of).unwrap_or_default();
    let project = project(request, &facts, &ran, &work)?;
    Ok(judge(facts, ran, &disk::Disk::new(), &project))
}

/// The project for the readers of its definition: with what the build's Python can import, unless pip made another
/// environment for the build.
fn project(
    request: &Request,
    facts: &Facts,
    ran: &Commands,
    work: &Work,
) -> Result<DiskProject, Failure> {
    let isolated = matches!(request.recipe, Recipe::Pip { isolated: true });
    let interpreter = match &facts.interpreter {
        InterpreterProbe::Answered(interpreter) if !isolated => Some(&**interpreter),
        _ => None,
    };
    let directory = Path::new(&facts.project_directory);
    let images = facts.artifacts.iter();
    let images = images.map(|artifact| PathBuf::from(&artifact.installed));
    let roots = vec![work.directory("build")?, directory.to_path_buf()];
    let objects = Objects::new(roots, images.collect(), (ran.link.clone(), directory));
    Ok(DiskProject::new(directory, interpreter, &request.variables).with_objects(objects))
}

enum Target {
    Project(PathBuf),
    Wheel(PathBuf),
}

impl Target {
    fn find(request: &Request) -> Result<Target, Failure> {
        let shown = request.target.display();
        let path = request
            .target
            .canonicalize()
            .map_err(|why| Failure::Usage(format!("cannot open `{shown}`: {why}")))?;
        if path.is_file() {
            let is_wheel = path.extension().is_some_and(|extension| extension == "whl");
            let hint = "give a project's directory or a wheel (`.whl`)";
            let refused = || {
                Failure::Usage(format!(
                    "`{shown}` is neither a project nor a wheel; {hint}"
                ))
            };
            return is_wheel.then_some(Target::Wheel(path)).ok_or_else(refused);
        }
        let is_project = ["setup.py", "pyproject.toml", "setup.cfg"]
            .iter()
            .any(|file| path.join(file).is_file());
        if !is_project && matches!(request.recipe, Recipe::Pip { .. }) {
            let hint = "give `--build-command` and `--artifact` if it is built otherwise";
            let why = format!("`{shown}` holds no setup.py, pyproject.toml or setup.cfg; {hint}");
            return Err(Failure::Nothing(why));
        }
        Ok(Target::Project(path))
    }
}

/// The interpreter's path, if there is one of that name.
pub(super) fn find_python(asked: Option<&Path>) -> Result<PathBuf, Failure> {
    let named = asked.map_or_else(probe::default_python, Path::to_path_buf);
    let hint = if asked.is_some() {
        "give the path of an interpreter, such as `--python .venv/bin/python`"
    } else {
        "install Python 3, or name one with `--python`"
    };
    let shown = named.display();
    probe::find_program(&named).ok_or_else(|| {
        Failure::Usage(match probe::dangling(&named) {
            Some(target) => format!(
                "`{shown}` leads to `{target}`, which is gone; make the environment anew with a Python that starts: {}",
                anew(&named)
            ),
            None => format!("there is no Python at `{shown}`; {hint}"),
        })
    })
}

/// The command that makes an environment again, of the path of its Python.
fn anew(python: &Path) -> String {
    let directory = python.parent().and_then(Path::parent);
    let shown = directory.unwrap_or(python).display().to_string();
    command(&["python3", "-m", "venv", "--clear", &shown])
}

/// This moment: RFC 3339, UTC, whole seconds.
pub(super) fn now() -> String {
    let second = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second());
    second.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

fn empty_facts(request: &Request, target: &Target, interpreter: InterpreterProbe) -> Facts {
    let directory = match target {
        Target::Project(path) => path.as_path(),
        Target::Wheel(path) => path.parent().unwrap_or(path),
    };
    Facts {
        format: FORMAT,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: now(),
        project: request.target.display().to_string(),
        project_prefix: super::run::project_prefix(directory),
        project_directory: directory.display().to_string(),
        overlay: String::new(),
        host_arch: std::env::consts::ARCH.to_owned(),
        interpreter,
        torch: None,
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
        sources: SourceAnswers::default(),
        timings: Vec::new(),
    }
}

#[derive(Default)]
struct Seen {
    torch: Option<TorchProbe>,
    build: Option<crate::build::Build>,
    artifacts: Vec<Artifact>,
    not_installed: Option<String>,
    imports: Vec<ImportAttempt>,
}

fn run_stages(
    request: &Request,
    target: &Target,
    interpreter: &Interpreter,
    work: &Work,
    progress: &Progress,
    clock: &mut Clock<'_>,
) -> Result<Seen, Failure> {
    let python = Path::new(&interpreter.executable);
    let torch_cwd = work.directory("torch")?;
    // Importing torch takes seconds: it goes on beside the build, which takes longer.
    let torch = interpreter
        .torch
        .as_ref()
        .filter(|_| request.torch.is_none())
        .map(|_| {
            let (python, limit) = (python.to_path_buf(), request.import_limit);
            std::thread::spawn(move || probe::torch(&python, &torch_cwd, limit))
        });
    let mut seen = Seen::default();
    let files = match target {
        Target::Wheel(path) => vec![path.clone()],
        Target::Project(path) => {
            progress.stage(&format!("building {}", request.target.display()));
            let Built { build, files } = build(request, path, python, work, progress)?;
            clock.lap("build", false);
            let succeeded = build.ending.is_success();
            seen.build = Some(build);
            if succeeded { files } else { Vec::new() }
        }
    };
    if !files.is_empty() {
        progress.stage("installing into an empty directory");
        match install(&files, &work.directory("overlay")?)? {
            Ok(artifacts) => seen.artifacts = artifacts,
            Err(why) => seen.not_installed = Some(why),
        }
        clock.lap("install", false);
    }
    seen.torch = request
        .torch
        .clone()
        .or_else(|| torch.and_then(|thread| thread.join().ok()));
    clock.lap("torch", false);
    if request.no_import.is_none() {
        seen.imports = import_all(request, interpreter, &seen, work, progress, clock)?;
    }
    Ok(seen)
}

fn import_all(
    request: &Request,
    interpreter: &Interpreter,
    seen: &Seen,
    work: &Work,
    progress: &Progress,
    clock: &mut Clock<'_>,
) -> Result<Vec<ImportAttempt>, Failure> {
    let disk = disk::Disk::new();
    let overlay = work.directory("overlay")?;
    let torch_came_up = matches!(
        seen.torch,
        Some(TorchProbe {
            outcome: TorchImport::Imported { .. },
            ..
        })
    );
    let user_path = interpreter
        .variables
        .get("PYTHONPATH")
        .is_some_and(|path| !path.is_empty());
    let mut attempts = Vec::new();
    for (number, artifact) in seen.artifacts.iter().enumerate() {
        let content = disk.content(&artifact.installed);
        let (file, operators) =
            match ModuleKind::of(artifact, &content, &interpreter.ext_suffixes, &disk) {
                ModuleKind::Extension(file) => (file, false),
                ModuleKind::Operators(file) => (file, true),
                ModuleKind::Library | ModuleKind::Opened | ModuleKind::Program => continue,
            };
        let torch_first = needs_torch(&content) && torch_came_up;
        let situations = situations(torch_first, operators, user_path);
        for (situation, torch_first) in situations {
            progress.stage(&format!("importing {} ({})", file.module, situation.word()));
            let order = Order {
                python: Path::new(&interpreter.executable),
                overlay: &overlay,
                cwd: &work.directory(&format!("import-{number}-{}", situation.word()))?,
                artifact,
                module: file.module.as_str(),
                situation,
                torch_first,
                operators,
                variables: &request.variables,
                limit: request.import_limit,
            };
            attempts.push(attempt(&order)?);
            clock.lap(
                &format!("import {} {}", file.module, situation.word()),
                false,
            );
        }
    }
    Ok(attempts)
}

/// The processes in which a file is imported, each with whether torch is imported before.
fn situations(torch_first: bool, operators: bool, user_path: bool) -> Vec<(Situation, bool)> {
    let mut situations = Vec::new();
    // torch itself opens a library of operators: there is no way to open it without torch.
    if !operators {
        situations.push((Situation::Alone, false));
    }
    if torch_first {
        situations.push((Situation::AfterTorch, true));
    }
    if user_path && !operators {
        situations.push((Situation::UserPath, torch_first));
    }
    situations
}

/// Writes down how long each stage took.
struct Clock<'a> {
    timings: &'a mut Vec<Timing>,
    since: Instant,
}

impl Clock<'_> {
    fn lap(&mut self, stage: &str, own: bool) {
        let now = Instant::now();
        let seconds = now.duration_since(self.since).as_secs_f64();
        self.since = now;
        self.timings.push(Timing {
            stage: stage.to_owned(),
            seconds,
            own,
        });
    }
}
