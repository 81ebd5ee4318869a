//! A configuration that setuptools, or Python's reader of setup.cfg, refuses: the log names the key or the line.

use super::script::is_exception;
use super::{Finder, Located};
use crate::diagnosis::Source;

/// Lines of an exception's text, behind its name.
const TOLD: usize = 3;

impl Finder<'_> {
    /// The place in pyproject.toml or setup.cfg that the build stopped at. The last exception is the one that ended it: others
    /// were caught.
    pub(super) fn configuration(&self) -> Option<Located> {
        let build = self.scene.facts.build.as_ref()?;
        let lines: Vec<&str> = build.log.lines().map(str::trim).collect();
        let at = lines.iter().rposition(|line| is_exception(line))?;
        let told = lines.get(at..lines.len().min(at + 1 + TOLD))?;
        if told.first()?.starts_with("configparser.") {
            return self.refused_line(&told.join("\n"));
        }
        let mut below = told.iter();
        let key = below.find_map(|line| line.strip_prefix("configuration error: `"))?;
        self.refused_key(key)
    }

    /// ``project.version` must be string``, ``tool.setuptools` must not contain {'ext-modulez'} properties``.
    fn refused_key(&self, told: &str) -> Option<Located> {
        const PATH: &str = "pyproject.toml";
        let (table, why) = told.split_once('`')?;
        let unknown = why.split_once("must not contain {'");
        let unknown = unknown.and_then(|(_, keys)| keys.split('\'').next());
        let name = match unknown {
            Some(key) => format!("{table}.{key}"),
            None => table.to_owned(),
        };
        let name = name.replace('[', ".").replace(']', "");
        let own = self.definition().settings.iter();
        let mut own = own.filter(|setting| setting.place.file == PATH);
        let is_it = |path: &str| {
            let inside = path.strip_prefix(name.as_str());
            inside.is_some_and(|rest| rest.is_empty() || unknown.is_some() && rest.starts_with('.'))
        };
        let found = own.find(|setting| is_it(&setting.name));
        let place = found.map_or_else(|| Source::file(PATH), |setting| setting.place.clone());
        Some(Located::at(place, "setuptools refuses it"))
    }

    /// `ParsingError: Source contains parsing errors: 'setup.cfg'`, then `[line  3]: '[build_ext'`; other errors have both in one
    /// line, or `file: 'setup.cfg', line: 1`.
    fn refused_line(&self, told: &str) -> Option<Located> {
        let file = told.split(['\'', '"']).nth(1)?;
        let path = self.inside(file)?;
        let digits = |text: &str| -> Option<u32> {
            let text = text.trim_start_matches([' ', ':']);
            let end = text.find(|c: char| !c.is_ascii_digit());
            text.get(..end.unwrap_or(text.len()))?.parse().ok()
        };
        let line = told.split("line").skip(1).find_map(digits);
        let is_known = self.project.text(&path).known().is_some();
        is_known.then(|| Located::at(Source::at(path, line, None), "cannot be read"))
    }
}
