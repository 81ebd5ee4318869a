//! Rules as text: the table of all, the page of one.

use std::fmt::Write;

use super::{RULES, Rule};

/// A Markdown table of every rule, sorted by id.
pub fn table_markdown() -> String {
    let mut table = "| Rule | Severity | Stages | What is wrong |\n|---|---|---|---|\n".to_owned();
    for rule in RULES {
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            rule.id,
            rule.severity,
            stages(rule).join(", "),
            rule.summary
        );
    }
    table
}

/// A rule's page, as Markdown: title, summary, and its sections.
pub fn page(rule: &Rule) -> String {
    format!(
        "# {}\n\n{}. Severity: {}; recognised in: {}.\n\n{}",
        rule.id,
        capitalised(rule.summary),
        rule.severity,
        stages(rule).join(", "),
        rule.explanation
    )
}

/// The stages at which it can be recognised, in the order of a run.
fn stages(rule: &Rule) -> Vec<&'static str> {
    let order = [
        "environment",
        "build",
        "wheel",
        "module",
        "load",
        "import",
        "text",
    ];
    let has = |stage: &&&str| {
        rule.inspect
            .iter()
            .any(|inspect| inspect.stage() == **stage)
    };
    order.iter().filter(has).copied().collect()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{page, table_markdown};
    use crate::rules::{RULES, find};

    #[test]
    fn the_table_has_a_row_per_rule_and_no_broken_cell() {
        let table = table_markdown();
        assert_eq!(table.lines().count(), RULES.len() + 2);
        for line in table.lines() {
            assert_eq!(line.matches('|').count(), 5, "{line}");
        }
    }

    #[test]
    fn a_page_starts_with_the_name_and_the_summary() {
        let rule = find("module-init-missing").expect("a rule");
        let text = page(rule);
        let head = "# module-init-missing\n\nThe file does not define the PyInit_ function of its module name. \
                    Severity: error; recognised in: module, import.\n\n## What it means\n";
        assert!(text.starts_with(head), "{text}");
    }
}
