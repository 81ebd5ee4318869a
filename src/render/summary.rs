//! Markdown for the page that `GITHUB_STEP_SUMMARY` fills.
//!
//! The page is read from its top, so the verdict stands there. A step may write 1 MiB, else GitHub drops all of it: past
//! 900 KiB whole causes are left out, and the page says so.

use std::io;

use super::markdown::{code, fenced, text};
use super::row::{module_name, situation};
use super::text::{counted, cut};
use super::verdict::{self, Outcome};
use super::{Options, mermaid};
use crate::diagnosis::Severity;
use crate::report::{Disagreement, Report};

pub(super) mod cause;
mod environment;
mod stages;
pub(super) mod targets;

use cause::{Scope, of_cause, shortened};

/// Bytes of the page.
const BUDGET: usize = 900 * 1024;
/// Rows of a table, graphs, gaps.
const ROWS: usize = 200;
const GRAPHS: usize = 3;
const GAPS: usize = 20;
/// Characters of a cell, of a line.
const CELL: usize = 120;
const LINE: usize = 1000;

pub(super) fn heading(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "❌ error",
        Severity::Warning => "⚠️ warning",
        Severity::Note => "ℹ️ note",
    }
}

pub(super) fn render(
    report: &Report,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    out.write_all(within(report, options, BUDGET).as_bytes())
}

/// The page in at most `budget` bytes, as far as whole causes can be left out.
pub(super) fn within(report: &Report, options: &Options, budget: usize) -> String {
    let mut page = head(report, options);
    let tail = tail(report, options);
    let mut left_out = report.causes.len();
    for cause in &report.causes {
        let section = of_cause(report, options, cause, &Scope::of(report, cause));
        if page.len() + section.len() + tail.len() > budget {
            break;
        }
        page.push_str(&section);
        left_out -= 1;
    }
    if left_out > 0 {
        let more = counted(left_out, "more cause");
        page.push_str(&format!(
            "**{more}** would not fit on this page; the other reports have them all.\n\n"
        ));
    }
    page.push_str(&tail);
    page
}

fn head(report: &Report, options: &Options) -> String {
    let outcome = Outcome::of(report, options.fail_on);
    let sign = match outcome {
        Outcome::Passed => "✅",
        Outcome::Failed => "❌",
        Outcome::NothingToCheck => "⚪",
    };
    let checked = report.targets.as_ref().and_then(super::targets::title);
    let project = code(&cut(checked.as_ref().unwrap_or(&report.project), CELL));
    let line = cut(&verdict::line(report), LINE).into_owned();
    let mut page = format!(
        "## {sign} loadproof: {} {project}\n\n{}\n\n",
        outcome.word(),
        text(&line)
    );
    page.push_str(&match &report.targets {
        Some(matrix) => targets::table(matrix),
        None => stages::table(report),
    });
    page
}

/// `title` is not escaped: it is one of ours.
pub(super) fn folded(title: &str, markdown: &str) -> String {
    format!(
        "<details><summary>{title}</summary>\n\n{}\n\n</details>\n\n",
        markdown.trim_end()
    )
}

fn tail(report: &Report, options: &Options) -> String {
    let mut page = String::new();
    for gap in report.disagreements.iter().take(GAPS) {
        page.push_str(&of_gap(report, gap, options));
    }
    if report.disagreements.len() > GAPS {
        page.push_str(&format!(
            "{} in loadproof.\n\n",
            counted(report.disagreements.len() - GAPS, "more gap")
        ));
    }
    let graphs = report
        .modules
        .iter()
        .filter_map(|module| mermaid::graph(module).map(|graph| (module, graph)));
    for (module, graph) in graphs.take(GRAPHS) {
        let name = module.module.as_ref().unwrap_or(&module.path);
        page.push_str(&format!(
            "#### Where the load of {} breaks\n\n",
            code(&cut(name, CELL))
        ));
        page.push_str(&format!("{}\n", fenced("mermaid", &graph)));
    }
    if let Some(build) = report
        .build
        .as_ref()
        .filter(|build| !build.succeeded && !build.log_tail.is_empty())
    {
        let lines = fenced("text", &shortened(&build.log_tail.join("\n")));
        page.push_str(&folded("The last lines of the build log", &lines));
    }
    page.push_str(&folded("Environment and timings", &environment::of(report)));
    page
}

