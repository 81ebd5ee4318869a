//! The report for a person in front of a terminal.
//!
//! A terminal ends at the bottom, so that is where the verdict stands, right under the table of modules; above it the
//! causes, each in the shape that compilers have made familiar. Colour is never the only carrier of a meaning.

use std::io;

use anstyle::{AnsiColor, Style};

use super::row::Tone;
use super::text::{counted, duration, one_line};
use super::verdict::{self, Outcome};
use super::{Options, github};
use crate::diagnosis::Severity;
use crate::report::{BuildSummary, Report, Timing, Verdict};

mod alike;
mod cause;
mod table;

/// Lines of a build log that are shown when the build failed and no cause quotes the log.
const LOG_LINES: usize = 12;
/// Different reasons for skipping that are named.
const REASONS: usize = 3;

fn style_of(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Note => AnsiColor::Cyan.on_default().bold(),
    }
}

pub(super) fn render(
    report: &Report,
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let page = Page { report, options };
    let mut text = page.header();
    text.push_str(&page.causes());
    for disagreement in &report.disagreements {
        text.push_str(&page.disagreement(disagreement));
    }
    text.push_str(&page.table());
    text.push_str(&page.footer());
    match &options.stop_token {
        Some(token) => github::fence(token, &text, out),
        None => out.write_all(text.as_bytes()),
    }
}

/// Every cause, in the report's order.
pub(super) fn causes(report: &Report, options: &Options) -> String {
    Page { report, options }.causes()
}

/// One cause alone.
pub(super) fn of_cause(
    report: &Report,
    options: &Options,
    cause: &crate::diagnosis::Diagnosis,
) -> String {
    Page { report, options }.cause(cause)
}

/// What is being written, and how.
struct Page<'a> {
    report: &'a Report,
    options: &'a Options,
}

