//! RECORD does not list what the wheel holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::wheel_case::listed;
use super::{Finding, Inspect, Rule, WheelCase, rank};
use crate::diagnosis::Place;
use crate::diagnosis::Severity;
use crate::wheel::{Record, RecordEntry, Wheel, WheelFile};

pub(super) const RULE: Rule = Rule {
    id: "record-mismatch",
    summary: "the list of a wheel's files is not what the wheel holds",
    severity: Severity::Error,
    rank: rank::ENVIRONMENT,
    explanation: "## What it means

`.dist-info/RECORD` lists every file of a wheel with its hash and its size, and here it lists something else than what
the archive holds.

## Why it breaks

The list is what makes a wheel whole: PyPI refuses uploads whose RECORD does not list exactly the files of the archive,
some installers and audits compare the hashes, and uninstallers remove what the list names. A list that is not right
comes from a file that was changed, added or removed after the wheel was made: by `zip`, by a script that signs or strips,
by `install_name_tool`.

Right hashes in hexadecimal digits are a warning, one for the wheel: the format (PEP 376, PEP 427) wants them in URL-safe
Base64 without `=`, and who compares texts takes every one of them for wrong.

## How to fix

- Unpack and pack again with `python -m wheel unpack WHEEL` and `python -m wheel pack DIRECTORY`: that writes RECORD
  anew. `delocate` and `auditwheel` do it, too.
- Change files before the wheel is made, not in it.

## How loadproof knows

It hashes and counts every file of the archive and compares with the list.
",
    inspect: &[Inspect::Wheel(mismatches)],
};

/// Files of `.dist-info` that RECORD does not hash, or not list.
fn is_exempt(wheel: &Wheel, path: &str) -> bool {
    let inside = wheel.dist_info.as_deref().and_then(|directory| {
        let rest = path.strip_prefix(directory)?;
        rest.strip_prefix('/')
    });
    matches!(inside, Some("RECORD" | "RECORD.jws" | "RECORD.p7s"))
}

fn mismatches(case: &WheelCase<'_>) -> Vec<Finding> {
    let wheel = case.wheel;
    let (Some(record), Some(dist_info)) = (&wheel.record, &wheel.dist_info) else {
        return Vec::new();
    };
    let place = format!("{dist_info}/RECORD");
    let found = [
        unlisted(wheel, record),
        absent(wheel, record),
        twice(record),
        without_hash(wheel, record),
        odd(record),
    ];
    let mut findings: Vec<Finding> = found.into_iter().flatten().collect();
    let entries = record
        .entries
        .iter()
        .map(|entry| (entry.path.as_str(), entry));
    let entries: HashMap<&str, &RecordEntry> = entries.collect();
    let listed = wheel.files.iter().filter_map(|file| {
        let entry = entries.get(file.path.as_str())?;
        Some((*entry, file))
    });
    let listed: Vec<(&RecordEntry, &WheelFile)> = listed.collect();
    findings.extend(
        listed
            .iter()
            .filter_map(|(entry, file)| wrong(wheel, entry, file)),
    );
    findings.extend(in_hex(&listed));
    let placed = findings.into_iter().map(|finding| match finding.place {
        Some(_) => finding,
        None => finding.place(Place::Artifact {
            path: place.clone(),
            arch: None,
        }),
    });
    placed.collect()
}

const REMEDY: &str = "Write RECORD anew, after the last change: `python -m wheel unpack WHEEL`, then `python -m wheel pack DIRECTORY`.";

fn finding(message: String, paths: &[String]) -> Finding {
    let subject = paths.first().map_or("RECORD", String::as_str);
    Finding::new(message, REMEDY).subject(subject)
}

fn unlisted(wheel: &Wheel, record: &Record) -> Option<Finding> {
    let known: BTreeSet<&str> = record
        .entries
        .iter()
        .map(|entry| entry.path.as_str())
        .collect();
    let files = wheel.files.iter().map(|file| file.path.as_str());
    let paths = files.filter(|path| !known.contains(path) && !is_exempt(wheel, path));
    let paths: Vec<String> = paths.map(str::to_owned).collect();
    (!paths.is_empty()).then(|| finding(format!("RECORD does not list {}", listed(&paths)), &paths))
}

