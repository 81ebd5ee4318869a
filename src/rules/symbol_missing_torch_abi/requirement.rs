//! A wheel whose requirement of torch lets releases in that its own files do not load with.

use std::collections::{BTreeMap, BTreeSet};

use super::RULE;
use crate::diagnosis::Severity;
use crate::image::Arch;
use crate::load::Export;
use crate::rules::symbol::SymbolName;
use crate::rules::wheel_case::WheelSlice;
use crate::rules::{Finding, WheelCase, of_case};
use crate::site::torch_is_for;
use crate::torch_symbols::{BreakKind, Fit, known, needed_by};
use crate::wheel::{allows, family, is_made_for};

/// Holds the requirement against what the files need.
pub(super) fn unkept(case: &WheelCase<'_>) -> Vec<Finding> {
    let name = case.wheel.name.as_ref();
    if name.is_some_and(|name| name.normalised() == "torch") {
        return Vec::new();
    }
    let mut by_arch: BTreeMap<Arch, Vec<Need<'_>>> = BTreeMap::new();
    for slice in case.slices().filter(WheelSlice::is_loaded) {
        let defines =
            move |symbol: &str| !matches!(slice.native.export(slice.index, symbol), Export::Absent);
        let mut needed = needed_by(slice.image, defines).peekable();
        if needed.peek().is_none() {
            continue;
        }
        if let Some(fit) = known().fits(slice.image.arch, needed) {
            by_arch
                .entry(fit.arch)
                .or_default()
                .push(Need { slice, fit });
        }
    }
    let mut findings: Vec<Finding> = Vec::new();
    for (arch, needs) in by_arch {
        let builds = builds(needs);
        let found = in_no_release(&builds).or_else(|| judged(case, arch, &builds));
        let is_new = |finding: &Finding| {
            findings
                .iter()
                .all(|known| known.message != finding.message)
        };
        findings.extend(found.filter(is_new));
    }
    findings
}

/// What one slice needs.
struct Need<'a> {
    slice: WheelSlice<'a>,
    fit: Fit,
}

/// A library, or several builds of it of which the package opens the one that is made for the torch that is there.
struct Builds<'a>(Vec<Need<'a>>);

fn builds(needs: Vec<Need<'_>>) -> Vec<Builds<'_>> {
    let mut families: BTreeMap<String, Vec<Need<'_>>> = BTreeMap::new();
    for need in needs {
        let family = family(&need.slice.file.path);
        families.entry(family).or_default().push(need);
    }
    families.into_values().map(Builds).collect()
}

impl<'a> Builds<'a> {
    /// The build that is opened with this release: by its name, or any that fits, or the last.
    fn opened(&self, release: &str) -> Option<&Need<'a>> {
        let Builds(all) = self;
        // One of two different paths tells which numbers differ.
        let ends = [all.first()?, all.last()?];
        let is_made_for = |need: &&Need<'_>| {
            let path = &need.slice.file.path;
            let mut others = ends.iter().map(|other| &other.slice.file.path);
            others.any(|other| is_made_for(path, other, release))
        };
        let made = all.iter().find(is_made_for);
        made.or_else(|| all.iter().find(|need| need.fit.releases.contains(release)))
            .or(all.last())
    }

    fn fits(&self, release: &str) -> bool {
        let opened = self.opened(release);
        opened.is_some_and(|need| need.fit.releases.contains(release))
    }
}

