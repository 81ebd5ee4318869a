//! A line of a log, of a mail or of an issue as the program printed it: without what logs and people put around it.

use std::sync::LazyLock;

use regex::Regex;

/// A longer line is cut: a log may hold a line of any length, and no message that is known is longer.
const LONGEST: usize = 16 * 1024;

/// The escape sequences of terminals: colours, hyperlinks.
static ESCAPES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
        .expect("a regular expression of ours")
});

/// The clock of CI systems, of Docker's build log and of loggers; quoting; the gutters of pip and of pagers; pytest's
/// mark.
static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    let clock = r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?(?:\s|$)|\[\d\d:\d\d:\d\d(?:\.\d+)?\]\s|\d\d:\d\d:\d\d(?:\.\d+)?\s|#\d+ \d+\.\d+\s";
    let quoting = r"\s*>(?:\s|$)";
    let gutter = r"\s*\d*\s*│\s?";
    let pytest = r"E\s{2,}";
    Regex::new(&format!("^(?:{clock}|{quoting}|{gutter}|{pytest})"))
        .expect("a regular expression of ours")
});

/// The line without colours, clock, quoting, fence and entities.
pub(super) fn clean(raw: &str) -> String {
    let end = raw
        .char_indices()
        .map(|(at, _)| at)
        .take_while(|at| *at < LONGEST)
        .last();
    let raw = match end {
        Some(end) if raw.len() > LONGEST => raw.get(..end).unwrap_or(raw),
        _ => raw,
    };
    let raw = raw.trim_end();
    let text = if raw.contains('\x1b') {
        ESCAPES.replace_all(raw, "")
    } else {
        raw.into()
    };
    let mut rest: &str = &text;
    while let Some(prefix) = PREFIX.find(rest).filter(|prefix| !prefix.is_empty()) {
        rest = rest.get(prefix.end()..).unwrap_or_default();
    }
    let rest = rest.trim_matches('`');
    if rest.contains('&') {
        unescape(rest)
    } else {
        rest.to_owned()
    }
}

fn unescape(text: &str) -> String {
    const ENTITIES: [(&str, &str); 7] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    let mut text = text.to_owned();
    for (entity, character) in ENTITIES {
        text = text.replace(entity, character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn what_logs_and_people_put_around_a_line_is_taken_off() {
        for (raw, line) in [
            (
                "2026-11-01T10:00:00.0000001Z ImportError: x",
                "ImportError: x",
            ),
            ("[2026-11-01T10:00:00Z] ImportError: x", "ImportError: x"),
            ("\x1b[31;1mImportError\x1b[0m: x\r", "ImportError: x"),
            ("> > > ImportError: x", "ImportError: x"),
            ("  27   │ ImportError: x", "ImportError: x"),
            ("E   ImportError: x", "ImportError: x"),
            ("`ImportError: x`", "ImportError: x"),
            (
                "Referenced from: &lt;no uuid&gt; /x &amp;lt;",
                "Referenced from: <no uuid> /x &lt;",
            ),
            (">>> import torch", ">>> import torch"),
        ] {
            assert_eq!(clean(raw), line, "{raw:?}");
        }
    }

    #[test]
    fn a_line_of_any_length_is_cut_at_a_character() {
        let long = "ä".repeat(100_000);
        assert!(clean(&long).len() <= super::LONGEST);
    }
}