fn of_gap(report: &Report, gap: &Disagreement, options: &Options) -> String {
    let attach = match &options.artifact_hint {
        Some(file) => format!("please report it and attach {}", code(&cut(file, LINE))),
        None => "please run again with `--record FILE`, report it and attach that file".to_owned(),
    };
    format!(
        "### 🧩 gap in loadproof: {}, {}\n\n- **predicted:** {}\n- **observed:** {}\n\n\
         This is an error of loadproof, not of the project: {attach}.\n\n",
        code(&cut(module_name(report, &gap.module), CELL)),
        text(&cut(&situation(&gap.situation), CELL)),
        text(&cut(&gap.predicted, LINE)),
        text(&cut(&gap.observed, LINE)),
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{Format, sample};
    use super::*;

    fn page(report: &Report) -> String {
        let options = Options {
            artifact_hint: Some("hello.loadproof.json".to_owned()),
            ..Options::default()
        };
        String::from_utf8(sample::rendered(report, Format::Summary, &options)).unwrap()
    }

    #[test]
    fn a_failing_run_in_full() {
        insta::assert_snapshot!("summary_rich", page(&sample::rich()));
    }

    #[test]
    fn a_healthy_run_in_full() {
        insta::assert_snapshot!("summary_healthy", page(&sample::healthy()));
    }

    #[test]
    fn a_hostile_run_in_full() {
        let mut report = sample::hostile();
        report.causes.truncate(2);
        insta::assert_snapshot!("summary_hostile", page(&report));
    }

    /// comrak is GitHub's own parser, ported; the page goes through it with everything on that GitHub has on.
    #[test]
    fn github_makes_no_element_of_hostile_text() {
        let page = page(&sample::hostile());
        let ours = [
            "code", "details", "h2", "h3", "h4", "li", "ol", "p", "pre", "strong", "summary",
            "table", "tbody", "td", "th", "thead", "tr", "ul",
        ];
        let mut found = elements(&page);
        found.retain(|tag| !ours.contains(&tag.as_str()));
        assert_eq!(found, Vec::<String>::new());
        let html = html(&page);
        // One for each cause's evidence, the build log, the environment.
        assert_eq!(
            html.matches("<details>").count(),
            sample::hostile().causes.len() + 2
        );
        assert_eq!(
            html.matches("</details>").count(),
            sample::hostile().causes.len() + 2
        );
        assert_eq!(
            html.matches("<h3>").count(),
            sample::hostile().causes.len() + 1
        );
    }

    /// The page as GitHub makes it.
    pub(in crate::render) fn html(page: &str) -> String {
        let mut options = comrak::Options::default();
        options.extension.autolink = true;
        options.extension.strikethrough = true;
        options.extension.table = true;
        options.extension.tasklist = true;
        options.extension.footnotes = true;
        options.extension.math_dollars = true;
        options.render.r#unsafe = true;
        comrak::markdown_to_html(page, &options)
    }

    /// The names of its elements, each once.
    pub(in crate::render) fn elements(page: &str) -> Vec<String> {
        let html = html(page);
        let name = |tag: &str| -> String {
            tag.trim_start_matches('/')
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect()
        };
        let mut found: Vec<String> = html.split('<').skip(1).map(name).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn a_page_too_large_ends_between_causes_and_says_so() {
        let mut report = sample::hostile();
        let cause = report.causes[0].clone();
        report.causes = vec![cause; 500];
        let page = page(&report);
        assert!(
            page.len() <= BUDGET && page.len() > BUDGET / 2,
            "{}",
            page.len()
        );
        assert!(page.contains("more causes** would not fit on this page"));
        assert_eq!(
            page.matches("<details>").count(),
            page.matches("</details>\n\n").count()
        );
    }
}
