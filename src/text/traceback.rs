//! The frames of Python's tracebacks: which files imported which.

use std::sync::LazyLock;

use super::pattern::Pattern;

/// A frame of a traceback, as Python prints it and as pytest and IPython do.
static FRAME: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::wrapping(
        r#"File "([^"\n]+)", line \d+(?:, in [^\n]*)?|([^\s:]+\.py):\d+: in \S+|(?:^|\n)(?:File )?([~/][^\s:]+\.py)(?:(?::\d+)?,? in [\w<]|:\d+\n)"#,
    )
});

/// The files of a traceback's frames, the last call last.
pub(super) fn frames(text: &str) -> Vec<&str> {
    let files = FRAME
        .captures_iter(text)
        .filter_map(|frame| frame.get(1).or(frame.get(2)).or(frame.get(3)));
    files.map(|file| file.as_str()).collect()
}

/// The statement of the last frame: the last line before the error, or the one that IPython's arrow points at.
pub(super) fn statement(before: &str) -> Option<&str> {
    let lines = || before.lines().rev().map(str::trim);
    let arrow = lines().take(12).find_map(|line| {
        let (_, pointed) = line.strip_prefix("--")?.split_once("> ")?;
        Some(pointed.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' '))
    });
    // A frame that was as long as the terminal is wide may have its statement behind it.
    let last = lines().find(|line| !line.is_empty());
    let last = last.map(|line| {
        line.rsplit_once("in <module> ")
            .map_or(line, |it| it.1.trim())
    });
    arrow.or(last)
}

/// A file of what is installed, of the standard library, or of no file at all.
pub(super) fn is_installed(file: &str) -> bool {
    let places = [
        "site-packages/",
        "site-packages\\",
        "dist-packages/",
        "/lib/python",
        "<",
    ];
    places.iter().any(|place| file.contains(place))
}

/// A module that a file of the user's answered for.
pub(super) struct Hidden<'a> {
    pub(super) module: &'a str,
    /// The file that answered.
    pub(super) file: &'a str,
    /// Its frame.
    pub(super) frame: regex::Match<'a>,
}

/// A frame of what is installed whose statement imports a module, and below it a file of that name elsewhere.
pub(super) fn answered_by_another(text: &str) -> Option<Hidden<'_>> {
    let found: Vec<_> = FRAME.captures_iter(text).collect();
    found.windows(2).find_map(|pair| {
        let [asker, answer] = pair else { return None };
        let file = |frame: &regex::Captures<'_>| {
            let file = frame.get(1).or(frame.get(2)).or(frame.get(3));
            file.map(|file| file.start()..file.end())
        };
        let (asking, answering) = (text.get(file(asker)?)?, text.get(file(answer)?)?);
        if !is_installed(asking) || is_installed(answering) {
            return None;
        }
        let between = text.get(asker.get(0)?.end()..answer.get(0)?.start())?;
        let statement = between
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())?;
        let module = statement
            .strip_prefix("import ")
            .or_else(|| statement.strip_prefix("from "))?
            .split([' ', ',', '.'])
            .next()?;
        let name = answering.rsplit('/').next()?.strip_suffix(".py")?;
        let same = name == module || answering.ends_with(&format!("/{module}/__init__.py"));
        (same && !module.is_empty())
            .then(|| answer.get(0))
            .flatten()
            .map(|frame| Hidden {
                module,
                file: answering,
                frame,
            })
    })
}
