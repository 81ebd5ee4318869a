//! Which legs of a matrix: "all arm64 legs", "only Python 3.13", rather than a list of twenty names.

use std::collections::BTreeSet;

use crate::report::{Report, TargetSummary};

/// Names that are listed where no phrase fits.
const NAMES: usize = 4;

/// What legs are told apart by, each with how it reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// `macOS`, `Linux`.
    system: Option<String>,
    /// `macOS 15`.
    release: Option<String>,
    /// `arm64`.
    arch: Option<String>,
    /// `Python 3.13`.
    python: Option<String>,
    /// `torch 2.9`.
    torch: Option<String>,
}

impl Traits {
    /// What a report tells of its leg.
    pub(super) fn of(report: &Report) -> Traits {
        let host = &report.host;
        let python = report.interpreter.as_ref();
        let major = host.version.split('.').next().unwrap_or_default();
        let torch = python.and_then(|python| python.torch.as_ref());
        // A check may be about several machines, which its leg is not told apart by.
        let one = |text: &str| !text.contains(", ");
        Traits {
            system: Some(host.system.clone()),
            // The release of a Linux kernel decides about nothing here.
            release: (host.system == "macOS" && one(&host.version))
                .then(|| format!("macOS {major}")),
            arch: Some(host.arch.clone()).filter(|arch| one(arch)),
            python: python
                .filter(|python| one(&python.version))
                .and_then(|python| minor(&python.version))
                .map(|minor| format!("Python {minor}")),
            torch: torch
                .and_then(|torch| minor(&torch.version))
                .map(|minor| format!("torch {minor}")),
        }
    }

    /// What a target is told apart by.
    pub(super) fn of_target(target: &TargetSummary) -> Traits {
        Traits {
            system: None,
            release: Some(format!("macOS {}", target.macos)),
            arch: Some(target.arch.clone()),
            python: Some(format!("Python {}", target.python)),
            torch: target.torch.as_ref().map(|torch| format!("torch {torch}")),
        }
    }

    fn values(&self) -> [Option<&str>; 5] {
        [
            &self.system,
            &self.release,
            &self.arch,
            &self.python,
            &self.torch,
        ]
        .map(|value| value.as_deref())
    }
}

/// `CPython 3.13.1` and `2.9.0+cpu` as `3.13` and `2.9`.
fn minor(version: &str) -> Option<String> {
    let number = version.split(' ').next_back()?;
    let mut parts = number.split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(major) && digits(minor)).then(|| format!("{major}.{minor}"))
}

/// The legs `chosen` of all legs that reported: `legs` has the name and the traits of each. `chosen` is not empty.
/// `noun` is what they are: `legs`, `targets`.
pub(super) fn phrase(noun: &str, legs: &[(&str, &Traits)], chosen: &BTreeSet<usize>) -> String {
    if chosen.len() == legs.len() && legs.len() > 1 {
        return format!("all {noun}");
    }
    one_trait(noun, legs, chosen)
        .or_else(|| two_traits(noun, legs, chosen))
        .or_else(|| python_range(legs, chosen))
        .or_else(|| all_but_one(noun, legs, chosen))
        .unwrap_or_else(|| listed(legs, chosen))
}

/// The same without what they share.
pub(super) fn all_or_listed(
    noun: &str,
    legs: &[(&str, &Traits)],
    chosen: &BTreeSet<usize>,
) -> String {
    match chosen.len() == legs.len() && legs.len() > 1 {
        true => format!("all {noun}"),
        false => listed(legs, chosen),
    }
}

/// How the legs with a value are called; `index` is that of the trait.
fn called(noun: &str, index: usize, value: &str) -> String {
    match index {
        3 | 4 => format!("only {value}"),
        _ => format!("all {value} {noun}"),
    }
}

/// Every value of a trait, with the legs that have it.
fn groups(legs: &[(&str, &Traits)], index: usize) -> Vec<(String, BTreeSet<usize>)> {
    let mut groups: Vec<(String, BTreeSet<usize>)> = Vec::new();
    for (leg, (_, traits)) in legs.iter().enumerate() {
        let Some(value) = traits.values().get(index).copied().flatten() else {
            continue;
        };
        match groups.iter_mut().find(|(known, _)| known == value) {
            Some((_, members)) => {
                members.insert(leg);
            }
            None => groups.push((value.to_owned(), BTreeSet::from([leg]))),
        }
    }
    groups
}

/// One leg is called by its name, unless its Python or torch alone says more.
fn one_trait(noun: &str, legs: &[(&str, &Traits)], chosen: &BTreeSet<usize>) -> Option<String> {
    let several = chosen.len() > 1;
    (0..5)
        .filter(|index| several || *index >= 3)
        .find_map(|index| {
            let groups = groups(legs, index);
            let found = groups.iter().find(|(_, members)| members == chosen);
            found.map(|(value, _)| called(noun, index, value))
        })
}

fn two_traits(noun: &str, legs: &[(&str, &Traits)], chosen: &BTreeSet<usize>) -> Option<String> {
    if chosen.len() < 2 {
        return None;
    }
    for first in 0..5 {
        for second in first + 1..5 {
            for (a, with_a) in groups(legs, first) {
                for (b, with_b) in groups(legs, second) {
                    if with_a
                        .intersection(&with_b)
                        .copied()
                        .collect::<BTreeSet<_>>()
                        == *chosen
                    {
                        return Some(match second {
                            3 | 4 => format!("only {b} on {a}"),
                            _ => format!("all {a} {b} {noun}"),
                        });
                    }
                }
            }
        }
    }
    None
}

