//! What to do about a cause, with the names of the case filled in.
//!
//! A cause is mended where it arises: in setup.py before in a finished file. The names come from messages and files of
//! strangers, so each is quoted for the shell before it stands in a command.

mod build;
mod load;
mod named;
mod process;
mod python;
mod refused;
mod symbol;
#[cfg(test)]
mod tests;

use super::Rule;
pub use named::Named;

/// What to do about a case of this rule. Where nothing is known that is particular to the case, what the rule's page
/// advises.
pub fn remedy(rule: &Rule, named: Named<'_>) -> String {
    let of_case = refused::remedy(rule.id, named)
        .or_else(|| load::remedy(rule.id, named))
        .or_else(|| symbol::remedy(rule.id, named))
        .or_else(|| python::remedy(rule.id, named))
        .or_else(|| process::remedy(rule.id, named))
        .or_else(|| build::remedy(rule.id, named));
    of_case.unwrap_or_else(|| advice(rule).to_owned())
}

/// The same, for a case whose names a rule knows without a text.
pub(super) fn of_case(rule: &Rule, names: &[(&'static str, &str)]) -> String {
    let facts = names
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    remedy(rule, Named::new(&facts.collect()))
}

/// What the rule's page advises.
fn advice(rule: &Rule) -> &'static str {
    let section = rule.explanation.split_once("## How to fix\n");
    section
        .and_then(|(_, rest)| rest.split("\n## ").next())
        .unwrap_or_default()
        .trim()
}

/// A command as Markdown, each word quoted for the shell.
pub fn command(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    code(&quoted.join(" "))
}

/// A word for the shell. What no shell can hold stands without its control characters.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let visible: String = word.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", visible.replace('\'', "'\\''"))
}

/// Markdown's code, with as many backticks as the text makes necessary.
pub(super) fn code(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !c.is_control()).collect();
    let mut longest = 0_usize;
    let mut run = 0_usize;
    for character in visible.chars() {
        run = if character == '`' {
            run.saturating_add(1)
        } else {
            0
        };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest.saturating_add(1));
    if longest == 0 {
        format!("{fence}{visible}{fence}")
    } else {
        format!("{fence} {visible} {fence}")
    }
}

/// `- ` in front of each step; a single one stands alone.
fn steps(steps: &[String]) -> String {
    match steps {
        [only] => only.clone(),
        _ => {
            let lines: Vec<String> = steps.iter().map(|step| format!("- {step}")).collect();
            lines.join("\n")
        }
    }
}

/// Signing again, which every change to a finished file makes necessary.
pub(super) fn sign(file: &str) -> String {
    command(&["codesign", "--force", "--sign", "-", file])
}

/// Installing a package again, from its wheel or from its source.
fn reinstall(package: &str, from_source: bool) -> String {
    let mut words = vec![
        "python3",
        "-m",
        "pip",
        "install",
        "--force-reinstall",
        "--no-cache-dir",
    ];
    if from_source {
        words.extend(["--no-binary", package]);
    }
    words.push(package);
    command(&words)
}