/// A symbol that no release has ends every load, whatever the requirement says.
fn in_no_release(builds: &[Builds<'_>]) -> Option<Finding> {
    let lacks = |need: &Need<'_>| !need.fit.in_no_release.is_empty();
    let mut all = builds.iter();
    let need = all.find(|Builds(all)| all.iter().all(lacks))?.0.first()?;
    let symbol = need.fit.in_no_release.first()?;
    let all = known().releases(need.fit.arch)?;
    let (first, last) = (all.first()?, all.last()?);
    let message = format!(
        "`{}` needs {} of torch, which no release of torch from {first} to {last} has",
        need.slice.shown(),
        SymbolName::new(symbol, true).readable(symbol)
    );
    let names = [("stage", "wheel"), ("symbol", symbol.as_str())];
    let more: Vec<String> = need.fit.in_no_release.iter().skip(1).cloned().collect();
    let finding = Finding::new(message, of_case(&RULE, &names))
        .subject(symbol)
        .fact("symbol", symbol)
        .place(need.slice.place());
    Some(match more.is_empty() {
        true => finding,
        false => finding.evidence("also in no release", more.join("\n")),
    })
}

fn judged(case: &WheelCase<'_>, arch: Arch, libraries: &[Builds<'_>]) -> Option<Finding> {
    let mut requirements = case.wheel.metadata.requirements();
    let required = requirements.find(|required| {
        let marker = required.marker.as_deref().unwrap_or_default();
        required.name == "torch" && !marker.contains("extra")
    });
    let specifiers = required
        .as_ref()
        .map(|required| required.specifiers.as_str());
    let all = known().releases(arch)?;
    let allowed: Vec<&str> = all
        .iter()
        .filter(|release| {
            allows(specifiers.unwrap_or_default(), release) && has_wheel(case, arch, release)
        })
        .collect();
    let fits = |release: &str| libraries.iter().all(|builds| builds.fits(release));
    let (good, bad): (Vec<&str>, Vec<&str>) = allowed.iter().partition(|release| fits(release));
    // The one to name: next to those that fit, where people notice it first.
    let last_good = good
        .last()
        .and_then(|last| all.iter().position(|release| release == *last));
    let next = bad.iter().find(|release| {
        let at = all.iter().position(|known| known == **release);
        at > last_good
    });
    let broken = next.or(bad.last()).copied()?;
    let need = libraries.iter().find(|builds| !builds.fits(broken))?;
    let need = need.opened(broken)?;
    let pin = pin(&all.iter().collect::<Vec<_>>(), &|release| fits(release));
    Some(finding(
        case,
        &Words {
            specifiers,
            good: &good,
            bad: &bad,
            broken,
            pin,
        },
        need,
    ))
}

/// Is there a wheel of that release for a Python of the targets?
fn has_wheel(case: &WheelCase<'_>, arch: Arch, release: &str) -> bool {
    let mut targets = case
        .targets
        .iter()
        .filter(|target| target.arch == arch)
        .peekable();
    targets.peek().is_none() || targets.any(|target| torch_is_for(release, target.python))
}

/// What a finding is made of.
struct Words<'a> {
    /// `None`: torch is required nowhere.
    specifiers: Option<&'a str>,
    good: &'a [&'a str],
    bad: &'a [&'a str],
    broken: &'a str,
    pin: Option<String>,
}

fn finding(case: &WheelCase<'_>, words: &Words<'_>, need: &Need<'_>) -> Finding {
    let requirement = match words.specifiers {
        None => "no torch".to_owned(),
        Some("") => "`torch`, whichever".to_owned(),
        Some(specifiers) => format!("`torch{specifiers}`"),
    };
    let file = &case.wheel.file;
    let fits = match words.pin.as_deref() {
        Some(pin) => format!("; they fit `torch{pin}`"),
        None => "; they fit no release".to_owned(),
    };
    let message = format!(
        "`{file}` requires {requirement}, and its files do not load with torch {}{fits}",
        shortened(words.bad)
    );
    let pin = words.pin.as_deref().unwrap_or_default();
    let names = [("stage", "wheel"), ("torch_pin", pin)];
    let severity = if words.good.is_empty() {
        Severity::Error
    } else {
        Severity::Warning
    };
    let finding = Finding::new(message, of_case(&RULE, &names))
        .place(need.slice.place())
        .fact("torch_required", words.specifiers.unwrap_or_default())
        .fact("torch_fits", words.pin.clone().unwrap_or_default());
    let finding = Finding {
        severity: Some(severity),
        ..finding
    };
    let missing = need.fit.missing_in(words.broken);
    let Some(broken) = need.fit.broken_by(words.broken) else {
        return finding.subject(file);
    };
    let symbol = &broken.need.symbol;
    let told = match broken.kind {
        BreakKind::EndedAfter(last) => format!("torch {last} was the last with it"),
        BreakKind::BeginsAt(first) => format!("torch {first} is the first with it"),
        BreakKind::Between => "older and newer ones have it".to_owned(),
        BreakKind::NeverThere => "the library in which it is looked for never had it".to_owned(),
    };
    let libraries: BTreeSet<&str> = broken
        .need
        .history
        .iter()
        .map(|history| history.library.name())
        .collect();
    let text = format!(
        "torch {} lacks {} of the symbols that {} needs, such as\n{symbol}\n{}\nof {}: {told}",
        words.broken,
        missing.len(),
        need.slice.shown(),
        SymbolName::new(symbol, true).readable(symbol),
        libraries.into_iter().collect::<Vec<_>>().join(", ")
    );
    finding
        .subject(symbol)
        .fact("symbol", symbol)
        .evidence("releases of torch for macOS", text)
}

