//! `[tool.loadproof]` of pyproject.toml, or loadproof.toml: every key is known, or an error that names the nearest one.

use std::fmt;
use std::ops::Range;

use toml_edit::{Document, Item, TableLike, Value};

use super::{Day, Ignore, Level, Policy};
use crate::diagnosis::Severity;
use crate::rules;

/// The keys of each table: its path, and what may stand in it. The schema for editors has the same.
pub const KEYS: [(&str, &[&str]); 4] = [
    (
        "",
        &[
            "baseline",
            "external-libraries",
            "fail-on",
            "ignore",
            "severity",
            "targets",
            "with",
        ],
    ),
    (
        "ignore",
        &["expires", "module", "reason", "rule", "subject"],
    ),
    ("targets", &["arch", "flavor", "macos", "python"]),
    ("severity", &[]),
];

/// Why a file holds no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What to do, where more can be said.
    pub hint: Option<String>,
    /// Line and column, from 1.
    pub at: Option<(usize, usize)>,
    /// The line, and how many characters of it are meant.
    pub excerpt: Option<(String, usize)>,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, ": {hint}")?;
        }
        let (Some((line, column)), Some((text, length))) = (self.at, &self.excerpt) else {
            return Ok(());
        };
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let indent: String = (text.chars().take(column.saturating_sub(1)))
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let marks = "^".repeat((*length).max(1));
        write!(
            f,
            "\n {gutter} |\n {number} | {text}\n {gutter} | {indent}{marks}"
        )
    }
}

impl std::error::Error for PolicyError {}

/// Reads loadproof.toml.
pub fn read_loadproof(text: &str) -> Result<Policy, PolicyError> {
    let document = document(text)?;
    Reader { text }.policy(document.as_table())
}

/// Reads `[tool.loadproof]` of pyproject.toml; `None` if it has no such table.
pub fn read_pyproject(text: &str) -> Result<Option<Policy>, PolicyError> {
    let document = document(text)?;
    let tool = document.get("tool").and_then(Item::as_table_like);
    let Some(own) = tool.and_then(|tool| tool.get("loadproof")) else {
        return Ok(None);
    };
    let reader = Reader { text };
    match own.as_table_like() {
        Some(table) => reader.policy(table).map(Some),
        None => Err(reader.error("`tool.loadproof` is no table".to_owned(), None, own.span())),
    }
}

fn document(text: &str) -> Result<Document<&str>, PolicyError> {
    Document::parse(text).map_err(|why| {
        let first = why.message().lines().next().unwrap_or("no TOML").to_owned();
        Reader { text }.error(format!("not TOML: {first}"), None, why.span())
    })
}

struct Reader<'a> {
    text: &'a str,
}

type Read<T> = Result<T, PolicyError>;