impl Page<'_> {
    fn paint(&self, style: Style, text: &str) -> String {
        if self.options.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    fn dim(&self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    fn bold(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    fn toned(&self, tone: Tone, text: &str) -> String {
        match tone {
            Tone::Good => self.paint(AnsiColor::Green.on_default(), text),
            Tone::Bad => self.paint(AnsiColor::Red.on_default(), text),
            Tone::Neutral => self.dim(text),
        }
    }

    /// Prose, wrapped to the terminal; code spans and long words stay whole, so that they can be copied.
    fn wrapped(&self, text: &str, first: &str, rest: &str) -> String {
        let glued: String = super::remedy::spans(text)
            .into_iter()
            .map(|span| match span {
                super::remedy::Span::Text(text) => text.to_owned(),
                super::remedy::Span::Code(code) => format!("`{code}`").replace(' ', "\u{a0}"),
            })
            .collect();
        let options = textwrap::Options::new(self.options.width.max(40))
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .initial_indent(first)
            .subsequent_indent(rest);
        let mut filled = textwrap::fill(&glued, options).replace('\u{a0}', " ");
        filled.push('\n');
        filled
    }

    fn header(&self) -> String {
        let report = self.report;
        let title = format!(
            "loadproof {}: {}",
            one_line(&report.tool_version),
            one_line(&report.project)
        );
        let mut text = format!("{}\n", self.bold(&title));
        text.push_str(&self.wrapped(&one_line(&environment(report)), "", "  "));
        if let Some(build) = &report.build {
            text.push_str(&self.wrapped(&one_line(&built(build)), "", "  "));
            for file in &build.unread {
                text.push_str(&self.wrapped(&one_line(&format!("skipped: {file}")), "", "  "));
            }
        }
        text.push('\n');
        text.push_str(&self.log_tail());
        text
    }

    fn log_tail(&self) -> String {
        let quoted = |cause: &crate::diagnosis::Diagnosis| {
            cause
                .evidence
                .iter()
                .any(|evidence| evidence.source.starts_with("build log"))
        };
        let Some(build) = self.report.build.as_ref().filter(|build| !build.succeeded) else {
            return String::new();
        };
        if self.report.causes.iter().any(quoted) || build.log_tail.is_empty() {
            return String::new();
        }
        let skipped = build.log_tail.len().saturating_sub(LOG_LINES);
        let shown = build
            .log_tail
            .iter()
            .skip(skipped)
            .map(|line| cause::evidence_line(line));
        let lines: Vec<String> = shown
            .map(|line| format!("  {}\n", self.dim(&line)))
            .collect();
        format!("the last lines of the build log:\n{}\n", lines.concat())
    }

    fn footer(&self) -> String {
        let report = self.report;
        let mut text = String::new();
        if let Some(skipped) = skipped(report) {
            text.push_str(&self.wrapped(&skipped, "", "  "));
        }
        if !report.timings.is_empty() {
            text.push_str(&self.wrapped(&timings(report), "", "  "));
        }
        let outcome = Outcome::of(report, self.options.fail_on);
        let style = match outcome {
            Outcome::Passed => AnsiColor::Green.on_default().bold(),
            Outcome::Failed => style_of(Severity::Error),
            Outcome::NothingToCheck => style_of(Severity::Warning),
        };
        let line = one_line(&verdict::line(report));
        text.push_str(&format!("{}: {line}\n", self.paint(style, outcome.word())));
        text
    }
}

/// `Linux 6.1 x86_64, CPython 3.11.7 x86_64 in /venv, torch 2.15.0`.
pub(super) fn environment(report: &Report) -> String {
    let host = &report.host;
    let mut parts = vec![format!("{} {} {}", host.system, host.version, host.arch)];
    match &report.interpreter {
        None => parts.push("no interpreter answered".to_owned()),
        Some(python) => {
            let rosetta = if python.translated {
                " under Rosetta"
            } else {
                ""
            };
            let place = if python.virtual_environment {
                &python.prefix
            } else {
                &python.executable
            };
            parts.push(format!(
                "{} {}{rosetta} in `{place}`",
                python.version, python.arch
            ));
            match &python.torch {
                None => parts.push("no torch".to_owned()),
                Some(torch) if torch.import_error.is_some() => {
                    parts.push(format!(
                        "torch {} (which cannot be imported)",
                        torch.version
                    ));
                }
                Some(torch) => parts.push(format!("torch {}", torch.version)),
            }
        }
    }
    parts.join(", ")
}

/// What was built; the command only where it failed and may have to be tried by hand.
fn built(build: &BuildSummary) -> String {
    if !build.succeeded {
        return format!("build failed, {}: `{}`", build.ending, build.command);
    }
    match build.produced.as_slice() {
        [] => "built nothing".to_owned(),
        [only] => format!("built {only}"),
        several => format!("built {}", counted(several.len(), "file")),
    }
}

/// `3 of 13 checks skipped: only macOS checks signatures (2), ...`.
fn skipped(report: &Report) -> Option<String> {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for check in &report.checks {
        if let Verdict::Skipped { reason } = &check.verdict {
            match reasons.iter_mut().find(|(known, _)| known == reason) {
                Some((_, count)) => *count += 1,
                None => reasons.push((reason.clone(), 1)),
            }
        }
    }
    let total: usize = reasons.iter().map(|(_, count)| count).sum();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut named: Vec<String> = reasons
        .iter()
        .take(REASONS)
        .map(|(reason, count)| format!("{} ({count})", super::text::cut(&one_line(reason), 200)))
        .collect();
    if reasons.len() > REASONS {
        named.push(counted(reasons.len() - REASONS, "more reason"));
    }
    (total > 0).then(|| {
        format!(
            "{total} of {} skipped: {}",
            counted(report.checks.len(), "check"),
            named.join(", ")
        )
    })
}

/// The work of others by kind of stage, all imports together, then loadproof's own in one number.
fn timings(report: &Report) -> String {
    let mut kinds: Vec<(String, f64)> = Vec::new();
    let (own, others): (Vec<&Timing>, Vec<&Timing>) =
        report.timings.iter().partition(|timing| timing.own);
    for timing in others.into_iter().chain(own) {
        let stage = one_line(&timing.stage);
        let kind = if timing.own {
            "loadproof itself"
        } else {
            stage.split(' ').next().unwrap_or_default()
        };
        match kinds.iter_mut().find(|(known, _)| known == kind) {
            Some((_, seconds)) => *seconds += timing.seconds,
            None => kinds.push((kind.to_owned(), timing.seconds)),
        }
    }
    let parts: Vec<String> = kinds
        .iter()
        .map(|(kind, seconds)| format!("{kind} {}", duration(*seconds)))
        .collect();
    format!("time: {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::{Format, sample};
    use super::*;

    fn shown(report: &Report, options: &Options) -> String {
        String::from_utf8(sample::rendered(report, Format::Terminal, options)).unwrap()
    }

    #[test]
    fn a_failing_run_shows_its_causes_then_the_table_then_the_verdict() {
        let options = Options {
            artifact_hint: Some("hello.loadproof.json".to_owned()),
            ..Options::default()
        };
        insta::assert_snapshot!("terminal_rich", shown(&sample::rich(), &options));
    }

    #[test]
    fn a_healthy_run_is_short() {
        insta::assert_snapshot!(
            "terminal_healthy",
            shown(&sample::healthy(), &Options::default())
        );
    }

    #[test]
    fn a_hostile_run_stays_readable() {
        let text = shown(&sample::hostile(), &Options::default());
        let causes = text
            .lines()
            .filter(|line| line.contains("[import-raised]: "))
            .count();
        assert_eq!(causes, sample::hostile().causes.len());
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest < Some(1200), "a line has {longest:?} characters");
        assert!(
            text.contains("|   text ##[error]three"),
            "evidence is quoted as it was"
        );
        assert!(text.contains("more lines; `--report json` has them all"));
        assert!(
            text.lines()
                .last()
                .is_some_and(|line| line.starts_with("FAILED: 14 errors, 11 warnings, 1 note;"))
        );
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let coloured = shown(
            &sample::rich(),
            &Options {
                colour: true,
                ..Options::default()
            },
        );
        let plain = shown(&sample::rich(), &Options::default());
        assert_ne!(coloured, plain);
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }

    #[test]
    fn a_narrow_terminal_breaks_prose_and_nothing_else() {
        let narrow = shown(
            &sample::rich(),
            &Options {
                width: 50,
                ..Options::default()
            },
        );
        assert!(
            narrow.contains("`pip wheel")
                || narrow.contains("    pip wheel --no-deps --no-build-isolation .")
        );
        assert!(narrow.contains("undefined symbol: _ZN5hello5greetEi\n"));
    }

    #[test]
    fn a_run_without_modules_says_so() {
        let [_, _, empty, ..] = sample::all();
        assert!(
            shown(&empty, &Options::default())
                .ends_with("NOTHING TO CHECK: no native module was found\n")
        );
    }
}
