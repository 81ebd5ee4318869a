//! `loadproof verify` of several projects or wheels: one after the other, each kept by itself, and one report of all.

use std::fs;
use std::path::{Path, PathBuf};

use super::output::{KEPT, Output};
use super::run::verify_one;
use super::{Failure, merge};
use crate::cli::{ReportArgs, VerifyArgs};
use crate::exit_code;

/// Runs them; the result is the exit code of the worst.
pub(super) fn run(args: &VerifyArgs) -> Result<u8, Failure> {
    let reports = Reports::of(args)?;
    let whole = args.projects.len();
    let own = match args.shard {
        Some(shard) => shard.of(args.projects.clone()),
        None => args.projects.clone(),
    };
    let output = Output::new(&reports.merged)?;
    if own.is_empty() {
        eprintln!("loadproof: of {whole} paths this part is empty: nothing was verified");
        if let Some(directory) = &reports.base {
            output.keep_empty(directory)?;
        }
        return Ok(exit_code::CLEAN);
    }
    let mut codes = Vec::new();
    let mut kept = Vec::new();
    for project in &own {
        let reports = reports.of_one(project, &mut kept);
        let ended = verify_one(args, project, &reports);
        codes.push(match ended {
            Ok(code) => code,
            Err(why @ (Failure::Nothing(_) | Failure::Own(_))) => {
                eprintln!("loadproof: {}: {why}", project.display());
                why.exit_code()
            }
            Err(why) => return Err(why),
        });
    }
    if reports.is_merged {
        output.write_merged(&merge::of(&kept), false)?;
    }
    Ok(worst(&codes))
}

/// Findings first, then what failed; one that holds nothing counts where no other holds anything.
fn worst(codes: &[u8]) -> u8 {
    for code in [
        exit_code::FINDINGS,
        exit_code::OWN_FAILURE,
        exit_code::CLEAN,
    ] {
        if codes.contains(&code) {
            return code;
        }
    }
    codes.first().copied().unwrap_or(exit_code::CLEAN)
}

/// Which reports are of each, and which of all.
struct Reports<'a> {
    args: &'a ReportArgs,
    /// Where each has its directory.
    base: Option<PathBuf>,
    /// Words of `--report` for each.
    each: Vec<String>,
    /// Those of all.
    merged: ReportArgs,
    is_merged: bool,
}

impl Reports<'_> {
    fn of(args: &VerifyArgs) -> Result<Reports<'_>, Failure> {
        let refused = |option: &str| {
            let why = format!(
                "`{option}` is for one project or wheel: of several, each is kept by itself"
            );
            Err(Failure::Usage(why))
        };
        if args.record.is_some() {
            return refused("--record");
        }
        if args.policy.write_baseline.is_some() {
            return refused("--write-baseline");
        }
        let base = match &args.report.keep {
            None => Some(PathBuf::from(KEPT)),
            Some(none) if none.as_os_str() == "none" => None,
            Some(directory) => Some(directory.clone()),
        };
        // What switches a report off is for each; a file, and what programs read, can only be of all.
        let (each, all): (Vec<String>, Vec<String>) = args
            .report
            .report
            .iter()
            .cloned()
            .partition(|word| word.ends_with("=none") || word == "terminal");
        let is_merged = !all.is_empty();
        if is_merged && base.is_none() {
            let why = "of several, a report is made of what is kept: leave `--keep none` out";
            return Err(Failure::Usage(why.to_owned()));
        }
        let mut merged = args.report.clone();
        merged.report = all;
        merged.keep = Some("none".into());
        // Each has written its own annotations and its own part of the page.
        for format in ["github", "summary", "terminal"] {
            let has = |word: &String| word.split('=').next() == Some(format);
            if !merged.report.iter().any(has) {
                merged.report.push(format!("{format}=none"));
            }
        }
        Ok(Reports {
            args: &args.report,
            base,
            each,
            merged,
            is_merged,
        })
    }

    /// The options of one; `kept` gets its directory.
    fn of_one(&self, project: &Path, kept: &mut Vec<PathBuf>) -> ReportArgs {
        let name = name_of(project);
        let directory = self.base.as_ref().map(|base| {
            let numbered = (2..).map(|number| base.join(format!("{name} ({number})")));
            let mut candidates = std::iter::once(base.join(&name)).chain(numbered);
            candidates
                .find(|directory| !kept.contains(directory))
                .expect("numbers do not end")
        });
        if let Some(directory) = &directory {
            // What an earlier run left is not of this one.
            let _ = fs::remove_file(directory.join("report.json"));
            kept.push(directory.clone());
        }
        ReportArgs {
            report: self.each.clone(),
            keep: Some(directory.unwrap_or_else(|| "none".into())),
            name: Some(match &self.args.name {
                Some(leg) => format!("{leg}: {name}"),
                None => name,
            }),
            ..self.args.clone()
        }
    }
}

/// The last part of the path.
fn name_of(project: &Path) -> String {
    let whole = project.canonicalize();
    let path = whole.as_deref().unwrap_or(project);
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