/// `Python 3.12 and newer`.
fn python_range(legs: &[(&str, &Traits)], chosen: &BTreeSet<usize>) -> Option<String> {
    let number = |value: &str| -> Option<(u32, u32)> {
        let (major, minor) = value.strip_prefix("Python ")?.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let mut groups = groups(legs, 3);
    groups.sort_by_key(|(value, _)| number(value));
    for (index, (value, _)) in groups.iter().enumerate() {
        let union = |part: &[(String, BTreeSet<usize>)]| -> BTreeSet<usize> {
            part.iter()
                .flat_map(|(_, members)| members.iter().copied())
                .collect()
        };
        let (older, newer) = groups.split_at(index);
        if newer.len() > 1 && union(newer) == *chosen {
            return Some(format!("{value} and newer"));
        }
        if older.len() > 1 && union(older) == *chosen {
            let (last, _) = older.last()?;
            return Some(format!("{last} and older"));
        }
    }
    None
}

fn all_but_one(noun: &str, legs: &[(&str, &Traits)], chosen: &BTreeSet<usize>) -> Option<String> {
    let rest: BTreeSet<usize> = (0..legs.len())
        .filter(|leg| !chosen.contains(leg))
        .collect();
    let worth_it = chosen.len() > 2 && !rest.is_empty();
    let by_trait = (0..5).filter(|_| worth_it).find_map(|index| {
        let groups = groups(legs, index);
        let found = groups.iter().find(|(_, members)| *members == rest);
        found.map(|(value, _)| format!("all {noun} but {value}"))
    });
    let only = rest.first().filter(|_| worth_it && rest.len() == 1);
    by_trait.or_else(|| {
        only.and_then(|&leg| legs.get(leg))
            .map(|(name, _)| format!("all {noun} but {name}"))
    })
}

fn listed(legs: &[(&str, &Traits)], chosen: &BTreeSet<usize>) -> String {
    let names = chosen
        .iter()
        .filter_map(|&leg| legs.get(leg))
        .map(|(name, _)| *name);
    let mut named: Vec<String> = names.take(NAMES).map(str::to_owned).collect();
    if chosen.len() > NAMES {
        named.push(format!("{} more", chosen.len() - NAMES));
    }
    named.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Systems, processors and Pythons of a matrix, every one with every other.
    fn matrix() -> Vec<(String, Traits)> {
        let mut legs = Vec::new();
        for (system, release, arch) in [
            ("macOS", "macOS 15", "arm64"),
            ("macOS", "macOS 26", "arm64"),
            ("macOS", "macOS 15", "x86_64"),
            ("Linux", "", "x86_64"),
        ] {
            for python in ["3.11", "3.12", "3.13"] {
                let traits = Traits {
                    system: Some(system.to_owned()),
                    release: Some(release.to_owned()).filter(|release| !release.is_empty()),
                    arch: Some(arch.to_owned()),
                    python: Some(format!("Python {python}")),
                    torch: None,
                };
                legs.push((format!("{system} {release} {arch} {python}"), traits));
            }
        }
        legs
    }

    fn said(chosen: impl Fn(&str) -> bool) -> String {
        let legs = matrix();
        let legs: Vec<(&str, &Traits)> = legs
            .iter()
            .map(|(name, traits)| (name.as_str(), traits))
            .collect();
        let chosen = legs
            .iter()
            .enumerate()
            .filter(|(_, (name, _))| chosen(name))
            .map(|(leg, _)| leg);
        phrase("legs", &legs, &chosen.collect())
    }

    #[test]
    fn legs_are_called_by_what_they_share() {
        assert_eq!(said(|_| true), "all legs");
        assert_eq!(said(|name| name.contains("arm64")), "all arm64 legs");
        assert_eq!(said(|name| name.starts_with("macOS")), "all macOS legs");
        assert_eq!(said(|name| name.contains("macOS 26")), "all macOS 26 legs");
        assert_eq!(said(|name| name.ends_with("3.13")), "only Python 3.13");
        assert_eq!(
            said(|name| name.contains("macOS 15") && name.contains("x86_64")),
            "all macOS x86_64 legs"
        );
        assert_eq!(
            said(|name| name.contains("arm64") && name.ends_with("3.11")),
            "only Python 3.11 on arm64"
        );
        assert_eq!(
            said(|name| !name.ends_with("3.11")),
            "Python 3.12 and newer"
        );
        assert_eq!(
            said(|name| !name.ends_with("3.13")),
            "Python 3.12 and older"
        );
        assert_eq!(
            said(|name| !name.ends_with("3.12")),
            "all legs but Python 3.12"
        );
        assert_eq!(
            said(|name| !name.contains("macOS 26")),
            "all legs but macOS 26"
        );
    }

    #[test]
    fn legs_that_share_nothing_are_named() {
        assert_eq!(
            said(|name| name == "Linux  x86_64 3.11"),
            "Linux  x86_64 3.11"
        );
        let odd = said(|name| name == "Linux  x86_64 3.11" || name == "macOS macOS 15 arm64 3.12");
        assert_eq!(odd, "macOS macOS 15 arm64 3.12; Linux  x86_64 3.11");
    }

    #[test]
    fn a_version_without_digits_is_none() {
        assert_eq!(minor("CPython 3.13.1"), Some("3.13".to_owned()));
        assert_eq!(minor("2.9.0+cpu"), Some("2.9".to_owned()));
        assert_eq!(minor("CPython"), None);
        assert_eq!(minor("3.x"), None);
    }
}