/// `2.4.0, 2.5.0` or `2.4.0 to 2.15.0`, all of them in the order of their numbers.
fn shortened(releases: &[&str]) -> String {
    match releases {
        [] => "of any release".to_owned(),
        [only] => (*only).to_owned(),
        [first, .., last] if releases.len() > 3 => format!(
            "{first} and {} others up to {last}",
            releases.len().saturating_sub(2)
        ),
        few => few.join(", "),
    }
}

/// The specifier that lets in the newest run of fitting releases and no other known one.
fn pin(all: &[&str], fits: &dyn Fn(&str) -> bool) -> Option<String> {
    let last = all.iter().rposition(|release| fits(release))?;
    let run = all
        .get(..=last)?
        .iter()
        .rev()
        .take_while(|release| fits(release));
    let first = last.checked_sub(run.count().checked_sub(1)?)?;
    let from = all.get(first)?;
    let next = last.checked_add(1).and_then(|next| all.get(next));
    Some(match next {
        None => format!(">={from}"),
        Some(_) if first == last => format!("=={from}"),
        Some(next) => format!(">={from},<{next}"),
    })
}

#[cfg(test)]
mod tests {
    use super::{pin, shortened};
    use crate::rules::testing::wheels::{MachoFile, library, wheel};

    /// Is there something to say of a wheel with two libraries, one of which needs what torch lost after 2.5, and the
    /// other what it has since 2.10?
    fn is_unkept(requires: &'static str, old: &'static str, new: &'static str) -> bool {
        let needs = |symbol| MachoFile {
            flat: vec![symbol],
            ..library("@rpath/libx.dylib")
        };
        let mut files = wheel(vec![
            (
                old,
                needs("_ZN5torch8autograd12VariableInfoC1ERKN2at6TensorE"),
            ),
            (new, needs("_ZNK3c1010TensorImpl15decref_pyobjectEv")),
        ]);
        files.requires = vec![requires];
        let mut said = files.said().into_iter();
        said.any(|(id, ..)| id == super::RULE.id)
    }

    #[test]
    fn of_several_builds_the_one_for_the_release_counts() {
        let (old, new) = ("x/torch-2.5/lib/libx.dylib", "x/torch-2.10/lib/libx.dylib");
        assert!(!is_unkept("torch==2.5.0", old, new));
        assert!(!is_unkept("torch==2.10.0", old, new));
        assert!(is_unkept("torch==2.9.1", old, new));
        // The build that is opened is not the one that would fit.
        assert!(is_unkept("torch==2.10.0", new, old));
        // Two libraries, not two builds of one.
        assert!(is_unkept("torch==2.5.0", "x/liba.dylib", "x/libb.dylib"));
    }

    #[test]
    fn a_pin_is_the_newest_run_of_what_fits() {
        let all = ["2.0.0", "2.1.0", "2.2.0", "2.3.0"];
        let of = |good: &[&str]| pin(&all, &|release| good.contains(&release));
        assert_eq!(of(&["2.1.0", "2.2.0"]).as_deref(), Some(">=2.1.0,<2.3.0"));
        assert_eq!(of(&["2.0.0", "2.2.0"]).as_deref(), Some("==2.2.0"));
        assert_eq!(of(&["2.2.0", "2.3.0"]).as_deref(), Some(">=2.2.0"));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn many_releases_are_told_by_their_ends() {
        assert_eq!(shortened(&["2.4.0", "2.5.0"]), "2.4.0, 2.5.0");
        assert_eq!(
            shortened(&["2.4.0", "2.5.0", "2.6.0", "2.7.0"]),
            "2.4.0 and 2 others up to 2.7.0"
        );
    }
}
