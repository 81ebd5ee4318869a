//! `loadproof check`: from paths to subjects, and from what came of them to reports.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::Failure;
use super::distribution::{self, Source, beside};
use super::output::Output;
use super::policy::Decisions;
use super::progress::Progress;
use super::verify::now;
use crate::check::{
    Beside, NEWEST_MACOS, NEWEST_PYTHON, Plan, Prepared, Subject, check, claimed_torch,
    default_targets, loose_targets,
};
use crate::cli::ReportArgs;
use crate::cli::check::{
    CheckArgs, CheckReportArgs, OpenAsArg, PythonFlavor, TargetArch, TargetArgs,
};
use crate::exit_code;
use crate::facts::OpenAs;
use crate::image::{Arch, Version};
use crate::site::{Flavor, PythonVersion, Target};

/// Runs the subcommand.
pub(super) fn run(args: &CheckArgs) -> Result<u8, Failure> {
    let mut decisions = Decisions::load(&args.policy, Path::new("."))?;
    let level = decisions.fail_on(args.report.fail_on);
    let mut output = Output::new(&report_args(&args.report))?;
    output.failing_on(level);
    let given = targets(&args.targets, decisions.targets())?;
    let sources = sources(args)?;
    let left_out = args.shard.is_some() && sources.is_empty();
    let plan = Plan {
        modules: args.modules.module.clone(),
        open_as: args.modules.open_as.map(OpenAs::from),
        preload: args.modules.preload.clone(),
    };
    let progress = Mutex::new(Progress::new(args.report.quiet, false));
    let progress = || progress.lock().unwrap_or_else(PoisonError::into_inner);
    progress().many(sources.len());
    let installed = Installed {
        words: args
            .beside
            .with
            .iter()
            .chain(decisions.with())
            .cloned()
            .collect(),
        torch: args.beside.torch_versions.clone(),
        known: Mutex::default(),
    };
    let load = |source: &Source| installed.prepare(distribution::subject(source)?, &given);
    let mut checked = check(&sources, &load, &plan, &now(), &|name| {
        progress().done(name);
    })?;
    progress().finish();
    let unreadable = checked
        .subjects
        .iter()
        .all(|subject| subject.is_unreadable());
    if let Some(cause) = checked
        .subjects
        .first()
        .and_then(|subject| subject.causes.first())
        .filter(|_| unreadable)
    {
        return Err(Failure::Nothing(cause.message.clone()));
    }
    let nothing = checked.is_empty();
    for subject in &mut checked.subjects {
        decisions.on_causes(&mut subject.causes);
        for target in &mut subject.targets {
            decisions.on_report(&mut target.report);
        }
    }
    let names: Vec<String> = args.paths.iter().map(|path| shown(path)).collect();
    output.write_checked(&checked, &names.join(", "))?;
    let found = checked.subjects.iter().flat_map(|subject| {
        let targets = subject.targets.iter();
        let of_targets = targets.flat_map(|target| &target.report.causes);
        subject.causes.iter().chain(of_targets)
    });
    let accepted = decisions.conclude(found, args.report.quiet)?;
    if nothing && !left_out {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        return Err(Failure::Nothing(format!(
            "{} holds nothing native",
            names.join(", ")
        )));
    }
    Ok(if !accepted && checked.fails(level) {
        exit_code::FINDINGS
    } else {
        exit_code::CLEAN
    })
}

/// What is checked: all that the paths hold, or this machine's part of it.
fn sources(args: &CheckArgs) -> Result<Vec<Source>, Failure> {
    let mut all = Vec::new();
    for path in &args.paths {
        all.extend(distribution::sources(path)?);
    }
    let Some(shard) = args.shard else {
        return Ok(all);
    };
    let whole = all.len();
    let own = shard.of(all);
    if own.is_empty() {
        eprintln!("loadproof: of {whole} wheels part {shard} is empty: nothing was checked");
    }
    Ok(own)
}

/// What stands beside, by target: read or fetched once for all wheels.
struct Installed {
    words: Vec<String>,
    /// Releases of torch, or `claimed`.
    torch: Vec<String>,
    known: Mutex<BTreeMap<Key, Arc<Vec<Beside>>>>,
}

/// A target, and the torch beside it.
type Key = (Target, Option<String>);

impl Installed {
    fn prepare(&self, subject: Subject, given: &Given) -> Result<Prepared, Failure> {
        let mut targets = Vec::new();
        for target in given.of(&subject) {
            for torch in self.torches(&subject, &target) {
                targets.push((target, self.on((target, torch))?));
            }
        }
        Ok(Prepared { subject, targets })
    }

    /// The releases of torch for a wheel that requires torch; else none, which is one case, too.
    fn torches(&self, subject: &Subject, target: &Target) -> Vec<Option<String>> {
        let wheel = subject.wheel.as_ref();
        let claimed = wheel.map_or_else(Vec::new, |wheel| claimed_torch(wheel, target));
        if claimed.is_empty() || self.torch.is_empty() {
            return vec![None];
        }
        let mut torches: Vec<String> = Vec::new();
        for word in &self.torch {
            match word.as_str() {
                "claimed" => torches.extend(claimed.iter().cloned()),
                version => torches.push(version.to_owned()),
            }
        }
        torches.into_iter().map(Some).collect()
    }

    fn on(&self, key: Key) -> Result<Arc<Vec<Beside>>, Failure> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&key) {
            return Ok(Arc::clone(found));
        }
        let torch = key.1.as_ref().map(|version| format!("torch=={version}"));
        let words = self.words.iter().chain(&torch);
        let found: Vec<Beside> = words
            .map(|word| beside(word, &key.0))
            .collect::<Result<_, _>>()?;
        let found = Arc::new(found);
        known.insert(key, Arc::clone(&found));
        Ok(found)
    }
}

