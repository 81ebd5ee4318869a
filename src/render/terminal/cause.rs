//! A cause, and a gap in loadproof, in the shape of a compiler's message.

use anstyle::{AnsiColor, Style};

use super::{Page, style_of};
use crate::diagnosis::{Diagnosis, Place, Severity, Source};
use crate::render::remedy::{Block, blocks};
use crate::render::row::{module_name, module_names, situation};
use crate::render::snippet::{Snippets, snippets};
use crate::render::text::{clean, counted, cut, one_line};
use crate::render::{symbol, verdict};
use crate::report::Disagreement;
use crate::rules::{LOAD, TRIED};

/// Characters of a message.
const MESSAGE: usize = 1000;
/// Lines of one piece of evidence, and characters of one line.
const EVIDENCE_LINES: usize = 20;
const EVIDENCE_LINE: usize = 400;
/// Modules that are named.
const MODULES: usize = 6;
/// Evidence of which a cause shows one piece.
const ONCE: [&str; 2] = [TRIED, LOAD];
/// Secondary places that are named.
const RELATED: usize = 5;
/// Digits of a line number for which the margin has room without being moved.
const GUTTER: usize = 2;

impl Page<'_> {
    pub(super) fn cause(&self, cause: &Diagnosis) -> String {
        let head = format!("{}[{}]", cause.severity, cause.rule);
        let message = one_line(&cause.message);
        let mut text = format!(
            "{}: {}\n",
            self.paint(style_of(cause.severity), &head),
            self.bold(&cut(&message, MESSAGE))
        );
        let snippets = self.snippets(cause);
        let digits = snippets.as_ref().map_or(0, |snippets| snippets.digits);
        match snippets {
            Some(Snippets {
                text: lines,
                digits,
            }) => {
                text.push_str(&indented(&lines, GUTTER.saturating_sub(digits)));
            }
            None => text.push_str(&self.place(cause)),
        }
        let grounds = self.grounds(cause);
        text.push_str(&indented(&grounds, digits.saturating_sub(GUTTER)));
        text.push_str(&self.remedy(&cause.remedy));
        text.push('\n');
        text
    }

    fn snippets(&self, cause: &Diagnosis) -> Option<Snippets> {
        let Place::Source(source) = &cause.place else {
            return None;
        };
        let label = cause.label.as_deref();
        snippets(source, label, &cause.related, cause.severity, self.options)
    }

    /// Places in words, where their lines are not at hand.
    fn place(&self, cause: &Diagnosis) -> String {
        let likely = |source: &Source| if source.likely { " (likely)" } else { "" };
        let mark = match &cause.place {
            Place::Source(source) => likely(source),
            Place::Artifact { .. } | Place::Project => "",
        };
        let shown = one_line(&cause.place.to_string());
        let mut text = self.gutter("-->", &format!("{shown}{mark}"));
        if let Some(label) = &cause.label {
            text.push_str(&self.fact("note", &cut(&one_line(label), EVIDENCE_LINE)));
        }
        for related in cause.related.iter().take(RELATED) {
            let place = one_line(&related.place.to_string());
            let label = one_line(&related.label);
            let mark = likely(&related.place);
            text.push_str(&self.gutter(
                ":::",
                &format!("{place}{mark}: {}", cut(&label, EVIDENCE_LINE)),
            ));
        }
        text
    }

    /// What was seen, what is touched, and how sure it is.
    fn grounds(&self, cause: &Diagnosis) -> String {
        let mut text = String::new();
        if let Some((mangled, readable)) = readable_symbol(cause) {
            text.push_str(&self.bar(""));
            text.push_str(&self.bar(&format!("{mangled} is {readable}")));
        }
        let mut shown: Vec<&str> = Vec::new();
        let mut alike: usize = 0;
        for evidence in &cause.evidence {
            let source = evidence.source.as_str();
            // Each image that lacks one library was looked for in much the same places.
            if ONCE.contains(&source) && shown.contains(&source) {
                alike = alike.saturating_add(1);
                continue;
            }
            shown.push(source);
            text.push_str(&self.bar(""));
            text.push_str(&self.bar(&format!(
                "{}:",
                cut(&one_line(&evidence.source), EVIDENCE_LINE)
            )));
            text.push_str(&self.quote(&evidence.text));
        }
        if alike > 0 {
            let more = counted(alike, "more piece");
            let note = format!("… {more} of evidence like it; `--report json` has them all");
            text.push_str(&self.bar(""));
            text.push_str(&self.bar(&self.dim(&note)));
        }
        text.push_str(&self.bar(""));
        if let Some(modules) = self.touched_modules(cause) {
            let verb = if cause.severity == Severity::Error {
                "breaks"
            } else {
                "concerns"
            };
            text.push_str(&self.fact(verb, &modules));
        }
        let (word, meaning) = verdict::certainty(cause.certainty);
        text.push_str(&self.fact(word, meaning));
        text
    }

    pub(super) fn disagreement(&self, gap: &Disagreement) -> String {
        let style = AnsiColor::Magenta.on_default().bold();
        let title = format!(
            "{} ({})",
            one_line(module_name(self.report, &gap.module)),
            situation(&gap.situation)
        );
        let mut text = format!(
            "{}: {}\n",
            self.paint(style, "gap in loadproof"),
            self.bold(&cut(&title, MESSAGE))
        );
        text.push_str(&self.bar(&format!("predicted: {}", evidence_line(&gap.predicted))));
        text.push_str(&self.bar(&format!("observed:  {}", evidence_line(&gap.observed))));
        let file = match &self.options.artifact_hint {
            Some(file) => format!("please attach `{}`", one_line(file)),
            None => "please run again with `--record FILE` and attach that file".to_owned(),
        };
        let ask =
            format!("this is an error of loadproof, not of the project; to have it mended, {file}");
        text.push_str(&self.labelled("help:", &ask));
        text.push('\n');
        text
    }

    fn quote(&self, evidence: &str) -> String {
        let cleaned = clean(evidence);
        let lines: Vec<&str> = cleaned.trim_end().lines().collect();
        let mut text = String::new();
        for line in lines.iter().take(EVIDENCE_LINES) {
            text.push_str(&self.bar(&format!("  {}", evidence_line(line))));
        }
        if lines.len() > EVIDENCE_LINES {
            let more = counted(lines.len() - EVIDENCE_LINES, "more line");
            text.push_str(
                &self.bar(&self.dim(&format!("  … {more}; `--report json` has them all"))),
            );
        }
        text
    }

    /// The remedy as prose, its commands on lines of their own.
    fn remedy(&self, remedy: &str) -> String {
        let mut text = String::new();
        for block in blocks(&clean(remedy)) {
            match block {
                Block::Paragraph(words) if text.is_empty() => {
                    text.push_str(&self.labelled("help:", &words));
                }
                Block::Paragraph(words) => text.push_str(&self.wrapped(&words, "      ", "      ")),
                Block::Item(marker, words) => {
                    let first = format!("      {marker} ");
                    let rest = " ".repeat(first.len());
                    text.push_str(&self.wrapped(&words, &first, &rest));
                }
                Block::Code(lines) => {
                    for line in lines {
                        text.push_str(format!("          {line}").trim_end());
                        text.push('\n');
                    }
                }
            }
        }
        text
    }

    fn labelled(&self, label: &str, words: &str) -> String {
        let filled = self.wrapped(words, &format!("{label} "), "      ");
        let rest = filled.strip_prefix(label).unwrap_or(&filled);
        format!(
            "{}{rest}",
            self.paint(AnsiColor::Green.on_default().bold(), label)
        )
    }

    /// The modules that a cause is about, unless its place has said it.
    fn touched_modules(&self, cause: &Diagnosis) -> Option<String> {
        if let (Place::Artifact { path, .. }, [only]) = (&cause.place, cause.modules.as_slice())
            && path == only
        {
            return None;
        }
        let show = |name: &str| cut(&one_line(name), EVIDENCE_LINE).into_owned();
        let names = module_names(self.report, &cause.modules, MODULES, show);
        (!names.is_empty()).then_some(names)
    }

    fn gutter(&self, sign: &str, text: &str) -> String {
        format!("  {} {text}\n", self.paint(blue(), sign))
    }

    fn bar(&self, text: &str) -> String {
        let line = format!("   {} {text}", self.paint(blue(), "|"));
        format!("{}\n", line.trim_end())
    }

    fn fact(&self, name: &str, text: &str) -> String {
        format!("   {} {name}: {text}\n", self.paint(blue(), "="))
    }
}

