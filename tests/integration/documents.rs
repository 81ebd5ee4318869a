//! What the documentation shows must be there: every command is one that loadproof takes, those that need nothing are
//! run, every link leads somewhere.

use std::path::PathBuf;

use clap::Parser;
use loadproof::cli::Cli;

use crate::run::{Place, root};

/// Every page for readers, with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut paths = vec![
        root().join("README.md"),
        root().join("CONTRIBUTING.md"),
        root().join("SECURITY.md"),
        root().join("CHANGELOG.md"),
        root().join("ARCHITECTURE.md"),
        root().join("packaging/pypi/README.md"),
    ];
    let docs = std::fs::read_dir(root().join("docs")).expect("docs");
    paths.extend(docs.flatten().map(|entry| entry.path()));
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a page");
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// The commands in fenced shell blocks and in code spans that call loadproof: their words.
fn commands(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut in_shell = false;
    for line in text.lines() {
        if let Some(language) = line.trim().strip_prefix("```") {
            in_shell = !in_shell && matches!(language, "sh" | "bash" | "console");
        } else if in_shell {
            let line = line.trim().trim_start_matches("$ ");
            let line = line.split(" #").next().unwrap_or_default();
            let line = line.strip_prefix("uvx ").unwrap_or(line);
            found.extend(line.starts_with("loadproof ").then(|| line.to_owned()));
        } else {
            let spans = line.split('`').skip(1).step_by(2);
            let calls =
                spans.filter(|span| span.starts_with("loadproof ") && !span.contains("..."));
            found.extend(calls.map(str::to_owned));
        }
    }
    let words = |line: String| {
        let line = line
            .split(" | ")
            .next()
            .unwrap_or_default()
            .replace(['[', ']'], "");
        shlex::split(&line).expect("a command with whole quotes")
    };
    found.into_iter().map(words).collect()
}

/// Placeholders stand for what has a type of its own.
fn filled(words: &[String]) -> Vec<String> {
    let fill = |word: &String| match word.as_str() {
        "SHELL" => "bash".to_owned(),
        "SECONDS" => "5".to_owned(),
        other => other.to_owned(),
    };
    words.iter().map(fill).collect()
}

#[test]
fn every_command_in_the_documents_is_one_that_loadproof_takes() {
    let mut count = 0;
    for (path, text) in pages() {
        for words in commands(&text) {
            let parsed = Cli::try_parse_from(filled(&words));
            if let Err(why) = parsed {
                let harmless = matches!(
                    why.kind(),
                    clap::error::ErrorKind::DisplayHelp
                        | clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                        | clap::error::ErrorKind::DisplayVersion
                        // A mention of a command by its name alone.
                        | clap::error::ErrorKind::MissingRequiredArgument
                );
                assert!(harmless, "{}: `{}`: {why}", path.display(), words.join(" "));
            }
            count += 1;
        }
    }
    assert!(count > 30, "only {count} commands were found");
}

#[test]
fn commands_that_need_nothing_run_as_they_are_written() {
    let alone = ["rules", "explain", "catalogue", "man", "completions"];
    let mut count = 0;
    for (path, text) in pages() {
        for words in commands(&text) {
            let needs_nothing = words
                .get(1)
                .is_some_and(|word| alone.contains(&word.as_str()))
                && words.iter().skip(2).all(|word| {
                    // Names of files and placeholders are not there.
                    !word.contains('.')
                        && !word.chars().any(|c| c.is_ascii_uppercase())
                        && !word.starts_with("--sdk")
                        && !word.starts_with("--cache")
                        && !word.starts_with('-')
                })
                && !(words.get(1).is_some_and(|word| word == "explain") && words.len() < 3);
            if !needs_nothing {
                continue;
            }
            let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
            let needs_more = Cli::try_parse_from(&words).is_err();
            if needs_more {
                continue;
            }
            let ran = Place::new().run(&arguments);
            assert_eq!(
                ran.code,
                0,
                "{}: {}: {}",
                path.display(),
                words.join(" "),
                ran.err
            );
            count += 1;
        }
    }
    assert!(count > 3, "only {count} commands were run");
}

#[test]
fn every_cause_that_the_questions_name_is_one() {
    let text = std::fs::read_to_string(root().join("docs/faq.md")).expect("docs/faq.md");
    let mut count = 0;
    for sentence in text.replace('\n', " ").split("Cause").skip(1) {
        let sentence = sentence.split('.').next().unwrap_or_default();
        for name in sentence.split('`').skip(1).step_by(2) {
            assert!(
                loadproof::rules::find(name).is_some(),
                "there is no cause `{name}`"
            );
            count += 1;
        }
    }
    assert!(count > 8, "only {count} causes were found");
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    for (path, text) in pages() {
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap_or_default();
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let there = path.parent().expect("a directory").join(file);
            assert!(
                there.exists(),
                "{}: `{target}` leads nowhere",
                path.display()
            );
        }
    }
}
