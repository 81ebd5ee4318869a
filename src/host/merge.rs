//! `loadproof merge`: finds the reports of all legs and makes one of them.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Failure;
use super::output::Output;
use crate::cli::merge::Merge;
use crate::exit_code;
use crate::merge::{LARGEST, Left, Leg, Merged, read};
use crate::render::inert;

/// Files that are read, directories that are looked into, and how deep.
const REPORTS: usize = 2000;
const DIRECTORIES: usize = 10_000;
const DEPTH: usize = 6;
/// Bytes of the file that names a leg, characters of its name.
const LEG: u64 = 64 * 1024;
const NAME: usize = 100;

/// Runs the command; the result is the exit code.
pub(super) fn run(args: &Merge) -> Result<u8, Failure> {
    let output = Output::new(&args.report)?;
    let mut files = Vec::new();
    let mut empty = Vec::new();
    for path in &args.reports {
        let (reports, legs) = reports(path)?;
        files.extend(reports);
        empty.extend(legs.iter().filter_map(|file| without_work(file)));
    }
    let found = files.iter().map(|file| (name_of(file), left_in(file)));
    let found: Vec<(String, Left)> = found.collect();
    if found.is_empty() && args.expect.is_empty() && empty.is_empty() {
        let shown: Vec<String> = args
            .reports
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        return Err(Failure::Nothing(format!(
            "no report.json is in `{}`",
            shown.join("`, `")
        )));
    }
    let expected = args.expect.iter().map(|name| shortened(name));
    let expected: Vec<String> = expected.filter(|name| !empty.contains(name)).collect();
    let merged = Merged::of(found, &expected);
    output.write_merged(&merged, args.comment)?;
    Ok(if merged.fails(args.report.failing_on()) {
        exit_code::FINDINGS
    } else {
        exit_code::CLEAN
    })
}

/// The kept reports as one.
pub(super) fn of(kept: &[PathBuf]) -> Merged {
    let files = kept.iter().map(|directory| directory.join("report.json"));
    let found = files.map(|file| (name_of(&file), left_in(&file)));
    Merged::of(found.collect(), &[])
}

/// The name of a leg that had nothing to do.
fn without_work(file: &Path) -> Option<String> {
    let bytes = bounded(file, LEG).ok()?;
    let leg: Leg = serde_json::from_slice(&bytes).ok()?;
    leg.empty.then(|| shortened(&leg.name))
}

/// The report itself, or every `report.json` in a directory; and the files that name legs. Links are not followed: an
/// artifact holds none of ours.
fn reports(path: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Failure> {
    let data = fs::metadata(path)
        .map_err(|why| Failure::Usage(format!("cannot open `{}`: {why}", path.display())))?;
    if !data.is_dir() {
        return Ok((vec![path.to_path_buf()], Vec::new()));
    }
    let mut found = Vec::new();
    let mut legs = Vec::new();
    let mut open = vec![(path.to_path_buf(), 0)];
    let mut looked = 0;
    while let Some((directory, depth)) = open.pop() {
        looked += 1;
        if looked > DIRECTORIES || found.len() > REPORTS {
            let shown = path.display();
            return Err(Failure::Usage(format!(
                "`{shown}` holds more than the reports of a matrix"
            )));
        }
        let entries = fs::read_dir(&directory).map_err(|why| {
            Failure::Usage(format!("cannot look into `{}`: {why}", directory.display()))
        })?;
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < DEPTH => open.push((entry.path(), depth + 1)),
                Ok(kind) if kind.is_file() && entry.file_name() == "report.json" => {
                    found.push(entry.path());
                }
                Ok(kind) if kind.is_file() && entry.file_name() == Leg::FILE => {
                    legs.push(entry.path());
                }
                _ => {}
            }
        }
    }
    found.sort_unstable();
    Ok((found, legs))
}

fn left_in(file: &Path) -> Left {
    let bytes = bounded(file, LARGEST as u64 + 1);
    let report = bytes
        .map_err(|why| why.to_string())
        .and_then(|bytes| read(&bytes).map_err(|why| why.to_string()));
    match report {
        Ok(report) => Left::Report(Box::new(report)),
        Err(why) => Left::Unreadable(why),
    }
}

fn bounded(file: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What the leg calls itself; else what the file or its directory is called.
fn name_of(file: &Path) -> String {
    let told = bounded(&file.with_file_name(Leg::FILE), LEG).ok();
    let told: Option<Leg> = told.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let named = told
        .map(|leg| shortened(&leg.name))
        .filter(|name| !name.is_empty());
    named.unwrap_or_else(|| {
        let stem = file.file_stem().unwrap_or_default();
        let directory = file.parent().and_then(Path::file_name);
        let name = if stem == "report" {
            directory.unwrap_or(stem)
        } else {
            stem
        };
        shortened(&name.to_string_lossy())
    })
}

fn shortened(name: &str) -> String {
    inert(name).chars().take(NAME).collect()
}