impl Reader<'_> {
    fn error(
        &self,
        message: String,
        hint: Option<String>,
        span: Option<Range<usize>>,
    ) -> PolicyError {
        let place = span.and_then(|span| {
            let before = self.text.get(..span.start)?;
            let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
            let line = self
                .text
                .get(line_start..)?
                .lines()
                .next()
                .unwrap_or_default();
            let column = before.get(line_start..)?.chars().count().saturating_add(1);
            let meant = self.text.get(span)?.lines().next().unwrap_or_default();
            let number = before.matches('\n').count().saturating_add(1);
            Some(((number, column), (line.to_owned(), meant.chars().count())))
        });
        PolicyError {
            message,
            hint,
            at: place.as_ref().map(|(at, _)| *at),
            excerpt: place.map(|(_, excerpt)| excerpt),
        }
    }

    fn policy(&self, table: &dyn TableLike) -> Read<Policy> {
        self.known_keys(table, "", "")?;
        let fail_on = table
            .get("fail-on")
            .map(|item| self.severity(item, &[]))
            .transpose()?;
        Ok(Policy {
            fail_on: fail_on.and_then(|level| match level {
                Level::As(severity) => Some(severity),
                Level::Off => None,
            }),
            targets: self.targets(table)?,
            with: self.strings(table, "with")?,
            baseline: self.optional_string(table, "baseline")?,
            external_libraries: self.patterns(table, "external-libraries")?,
            severity: self.severities(table)?,
            ignores: self.ignores(table)?,
        })
    }

    /// `shown` names the table for people; `path` is its entry in [`KEYS`].
    fn known_keys(&self, table: &dyn TableLike, path: &str, shown: &str) -> Read<()> {
        let known = KEYS.iter().find(|(name, _)| *name == path);
        let known = known.map_or(&[][..], |(_, keys)| keys);
        for (key, item) in table.iter() {
            if known.contains(&key) {
                continue;
            }
            let span = table.get_key_value(key).and_then(|(key, _)| key.span());
            let within = if shown.is_empty() {
                String::new()
            } else {
                format!(" in `{shown}`")
            };
            let message = format!("unknown key `{key}`{within}");
            let hint = nearest(key, known).map_or_else(
                || format!("known are {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(self.error(message, Some(hint), span.or(item.span())));
        }
        Ok(())
    }

    fn string<'i>(&self, item: &'i Item, what: &str) -> Read<&'i str> {
        item.as_str().ok_or_else(|| {
            let message = format!(
                "`{what}` is a string, and this is {}",
                article(item.type_name())
            );
            self.error(message, None, item.span())
        })
    }

    fn optional_string(&self, table: &dyn TableLike, key: &str) -> Read<Option<String>> {
        let item = table.get(key);
        item.map(|item| self.string(item, key).map(str::to_owned))
            .transpose()
    }

    fn strings(&self, table: &dyn TableLike, key: &str) -> Read<Vec<String>> {
        let Some(item) = table.get(key) else {
            return Ok(Vec::new());
        };
        let wrong = |span| self.error(format!("`{key}` is an array of strings"), None, span);
        let array = item.as_array().ok_or_else(|| wrong(item.span()))?;
        let strings = array.iter().map(|value| {
            let text = value.as_str().ok_or_else(|| wrong(value.span()))?;
            Ok(text.to_owned())
        });
        strings.collect()
    }

    fn patterns(&self, table: &dyn TableLike, key: &str) -> Read<Vec<String>> {
        let patterns = self.strings(table, key)?;
        for pattern in &patterns {
            self.pattern(pattern, key, table.get(key).and_then(Item::span))?;
        }
        Ok(patterns)
    }

    fn pattern(&self, pattern: &str, key: &str, span: Option<Range<usize>>) -> Read<()> {
        match glob::Pattern::new(pattern) {
            Ok(_) => Ok(()),
            Err(why) => {
                let message = format!("`{pattern}` of `{key}` is no pattern: {}", why.msg);
                Err(self.error(message, None, span))
            }
        }
    }

    /// `more`: words besides the severities.
    fn severity(&self, item: &Item, more: &[&str]) -> Read<Level> {
        let word = self.string(item, "severity")?;
        let known: Vec<&str> = ["error", "warning", "note"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        match word {
            "error" => Ok(Level::As(Severity::Error)),
            "warning" => Ok(Level::As(Severity::Warning)),
            "note" => Ok(Level::As(Severity::Note)),
            "off" if more.contains(&"off") => Ok(Level::Off),
            other => {
                let hint = format!("use one of {}", known.join(", "));
                let message = format!("`{other}` is no severity");
                Err(self.error(message, Some(hint), item.span()))
            }
        }
    }

    fn rule(&self, id: &str, span: Option<Range<usize>>) -> Read<()> {
        if rules::find(id).is_some() {
            return Ok(());
        }
        let known: Vec<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
        let hint = nearest(id, &known).map_or_else(
            || "`loadproof rules` lists them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Err(self.error(format!("there is no rule `{id}`"), Some(hint), span))
    }

    fn severities(&self, table: &dyn TableLike) -> Read<Vec<(String, Level)>> {
        let Some(item) = table.get("severity") else {
            return Ok(Vec::new());
        };
        let Some(own) = item.as_table_like() else {
            let message = "`severity` is a table of rules, such as `duplicate-rpath = \"note\"`";
            return Err(self.error(message.to_owned(), None, item.span()));
        };
        let mut found = Vec::new();
        for (id, item) in own.iter() {
            self.rule(id, own.get_key_value(id).and_then(|(key, _)| key.span()))?;
            found.push((id.to_owned(), self.severity(item, &["off"])?));
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }

    fn targets(&self, table: &dyn TableLike) -> Read<Vec<String>> {
        let Some(item) = table.get("targets") else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for (entry, span) in self.entries(item, "targets", true)? {
            match entry {
                Entry::Text(text) => found.push(text.to_owned()),
                Entry::Table(table) => {
                    self.known_keys(table, "targets", "targets")?;
                    let mut parts = Vec::new();
                    for (key, item) in table.iter() {
                        parts.push(format!("{key}={}", self.string(item, key)?));
                    }
                    if parts.is_empty() {
                        return Err(self.error(
                            "a target that says nothing".to_owned(),
                            None,
                            span,
                        ));
                    }
                    found.push(parts.join(","));
                }
            }
        }
        Ok(found)
    }

    fn ignores(&self, table: &dyn TableLike) -> Read<Vec<Ignore>> {
        let Some(item) = table.get("ignore") else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for (entry, span) in self.entries(item, "ignore", false)? {
            if let Entry::Table(table) = entry {
                found.push(self.ignore(table, span)?);
            }
        }
        Ok(found)
    }

    fn ignore(&self, table: &dyn TableLike, span: Option<Range<usize>>) -> Read<Ignore> {
        self.known_keys(table, "ignore", "ignore")?;
        let needed = |key: &str| {
            let message = format!("an `ignore` needs `{key}`");
            self.error(message, None, span.clone())
        };
        let rule = table.get("rule").ok_or_else(|| needed("rule"))?;
        let id = self.string(rule, "rule")?.to_owned();
        self.rule(&id, rule.span())?;
        let reason = self.optional_string(table, "reason")?;
        let reason = reason.filter(|reason| !reason.trim().is_empty());
        for key in ["subject", "module"] {
            if let Some(pattern) = self.optional_string(table, key)? {
                self.pattern(&pattern, key, table.get(key).and_then(Item::span))?;
            }
        }
        let start = span.as_ref().map_or(0, |span| span.start);
        let before = self.text.get(..start).unwrap_or_default();
        Ok(Ignore {
            rule: id,
            subject: self.optional_string(table, "subject")?,
            module: self.optional_string(table, "module")?,
            reason: reason.ok_or_else(|| needed("reason"))?,
            expires: table
                .get("expires")
                .map(|item| self.day(item))
                .transpose()?,
            line: before.matches('\n').count().saturating_add(1),
        })
    }

    /// A date of TOML, or one in quotes.
    fn day(&self, item: &Item) -> Read<Day> {
        let quoted = item
            .as_str()
            .and_then(|text| text.parse::<toml_edit::Datetime>().ok());
        let stated = item.as_datetime().copied().or(quoted);
        match stated.and_then(|stated| stated.date) {
            Some(date) => Ok(Day {
                year: date.year,
                month: date.month,
                day: date.day,
            }),
            None => {
                let message = "`expires` is a date, such as 2027-06-30".to_owned();
                Err(self.error(message, None, item.span()))
            }
        }
    }

    /// The entries of an array of tables, whether written as `[[key]]` or inline.
    fn entries<'i>(
        &self,
        item: &'i Item,
        key: &str,
        texts: bool,
    ) -> Read<Vec<(Entry<'i>, Option<Range<usize>>)>> {
        if let Some(tables) = item.as_array_of_tables() {
            let entries = tables.iter();
            return Ok(entries
                .map(|table| (Entry::Table(table as &dyn TableLike), table.span()))
                .collect());
        }
        let what = if texts { "tables or strings" } else { "tables" };
        let wrong = |span| self.error(format!("`{key}` is an array of {what}"), None, span);
        let array = item.as_array().ok_or_else(|| wrong(item.span()))?;
        let entries = array.iter().map(|value| match value {
            Value::InlineTable(table) => Ok((Entry::Table(table as &dyn TableLike), table.span())),
            Value::String(text) if texts => Ok((Entry::Text(text.value()), value.span())),
            other => Err(wrong(other.span())),
        });
        entries.collect()
    }
}

enum Entry<'i> {
    Text(&'i str),
    Table(&'i dyn TableLike),
}

fn article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// The known word that is most like this one, if any is.
fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let likeness = |known: &str| strsim::jaro_winkler(&word.replace('_', "-"), known);
    let best = known
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= 0.8).then_some(*best)
}
