//! CMake's language: commands with their arguments, and the bytes where they stand.

/// Commands of a file that are read.
const COMMANDS: usize = 20_000;

/// `name(argument "argument" ...)`.
pub(super) struct Command<'t> {
    pub(super) name: &'t str,
    /// The bytes from the name to the closing bracket.
    pub(super) span: (usize, usize),
    pub(super) arguments: Vec<Argument<'t>>,
}

pub(super) struct Argument<'t> {
    pub(super) text: &'t str,
    /// With its quotes.
    pub(super) span: (usize, usize),
    pub(super) quoted: bool,
}

/// The commands of a file. What is no command is skipped.
pub(super) fn commands(text: &str) -> Vec<Command<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() <= COMMANDS {
        at = blank(text, at);
        let rest = text.get(at..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        let bracket = after.len() - after.trim_start_matches([' ', '\t']).len();
        if name.is_empty() || !after.get(bracket..).unwrap_or_default().starts_with('(') {
            at += length.max(rest.chars().next().map_or(1, char::len_utf8));
            continue;
        }
        let (arguments, end) = arguments(text, at + length + bracket + 1);
        found.push(Command {
            name,
            span: (at, end),
            arguments,
        });
        at = end;
    }
    found
}

/// Where something begins that is neither blank nor comment.
fn blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let Some(comment) = trimmed.strip_prefix('#') else {
            return at;
        };
        at += 1 + match comment.strip_prefix("[[") {
            Some(long) => 2 + long.find("]]").map_or(long.len(), |end| end + 2),
            None => comment.find('\n').unwrap_or(comment.len()),
        };
    }
}

/// The arguments up to the closing bracket, and where that is.
fn arguments(text: &str, mut at: usize) -> (Vec<Argument<'_>>, usize) {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    loop {
        at = blank(text, at);
        let rest = text.get(at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            return (found, text.len());
        };
        match first {
            ')' if depth == 0 => return (found, at + 1),
            ')' => {
                depth -= 1;
                at += 1;
            }
            '(' => {
                depth += 1;
                at += 1;
            }
            '"' => {
                let inside = rest.get(1..).unwrap_or_default();
                let length = quoted(inside);
                found.push(Argument {
                    text: inside.get(..length).unwrap_or_default(),
                    span: (at, (at + length + 2).min(text.len())),
                    quoted: true,
                });
                at = (at + length + 2).min(text.len());
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || ['(', ')', '"', '#'].contains(&c);
                let length = rest.find(ends).unwrap_or(rest.len()).max(first.len_utf8());
                found.push(Argument {
                    text: rest.get(..length).unwrap_or_default(),
                    span: (at, at + length),
                    quoted: false,
                });
                at += length;
            }
        }
    }
}

/// Bytes up to the closing quote.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => return at,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}
