//! What was warned of, put together: a library with forty members is one finding.

use super::Finding;
use crate::build::{BuildWarning, WarningKind};
use crate::diagnosis::Severity;

/// Groups of one log, files of one group that are told apart, and lines of it that are quoted.
const GROUPS: usize = 8;
const FILES: usize = 64;
const QUOTED: usize = 4;

/// Files of which the same is said.
pub(super) struct Group<'a> {
    /// The two values that are at odds; an empty one where there is but one.
    pub(super) values: (String, String),
    files: Vec<&'a str>,
    /// There may be more files than were told apart.
    full: bool,
    lines: Vec<&'a BuildWarning>,
}

/// The warnings of one kind by their two values, in the log's order.
pub(super) fn groups(
    warnings: &[BuildWarning],
    values: impl Fn(&WarningKind) -> Option<(String, String)>,
) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for warning in warnings {
        let Some(values) = values(&warning.kind) else {
            continue;
        };
        let at = groups.iter().position(|group| group.values == values);
        let at = at.unwrap_or_else(|| {
            groups.push(Group {
                values,
                files: Vec::new(),
                full: false,
                lines: Vec::new(),
            });
            groups.len() - 1
        });
        groups.truncate(GROUPS);
        let Some(group) = groups.get_mut(at) else {
            continue;
        };
        if group.files.contains(&warning.file.as_str()) {
            continue;
        }
        if group.files.len() == FILES {
            group.full = true;
            continue;
        }
        group.files.push(&warning.file);
        if group.lines.len() < QUOTED {
            group.lines.push(warning);
        }
    }
    groups
}

impl Group<'_> {
    /// The first file.
    pub(super) fn file(&self) -> &str {
        self.files.first().copied().unwrap_or_default()
    }

    /// The first warning.
    pub(super) fn first(&self) -> Option<&BuildWarning> {
        self.lines.first().copied()
    }

    /// The first file, and how many more there are.
    pub(super) fn shown(&self) -> String {
        let file = self.file();
        let least = if self.full { "at least " } else { "" };
        match self.files.len() {
            0 | 1 => format!("`{file}`"),
            2 => format!("`{file}` (and 1 more file)"),
            count => format!("`{file}` (and {least}{} more files)", count - 1),
        }
    }

    /// A warning about the first file, with the lines of the log.
    pub(super) fn finding(&self, message: String, remedy: String) -> Finding {
        let finding = Finding::new(message, remedy)
            .subject(self.file())
            .only(Severity::Warning);
        self.quoted(finding)
    }

    /// A finding with the lines of the log.
    pub(super) fn quoted(&self, mut finding: Finding) -> Finding {
        for line in &self.lines {
            finding = finding.evidence(format!("build log line {}", line.log_line), &line.text);
        }
        finding
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::Severity;
    use crate::rules::Finding;
    use crate::rules::testing::Case;

    fn said(log: &str) -> Vec<(&'static str, Finding)> {
        let found = Case::macos().warned(log);
        for (_, finding) in &found {
            assert_eq!(finding.severity, Some(Severity::Warning));
        }
        found
    }

    #[test]
    fn the_members_of_a_library_are_one_finding() {
        let member = |number: usize, library: &str| {
            format!(
                "ld: warning: object file (/o/{library}[{number}](m{number}.o)) was built for newer 'macOS' version (14.0) than being linked (11.0)\n"
            )
        };
        let log: String = (0..40).map(|number| member(number, "libz.a")).collect();
        let [(id, one)] = said(&log).try_into().expect("one finding");
        assert_eq!(id, "deployment-target-conflict");
        assert_eq!(
            one.message,
            "`/o/libz.a` is built for macOS 14.0 and linked into what is built for 11.0"
        );
        assert_eq!(one.subject.as_deref(), Some("/o/libz.a"));
        assert_eq!(one.evidence.len(), 1);
        let log = log + &member(0, "liby.a") + &member(0, "libx.a");
        let [(_, more)] = said(&log).try_into().expect("one finding");
        assert!(
            more.message
                .starts_with("`/o/libz.a` (and 2 more files) is")
        );
    }

    #[test]
    fn a_library_for_another_processor_is_named_with_both() {
        let log = "ld: warning: ignoring file '/o/libz.dylib': found architecture 'arm64', required architecture 'x86_64'\n";
        let [(id, finding)] = said(log).try_into().expect("one finding");
        assert_eq!(id, "arch-mismatch");
        assert_eq!(
            finding.message,
            "the linker left out `/o/libz.dylib` for arm64: x86_64 is linked"
        );
        assert_eq!(finding.facts["need_arch"], "x86_64");
    }

    #[test]
    fn a_log_of_thousands_of_them_stays_a_few_findings() {
        let line = |number: usize| {
            format!(
                "ld64.lld: warning: /o/lib{number}.a has version 14.{}, which is newer than target minimum of 11.0\n",
                number % 100
            )
        };
        let log: String = (0..20_000).map(line).collect();
        let found = said(&log);
        assert_eq!(found.len(), super::GROUPS);
        assert!(found[0].1.message.contains("(and at least 63 more files)"));
        assert!(
            found
                .iter()
                .all(|(_, one)| one.evidence.len() == super::QUOTED)
        );
    }

    #[test]
    fn a_healthy_log_says_nothing() {
        assert_eq!(
            said("ld: warning: duplicate -rpath '/opt/lib' ignored\nok\n"),
            []
        );
    }
}
