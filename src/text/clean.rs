//! A line of a log, of a mail or of an issue as the program printed it: without what logs and people put around it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::pattern::compiled;

/// A longer line is cut: a log may hold a line of any length, and no message that is known is longer.
const LONGEST: usize = 16 * 1024;

/// The escape sequences of terminals: colours, hyperlinks, the clock of Buildkite. A colour whose escape character was
/// lost when the log was copied keeps its bracket.
static ESCAPES: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[\]_][^\x07\x1b]*(?:\x07|\x1b\\)|\[\d{1,3}(?:;\d{1,3})*m",
    )
});

/// What stands before the program's own words: the clock of CI systems, of Docker's build log and of loggers; the job
/// and step of a downloaded log; workflow commands; quoting; the gutters of pip and of pagers; pytest's mark.
static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    const CLOCK: &str =
        r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?(?:\s|$)";
    let prefixes = [
        CLOCK,
        &format!(r"[^\t]{{1,80}}\t[^\t]{{1,80}}\t\x{{feff}}?{CLOCK}"),
        // GitLab's stream and continuation behind its clock: `00O `, `01E+`.
        r"\d\d[OE](?:[ +]|$)",
        r"section_(?:start|end):\d+:\S+\s?",
        r"travis_(?:fold|time):\S+\s?",
        r"\[\d\d:\d\d:\d\d(?:\.\d+)?\]\s?(?::\s+)?(?:\[Step \d+/\d+\]\s?)?",
        r"\d\d:\d\d:\d\d(?:\.\d+)?(?:\s{1,2}|$)",
        r"#\d+ \d+\.\d+(?:\s|$)",
        r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [\w./-]+(?:\[\d+\])?:(?:\s|$)",
        r"[\w.]+[-_]\d+\s+\|(?:\s|$)",
        r"\[(?:DEBUG|INFO|WARNING|ERROR) *\](?:\s|$)",
        r"##\[(?:error|warning|debug|section|command|group|endgroup)\]",
        r"::(?:error|warning|notice)[^:]*::",
        r"\s*>(?:\s|$)",
        r"\s*\d*\s*[│┃║]\s?",
        r"E\s{2,}",
    ];
    compiled(&format!("^(?:{})", prefixes.join("|")))
});

/// The line without colours, clock, quoting, fence and entities.
pub(super) fn clean(raw: &str) -> String {
    let raw = shortened(raw).trim_end();
    // A progress bar writes its line again and again.
    let raw = raw.rsplit('\r').find(|part| !part.is_empty()).unwrap_or("");
    let text = if raw.contains('\x1b') || raw.contains('[') {
        ESCAPES.replace_all(raw, "")
    } else {
        raw.into()
    };
    let text = if text.contains('&') || text.contains("<br") {
        unescape(&text).into()
    } else {
        text
    };
    let mut rest: &str = &text;
    while let Some(prefix) = PREFIX.find(rest).filter(|prefix| !prefix.is_empty()) {
        rest = rest.get(prefix.end()..).unwrap_or_default();
    }
    // A test that pytest was told would fail.
    if rest.starts_with("XFAIL ") {
        return String::new();
    }
    let rest = rest.trim_matches('`');
    let rest = rest.trim_end_matches(['│', '┃', '║']).trim_end();
    rest.to_owned()
}

/// Columns that the line has on a terminal.
pub(super) fn width(raw: &str) -> usize {
    let raw = shortened(raw).trim_end_matches(['\r', '\n']);
    ESCAPES.replace_all(raw, "").chars().count()
}

fn shortened(raw: &str) -> &str {
    let mut end = LONGEST.min(raw.len());
    while !raw.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    raw.get(..end).unwrap_or(raw)
}

