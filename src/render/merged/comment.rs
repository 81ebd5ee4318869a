//! The pull request comment: what a reviewer needs, short, with the rest folded or behind a link.

use super::{checks, lost, matrix, page, section};
use crate::github::bytes;
use crate::merge::{Folded, Merged};
use crate::render::markdown::{code, prose, text};
use crate::render::place::SourcePlace;
use crate::render::row::module_name;
use crate::render::text::{counted, cut};
use crate::render::{Options, summary};

/// Bytes of the comment; GitHub takes 65,536 characters.
const BUDGET: usize = 60_000;
/// Legs in the table, causes that are listed, characters of a line.
const LEGS: usize = 30;
const CAUSES: usize = 20;
/// Causes that stand there in full; the others are folded.
const OPEN: usize = 3;
const LINE: usize = 400;

/// The comment, without its marker. `page` leads to the run; `commit` is the one that was checked.
pub fn comment(
    merged: &Merged,
    options: &Options,
    page: Option<&str>,
    commit: Option<&str>,
) -> String {
    let mut markdown = page::head(merged, options);
    markdown.push_str(&matrix::markdown(merged, options.fail_on, LEGS));
    markdown.push_str(&checks::markdown(merged, options, LEGS));
    if !lost(merged).is_empty() {
        markdown.push_str(&page::losses(merged));
    }
    let foot = foot(page, commit);
    let mut left_out = merged.causes.len();
    for (index, folded) in merged.causes.iter().take(CAUSES).enumerate() {
        let section = if index < OPEN {
            section(merged, options, folded)
        } else {
            short(merged, options, folded)
        };
        if markdown.len() + section.len() + foot.len() > BUDGET {
            break;
        }
        markdown.push_str(&section);
        left_out -= 1;
    }
    if left_out > 0 {
        markdown.push_str(&format!(
            "**{}** in the reports of the run.\n\n",
            counted(left_out, "more cause")
        ));
    }
    markdown.push_str(&foot);
    // Names of legs and modules alone could be long.
    bytes(&markdown, BUDGET).into_owned()
}

/// A cause in two lines, with everything else folded under them.
fn short(merged: &Merged, options: &Options, folded: &Folded) -> String {
    let cause = &folded.cause;
    let place = match (SourcePlace::of(&cause.place, options), &cause.place) {
        (Some(source), _) => {
            let line = source.line.map(|line| format!(":{line}"));
            code(&cut(
                &format!("{}{}", source.file, line.unwrap_or_default()),
                LINE,
            ))
        }
        (None, crate::diagnosis::Place::Project) => "the project".to_owned(),
        (None, place) => {
            let report = super::teller(merged, folded);
            let path = place.to_string();
            code(&cut(
                report.map_or(path.as_str(), |report| module_name(report, &path)),
                LINE,
            ))
        }
    };
    let head = format!(
        "**{}: {}** on {}, in {place}\\\n{}\n\n",
        summary::heading(cause.severity),
        code(cause.rule),
        text(&folded.whose),
        prose(&cut(&cause.message, LINE)),
    );
    head + &summary::folded("What to do, and why", &section(merged, options, folded))
}

fn foot(page: Option<&str>, commit: Option<&str>) -> String {
    let commit = commit.map(|commit| {
        let short: String = commit.chars().take(12).collect();
        format!("commit {}", code(&short))
    });
    // A URL of ours: server, repository and number of the run.
    let page = page.map(|page| format!("[all reports]({page})"));
    let parts: Vec<String> = commit.into_iter().chain(page).collect();
    format!("<sub>{}</sub>\n", parts.join(" · "))
}