/// Every line moved to the right.
fn indented(text: &str, by: usize) -> String {
    let margin = " ".repeat(by);
    text.lines()
        .map(|line| format!("{margin}{line}\n"))
        .collect()
}

fn blue() -> Style {
    AnsiColor::BrightBlue.on_default().bold()
}

/// One line of a log or a message, in a length that a terminal bears.
pub(super) fn evidence_line(line: &str) -> String {
    cut(&one_line_keeping_indent(line), EVIDENCE_LINE).into_owned()
}

/// Carets under a source line need their blanks.
fn one_line_keeping_indent(line: &str) -> String {
    clean(line).replace('\n', " ").trim_end().to_owned()
}

fn readable_symbol(cause: &Diagnosis) -> Option<(String, String)> {
    let candidates = [cause.facts.get("symbol"), cause.subject.as_ref()];
    candidates.into_iter().flatten().find_map(|name| {
        symbol::demangled(name).map(|readable| (one_line(name), one_line(&readable)))
    })
}

#[cfg(test)]
mod tests {
    use super::{LOAD, ONCE};
    use crate::diagnosis::Evidence;
    use crate::render::{Format, Options, sample};

    #[test]
    fn one_list_of_tried_paths_is_enough_and_a_name_is_said_once() {
        let mut report = sample::rich();
        report.causes.truncate(1);
        let cause = &mut report.causes[0];
        let source = |index: usize| ONCE[index % 2].to_owned();
        let piece = |index| Evidence {
            source: source(index),
            text: format!("piece {index}"),
        };
        cause.evidence = (0..6).map(piece).collect();
        cause.modules = vec![
            "a/x.so".to_owned(),
            "a/x.so".to_owned(),
            "a/y.so".to_owned(),
        ];
        let shown = sample::rendered(&report, Format::Terminal, &Options::default());
        let shown = String::from_utf8(shown).expect("text");
        assert!(shown.contains("piece 0") && shown.contains("piece 1"));
        assert!(!shown.contains("piece 2"), "{shown}");
        assert_eq!(shown.matches(&format!("{LOAD}:")).count(), 1, "{shown}");
        assert!(
            shown.contains("… 4 more pieces of evidence like it"),
            "{shown}"
        );
        assert!(shown.contains(": a/x.so, a/y.so\n"), "{shown}");
    }
}