fn unescape(text: &str) -> String {
    const ENTITIES: [(&str, &str); 10] = [
        ("<br>", "\n"),
        ("<br/>", "\n"),
        ("<br />", "\n"),
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

/// How Python opens a text that it prints inside a list or as bytes, and how it ends it: `['`, `b'`, `[b"`.
static OPENED: LazyLock<Regex> = LazyLock::new(|| compiled(r#"(^|[^\w'"])(?:\[b?|b)['"]"#));
static CLOSED: LazyLock<Regex> = LazyLock::new(|| compiled(r#"(?:\\n)?['"][\]),]*$"#));

/// The line for comparing: with straight quotes, and with the line breaks that a program wrote as `\n`, as Python does
/// for a text inside a list.
pub(super) fn straight(text: &str) -> Cow<'_, str> {
    const CURLY: [char; 4] = ['‘', '’', '“', '”'];
    if let Some(reasons) = reasons(text) {
        return Cow::Owned(reasons);
    }
    let whole = text.starts_with(['[', 'b']) && OPENED.find(text).is_some_and(|it| it.start() == 0);
    if !text.contains(CURLY) && !text.contains('\\') && !whole {
        return Cow::Borrowed(text);
    }
    let text = text.replace(['‘', '’'], "'").replace(['“', '”'], "\"");
    // In a path of Windows the same characters stand for themselves.
    if has_drive(&text) || (!text.contains('\\') && !whole) {
        return Cow::Owned(text);
    }
    let text = match OPENED.replace(&text, "$1\n") {
        Cow::Owned(inside) if whole || text.contains("\\n") => {
            CLOSED.replace(&inside, "").into_owned()
        }
        _ => text,
    };
    let text = text.replace("\\n", "\n").replace("\\t", "\t");
    let text = text.replace("\\'", "'").replace("\\\"", "\"");
    let lines: Vec<String> = text.split('\n').map(clean).collect();
    Cow::Owned(lines.join("\n"))
}

/// The lines that a crash report of macOS 12 and newer, which is JSON, has as a list of texts.
fn reasons(text: &str) -> Option<String> {
    let (before, list) = text.split_once("\"reasons\"")?;
    let list = list.trim_start().strip_prefix(':')?;
    let mut lists = serde_json::Deserializer::from_str(list).into_iter::<Vec<String>>();
    let lines = lists.next()?.ok()?.join("\n");
    let rest = list.get(lists.byte_offset()..).unwrap_or_default();
    Some(format!("{before}\n{lines}\n{rest}"))
}

/// `C:\` stands in the line.
fn has_drive(text: &str) -> bool {
    text.match_indices(":\\").any(|(at, _)| {
        let mut before = text.get(..at).unwrap_or_default().chars().rev();
        before.next().is_some_and(|c| c.is_ascii_uppercase())
            && !before.next().is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::{clean, straight};

    #[test]
    fn what_logs_and_people_put_around_a_line_is_taken_off() {
        for (raw, line) in [
            (
                "2026-11-01T10:00:00.0000001Z ImportError: x",
                "ImportError: x",
            ),
            ("[2026-11-01T10:00:00Z] ImportError: x", "ImportError: x"),
            (
                "2026-11-01T10:00:00.000001Z 00O ImportError: x",
                "ImportError: x",
            ),
            (
                "build\tRun tests\t2026-11-01T10:00:00.0000001Z ImportError: x",
                "ImportError: x",
            ),
            (
                "Nov  1 10:00:00 mac-mini python[123]: ImportError: x",
                "ImportError: x",
            ),
            ("[10:00:00] :\t [Step 2/3] ImportError: x", "ImportError: x"),
            (
                "\x1b_bk;t=1700000000000\x07ImportError: x",
                "ImportError: x",
            ),
            (
                "travis_time:start:0a1b2c\r\x1b[0KImportError: x",
                "ImportError: x",
            ),
            ("##[error]ImportError: x", "ImportError: x"),
            ("::error file=a.py,line=1::ImportError: x", "ImportError: x"),
            ("web-1  | ImportError: x", "ImportError: x"),
            ("#12 1.234 ImportError: x", "ImportError: x"),
            ("[31mImportError[0m: x", "ImportError: x"),
            ("\x1b[31;1mImportError\x1b[0m: x\r", "ImportError: x"),
            ("> > > ImportError: x", "ImportError: x"),
            ("  27   │ ImportError: x", "ImportError: x"),
            ("│ ImportError: x           │", "ImportError: x"),
            ("E   ImportError: x", "ImportError: x"),
            ("`ImportError: x`", "ImportError: x"),
            (
                "Referenced from: &lt;no uuid&gt; /x &amp;lt;",
                "Referenced from: <no uuid> /x &lt;",
            ),
            (">>> import torch", ">>> import torch"),
            ("[1/3] clang++ -c a.cpp", "[1/3] clang++ -c a.cpp"),
        ] {
            assert_eq!(clean(raw), line, "{raw:?}");
        }
    }

    #[test]
    fn a_line_of_any_length_is_cut_at_a_character() {
        let long = "ä".repeat(100_000);
        assert!(clean(&long).len() <= super::LONGEST);
    }

    #[test]
    fn quotes_and_written_line_breaks_are_straightened() {
        for (text, line) in [
            (
                r"['dlopen(/x, 6): y\n  Referenced', 'z']",
                "\ndlopen(/x, 6): y\n  Referenced', 'z",
            ),
            (r"C:\new\tools", r"C:\new\tools"),
            ("“_C.so” can’t", "\"_C.so\" can't"),
            (r"it\'s", "it's"),
            ("plain", "plain"),
            ("end\\", "end\\"),
            (r"last):\n  from:\nx", "last):\n  from:\nx"),
            (r"> a\n> ld: b", "a\nld: b"),
            (r"stderr: b'ld: a\nld: b\n'", "stderr:\nld: a\nld: b"),
            (r"[b'it\'s\n']", "\nit's"),
            (r"lib'x\ny'", "lib'x\ny'"),
            (r"['ld: a']", "\nld: a"),
            (r"x = ['ld: a']", "x = ['ld: a']"),
        ] {
            assert_eq!(straight(text), line, "{text:?}");
        }
    }
}