fn absent(wheel: &Wheel, record: &Record) -> Option<Finding> {
    let files = wheel.files.iter().map(|file| file.path.as_str());
    let refused = wheel.refused.iter().map(|refused| refused.path.as_str());
    let known: BTreeSet<&str> = files.chain(refused).collect();
    let paths = record.entries.iter().map(|entry| entry.path.as_str());
    let paths = paths.filter(|path| !known.contains(path) && !path.ends_with('/'));
    let paths: Vec<String> = paths.map(str::to_owned).collect();
    let message = || {
        format!(
            "RECORD lists {}, and the wheel does not hold it",
            listed(&paths)
        )
    };
    (!paths.is_empty()).then(|| finding(message(), &paths))
}

/// Twice with different words; a line that is repeated says nothing wrong.
fn twice(record: &Record) -> Option<Finding> {
    let mut seen: BTreeMap<&str, &RecordEntry> = BTreeMap::new();
    let mut paths = Vec::new();
    for entry in &record.entries {
        match seen.insert(&entry.path, entry) {
            Some(before) if before != entry => paths.push(entry.path.clone()),
            _ => {}
        }
    }
    let message = || {
        format!(
            "RECORD lists {} twice, with different hashes or sizes",
            listed(&paths)
        )
    };
    (!paths.is_empty()).then(|| finding(message(), &paths))
}

/// The specification wants SHA-256 or better.
fn without_hash(wheel: &Wheel, record: &Record) -> Option<Finding> {
    let weak = |entry: &&RecordEntry| {
        let strong = matches!(entry.algorithm.as_str(), "sha256" | "sha384" | "sha512");
        !strong && !is_exempt(wheel, &entry.path) && !entry.path.ends_with('/')
    };
    let paths: Vec<String> = record
        .entries
        .iter()
        .filter(weak)
        .map(|entry| entry.path.clone())
        .collect();
    let message = || format!("RECORD gives no SHA-256 of {}", listed(&paths));
    (!paths.is_empty()).then(|| finding(message(), &paths))
}

fn odd(record: &Record) -> Option<Finding> {
    let line = record.odd_lines.first()?;
    let message = format!("RECORD is damaged: its line {line} is not a path, a hash and a size");
    Some(finding(message, &[]).fact("line", line.to_string()))
}

/// A file whose bytes are not those that RECORD lists.
fn wrong(wheel: &Wheel, entry: &RecordEntry, file: &WheelFile) -> Option<Finding> {
    let hash = file.sha256?;
    if is_exempt(wheel, &file.path) {
        return None;
    }
    let path = &file.path;
    let other_size = entry.size.filter(|size| *size != file.size);
    let other_hash = entry.algorithm == "sha256"
        && entry.hash != URL_SAFE_NO_PAD.encode(hash)
        && !is_in_hex(entry, &hash);
    let what = match (other_size, other_hash) {
        (Some(size), _) => format!("`{path}` has {} bytes, and RECORD lists {size}", file.size),
        (None, true) => format!("`{path}` is not what RECORD lists: its SHA-256 is another"),
        (None, false) => return None,
    };
    let place = Place::Artifact {
        path: path.clone(),
        arch: None,
    };
    Some(Finding::new(what, REMEDY).subject(path).place(place))
}

/// The right digest, written as `sha256sum` writes it.
fn is_in_hex(entry: &RecordEntry, hash: &[u8]) -> bool {
    let digits = hash.iter().map(|byte| format!("{byte:02x}"));
    entry.algorithm == "sha256" && entry.hash.to_ascii_lowercase() == digits.collect::<String>()
}

/// Right digests in another writing than the specification's: whoever compares texts takes all of them for wrong.
fn in_hex(listed: &[(&RecordEntry, &WheelFile)]) -> Option<Finding> {
    let is_hex = |(entry, file): &&(&RecordEntry, &WheelFile)| {
        file.sha256.is_some_and(|hash| is_in_hex(entry, &hash))
    };
    let count = listed.iter().filter(is_hex).count();
    let files = match count {
        0 => return None,
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    let message = format!(
        "RECORD writes its digests in hex ({files}), where the wheel format wants URL-safe Base64 without `=`: they are \
         right, and a check that compares the texts takes them for wrong"
    );
    Some(
        finding(message, &[])
            .only(Severity::Warning)
            .fact("files", count.to_string()),
    )
}

#[cfg(test)]
mod tests;
