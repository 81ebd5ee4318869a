//! Causes of which a terminal shows one and names the others: a file of which twenty libraries were forgotten has one
//! fault and not twenty.

use super::{Page, style_of};
use crate::diagnosis::{Diagnosis, Place};
use crate::render::text::one_line;

/// So many that are alike are still shown in full.
const SHOWN: usize = 3;

impl Page<'_> {
    /// Every cause, in the report's order; of many that are alike, the first and the names of the others.
    pub(super) fn causes(&self) -> String {
        let causes = &self.report.causes;
        let mut text = String::new();
        for (index, cause) in causes.iter().enumerate() {
            let alike: Vec<usize> = (0..causes.len())
                .filter(|other| causes.get(*other).is_some_and(|it| are_alike(cause, it)))
                .collect();
            let is_first = alike.first().is_none_or(|first| *first == index);
            if alike.len() <= SHOWN {
                text.push_str(&self.cause(cause));
            } else if is_first {
                let others = alike.iter().skip(1).filter_map(|other| causes.get(*other));
                text.push_str(&self.cause(cause));
                text.push_str(&self.named(cause, &others.collect::<Vec<_>>()));
            }
        }
        text
    }

    fn named(&self, first: &Diagnosis, others: &[&Diagnosis]) -> String {
        let head = format!("{}[{}]", first.severity, first.rule);
        let subjects: Vec<String> = others
            .iter()
            .filter_map(|cause| cause.subject.as_deref())
            .map(|subject| format!("`{}`", one_line(subject)))
            .collect();
        let of = match predicate(first) {
            Some(_) => String::new(),
            None => format!(" of `{}`", one_line(&first.place.to_string())),
        };
        let line = format!(
            "{head}: {} more{of} like it: {}",
            others.len(),
            subjects.join(", ")
        );
        let wrapped = self.wrapped(&line, "", "  ");
        let painted = self.paint(style_of(first.severity), &head);
        let note = "  each in full in `--report json`\n\n";
        wrapped.replacen(&head, &painted, 1) + &self.dim(note)
    }
}

/// A line of a source is shown with what it says; so only causes in finished files are alike.
fn are_alike(a: &Diagnosis, b: &Diagnosis) -> bool {
    matches!(a.place, Place::Artifact { .. })
        && a.subject.is_some()
        && b.subject.is_some()
        && (a.rule, a.severity, a.certainty) == (b.rule, b.severity, b.certainty)
        && match (predicate(a), predicate(b)) {
            (None, None) => (&a.place, &a.modules) == (&b.place, &b.modules),
            (a, b) => a == b,
        }
}

/// What a message says of its subject, where it begins with that: the fault is the subject's own, whatever it breaks.
fn predicate(cause: &Diagnosis) -> Option<&str> {
    let subject = cause.subject.as_deref()?;
    let rest = cause.message.strip_prefix('`')?.strip_prefix(subject)?;
    rest.strip_prefix('`')
}

#[cfg(test)]
mod tests {
    use super::super::{Options, causes};
    use crate::diagnosis::Place;
    use crate::render::sample;
    use crate::report::Report;

    /// One fault, `count` times with another subject.
    fn report(count: usize, place: &Place) -> Report {
        let mut report = sample::rich();
        let first = report.causes.swap_remove(0);
        report.causes = (0..count)
            .map(|index| {
                let mut cause = first.clone();
                cause.place = place.clone();
                cause.subject = Some(format!("@rpath/lib{index}.dylib"));
                cause.message = format!("`x.so` needs `@rpath/lib{index}.dylib`");
                cause
            })
            .collect();
        report
    }

    fn shown(report: &Report) -> (usize, usize) {
        let text = causes(report, &Options::default());
        let named = (0..report.causes.len())
            .filter(|index| text.contains(&format!("`@rpath/lib{index}.dylib`")));
        (text.matches("-->").count(), named.count())
    }

    #[test]
    fn many_of_one_file_are_one_with_the_names_of_the_others() {
        let file = Place::Artifact {
            path: "x.so".to_owned(),
            arch: None,
        };
        assert_eq!(shown(&report(3, &file)), (3, 3));
        assert_eq!(shown(&report(9, &file)), (1, 9));
        // Nothing is said to be like what concerns another module.
        let mut mixed = report(9, &file);
        mixed.causes[4].modules.push("y.so".to_owned());
        assert_eq!(shown(&mixed), (2, 9));
    }

    #[test]
    fn many_files_with_one_fault_are_one_with_the_names_of_the_others() {
        let mut report = report(9, &Place::Project);
        for (index, cause) in report.causes.iter_mut().enumerate() {
            let path = format!("x{index}.so");
            cause.modules.push(path.clone());
            cause.place = Place::Artifact { path, arch: None };
            cause.message = format!("`@rpath/lib{index}.dylib` is built for a newer macOS");
        }
        assert_eq!(shown(&report), (1, 9));
        report.causes[4].message.push_str(" than that");
        assert_eq!(shown(&report), (2, 9));
    }
}