/// The options of other commands that a check has not: it leaves nothing behind, unless that is asked for.
fn report_args(args: &CheckReportArgs) -> ReportArgs {
    ReportArgs {
        report: args.report.clone(),
        keep: Some(args.keep.clone().unwrap_or_else(|| "none".into())),
        name: args.name.clone(),
        fail_on: args.fail_on,
        color: args.color,
        quiet: args.quiet,
        verbose: false,
    }
}

/// The targets of the command line.
struct Given {
    whole: Vec<Target>,
    macos: Vec<Version>,
    archs: Vec<Arch>,
    pythons: Vec<PythonVersion>,
    flavor: Flavor,
}

impl Given {
    /// The targets of one subject: those given, else what it claims with what was given in place of its own.
    fn of(&self, subject: &Subject) -> Vec<Target> {
        if !self.whole.is_empty() {
            return self.whole.clone();
        }
        let claimed = match &subject.wheel {
            Some(wheel) => default_targets(wheel),
            None => loose_targets(subject),
        };
        let claimed = if claimed.is_empty() {
            vec![self.newest()]
        } else {
            claimed
        };
        let mut found: Vec<Target> = Vec::new();
        for target in claimed {
            for arch in or(&self.archs, target.arch) {
                for macos in or(&self.macos, target.macos) {
                    for python in or(&self.pythons, target.python) {
                        let target = Target {
                            macos,
                            arch,
                            python,
                            flavor: self.flavor,
                        };
                        if !found.contains(&target) {
                            found.push(target);
                        }
                    }
                }
            }
        }
        found
    }

    fn newest(&self) -> Target {
        Target {
            macos: NEWEST_MACOS,
            arch: Arch::Arm64,
            python: NEWEST_PYTHON,
            flavor: self.flavor,
        }
    }
}

fn or<T: Copy>(given: &[T], own: T) -> Vec<T> {
    if given.is_empty() {
        vec![own]
    } else {
        given.to_vec()
    }
}

/// `stated`: those of the policy, which count where the command line names none at all.
fn targets(args: &TargetArgs, stated: &[String]) -> Result<Given, Failure> {
    let mut pythons = Vec::new();
    for text in &args.python {
        pythons.push(python(text)?);
    }
    let mut given = Given {
        whole: Vec::new(),
        macos: args.macos.clone(),
        archs: args.arch.iter().map(|arch| Arch::from(*arch)).collect(),
        pythons,
        flavor: args.python_flavor.into(),
    };
    let named = !(args.target.is_empty()
        && args.macos.is_empty()
        && args.arch.is_empty()
        && args.python.is_empty());
    let whole_targets = if named { &args.target } else { stated };
    for text in whole_targets {
        let target = whole(text, &given)?;
        given.whole.push(target);
    }
    Ok(given)
}

fn python(text: &str) -> Result<PythonVersion, Failure> {
    text.parse()
        .map_err(|why: crate::site::TargetError| Failure::Usage(why.to_string()))
}

/// `macos=14.5,arch=arm64,python=3.12`.
fn whole(text: &str, given: &Given) -> Result<Target, Failure> {
    let wrong = |what: String| Failure::Usage(format!("`--target {text}`: {what}"));
    let mut target = given.newest();
    if let Some(macos) = given.macos.first() {
        target.macos = *macos;
    }
    if let Some(arch) = given.archs.first() {
        target.arch = *arch;
    }
    if let Some(python) = given.pythons.first() {
        target.python = *python;
    }
    for pair in text.split(',') {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(wrong(format!("`{pair}` is no KEY=VALUE")));
        };
        match key.trim() {
            "macos" => target.macos = value.parse().map_err(|why| wrong(format!("{why}")))?,
            "python" => target.python = python(value)?,
            "arch" => {
                target.arch = match value {
                    "arm64" => Arch::Arm64,
                    "x86_64" => Arch::X86_64,
                    other => return Err(wrong(format!("`{other}` is neither arm64 nor x86_64"))),
                }
            }
            "flavor" => {
                target.flavor = match value {
                    "standalone" => Flavor::Standalone,
                    "python.org" | "framework" => Flavor::Framework,
                    "homebrew" => Flavor::Homebrew,
                    "conda" => Flavor::Conda,
                    other => {
                        let known = "standalone, python.org, homebrew or conda";
                        return Err(wrong(format!("`{other}` is not one of {known}")));
                    }
                }
            }
            other => {
                return Err(wrong(format!(
                    "`{other}` is not macos, arch, python or flavor"
                )));
            }
        }
    }
    Ok(target)
}

impl From<TargetArch> for Arch {
    fn from(arch: TargetArch) -> Arch {
        match arch {
            TargetArch::Arm64 => Arch::Arm64,
            TargetArch::X86_64 => Arch::X86_64,
        }
    }
}

impl From<PythonFlavor> for Flavor {
    fn from(flavor: PythonFlavor) -> Flavor {
        match flavor {
            PythonFlavor::Standalone => Flavor::Standalone,
            PythonFlavor::Framework => Flavor::Framework,
            PythonFlavor::Homebrew => Flavor::Homebrew,
            PythonFlavor::Conda => Flavor::Conda,
        }
    }
}

impl From<OpenAsArg> for OpenAs {
    fn from(how: OpenAsArg) -> OpenAs {
        match how {
            OpenAsArg::Import => OpenAs::Import,
            OpenAsArg::Ctypes => OpenAs::Ctypes,
            OpenAsArg::Exec => OpenAs::Exec,
        }
    }
}

/// A path as people gave it.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
