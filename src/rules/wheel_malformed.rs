//! A file that is no wheel, or one with members that no installer should take.

use super::{Finding, Inspect, Rule, WheelCase, rank};
use crate::diagnosis::{Place, Severity};
use crate::wheel::Wheel;

pub(super) const RULE: Rule = Rule {
    id: "wheel-malformed",
    summary: "the wheel's archive is damaged, or holds what an installer must not unpack",
    severity: Severity::Error,
    rank: rank::ENVIRONMENT,
    explanation: "## What it means

The archive, one of its members or one of the files that make it a wheel cannot be taken as it is: a member is damaged,
encrypted, a link, stands twice, lies about its size or points outside of the wheel; something follows the archive's end;
or WHEEL, METADATA or RECORD is not there.

## Why it breaks

pip, uv and PyPI refuse such archives, or each unpacks something else: an attacker uses what two readers of one archive
see differently. A member that cannot be unpacked ends the installation.

## How to fix

- Upload and download the file again if it was cut off: `python -m zipfile -t WHEEL` tests it.
- Make the wheel with a build backend, or pack its directory with `python -m wheel pack DIRECTORY`, and not with an
  archiver: wheels hold regular files with unique relative paths, stored or deflated.
- Replace symbolic links by what they lead to, or by the names that the libraries are asked for by.

## How loadproof knows

It reads the archive's directory and unpacks every member, counted and with its checksum.
",
    inspect: &[
        Inspect::Wheel(refused),
        Inspect::Wheel(damaged),
        Inspect::Wheel(incomplete),
        Inspect::Wheel(surplus),
    ],
};

fn at(path: &str) -> Place {
    Place::Artifact {
        path: path.to_owned(),
        arch: None,
    }
}

const PACK: &str = "Pack the wheel again with `python -m wheel pack DIRECTORY`.";

fn refused(case: &WheelCase<'_>) -> Vec<Finding> {
    let refused = case.wheel.refused.iter().map(|refused| {
        let (path, why) = (&refused.path, refused.why);
        let message = format!("the member `{path}` is refused: {why}");
        Finding::new(message, PACK).subject(path).place(at(path))
    });
    refused.collect()
}

fn damaged(case: &WheelCase<'_>) -> Vec<Finding> {
    let damaged = case.wheel.files.iter().filter_map(|file| {
        let (path, why) = (&file.path, file.error.as_ref()?);
        let message = format!("the member `{path}` is damaged: {why}");
        let remedy = "Get the file anew, or make it again; `python -m zipfile -t WHEEL` tests it.";
        Some(Finding::new(message, remedy).subject(path).place(at(path)))
    });
    damaged.collect()
}

fn incomplete(case: &WheelCase<'_>) -> Vec<Finding> {
    let wheel = case.wheel;
    let file = &wheel.file;
    let mut findings = Vec::new();
    if wheel.name.is_none() {
        let message =
            format!("`{file}` is not named as a wheel is: NAME-VERSION-PYTHON-ABI-PLATFORM.whl");
        let remedy = "Give it the name that its build backend gave it.";
        findings.push(Finding::new(message, remedy).subject(file));
    }
    let Some(dist_info) = &wheel.dist_info else {
        let message =
            format!("`{file}` has no .dist-info directory: it is an archive, and no wheel");
        findings.push(Finding::new(message, PACK).subject(file));
        return findings;
    };
    let missing = [
        ("WHEEL", wheel.wheel.is_empty()),
        ("METADATA", wheel.metadata.is_empty()),
        ("RECORD", wheel.record.is_none()),
    ];
    for (name, _) in missing.iter().filter(|(_, missing)| *missing) {
        let path = format!("{dist_info}/{name}");
        // A member that is damaged or refused has its own finding.
        if is_held(wheel, &path) {
            continue;
        }
        let message = format!("`{path}` is not in the wheel, or says nothing");
        findings.push(Finding::new(message, PACK).subject(&path).place(at(&path)));
    }
    findings.extend(other_name(wheel, dist_info));
    findings
}

/// Two readers of such a file may see two archives; PyPI refuses it, and `zipfile` finds no archive before 64 KiB of it.
fn surplus(case: &WheelCase<'_>) -> Vec<Finding> {
    let (file, surplus) = (&case.wheel.file, case.wheel.surplus);
    let message = format!("{surplus} bytes follow the end of the archive in `{file}`");
    let finding = Finding::new(message, PACK).subject("the archive's end");
    (surplus > 0).then_some(finding).into_iter().collect()
}

fn is_held(wheel: &Wheel, path: &str) -> bool {
    let broken = |file: &&crate::wheel::WheelFile| file.path == path && file.error.is_some();
    wheel.refused.iter().any(|refused| refused.path == path)
        || wheel.files.iter().any(|file| broken(&file))
}

/// Installers compare the names (normalised) and the versions of the file and of its metadata.
fn other_name(wheel: &Wheel, dist_info: &str) -> Option<Finding> {
    let named = wheel.name.as_ref()?;
    let stated = wheel.metadata.first("Name")?;
    let version = wheel.metadata.first("Version")?;
    let same_name = normalised(stated) == normalised(&named.distribution);
    let same_version = plain(version) == plain(&named.version);
    if same_name && same_version {
        return None;
    }
    let message = format!(
        "the metadata say {stated} {version}, and the file's name says {} {}",
        named.distribution, named.version
    );
    let remedy = "Never rename a wheel: build it with the name and version that it is to have.";
    let path = format!("{dist_info}/METADATA");
    Some(
        Finding::new(message, remedy)
            .subject(&wheel.file)
            .place(at(&path)),
    )
}

fn normalised(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}

/// As far as file names escape versions (`1.0+local.1` is `1.0+local.1`, `-` becomes `_`), and without trailing `.0`.
fn plain(version: &str) -> String {
    let lower = version.trim().to_lowercase().replace(['-', '_'], ".");
    let mut plain = lower.as_str();
    while let Some(shorter) = plain.strip_suffix(".0") {
        plain = shorter;
    }
    plain.to_owned()
}

#[cfg(test)]
mod tests;
