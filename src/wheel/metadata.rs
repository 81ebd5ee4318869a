//! `METADATA` and `WHEEL`: headers as in mail, and what a distribution requires.

/// The headers of a file, in order; names compare without regard to case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    fields: Vec<(String, String)>,
}

impl Headers {
    /// Reads headers up to the first empty line. A line that starts with a blank continues the one before.
    pub fn parse(text: &str) -> Headers {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in text.lines().take_while(|line| !line.trim().is_empty()) {
            match (
                line.starts_with([' ', '\t']),
                fields.last_mut(),
                line.split_once(':'),
            ) {
                (true, Some((_, value)), _) => {
                    value.push('\n');
                    value.push_str(line.trim());
                }
                (_, _, Some((name, value))) => {
                    fields.push((name.trim().to_owned(), value.trim().to_owned()));
                }
                (_, _, None) => {}
            }
        }
        Headers { fields }
    }

    /// There is none: the file is absent, empty or no list of headers.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The first value of a header.
    pub fn first(&self, name: &str) -> Option<&str> {
        let named = |(field, _): &&(String, String)| field.eq_ignore_ascii_case(name);
        self.fields
            .iter()
            .find(named)
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a header, in file order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = move |(field, _): &&(String, String)| field.eq_ignore_ascii_case(name);
        self.fields
            .iter()
            .filter(named)
            .map(|(_, value)| value.as_str())
    }

    /// What the distribution requires.
    pub fn requirements(&self) -> impl Iterator<Item = Requirement> + '_ {
        self.all("Requires-Dist").filter_map(Requirement::parse)
    }
}

/// One requirement (PEP 508), split at its seams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The distribution's name, normalised: lower case, `-` for runs of `-`, `_` and `.`.
    pub name: String,
    /// The version specifiers as they stand, without brackets: `>=2.3,<3`; empty: any version.
    pub specifiers: String,
    /// The environment marker, if there is one.
    pub marker: Option<String>,
}

impl Requirement {
    /// Reads a requirement; `None` if it does not begin with a name.
    pub fn parse(text: &str) -> Option<Requirement> {
        let (text, marker) = match text.split_once(';') {
            Some((text, marker)) => (text, Some(marker.trim().to_owned())),
            None => (text, None),
        };
        let text = text.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
        let (name, mut rest) = text.split_at_checked(end)?;
        if name.is_empty() {
            return None;
        }
        rest = rest.trim_start();
        if rest.starts_with('[') {
            rest = rest
                .split_once(']')
                .map_or("", |(_, after)| after)
                .trim_start();
        }
        let specifiers = rest.trim_matches(['(', ')', ' ']);
        Some(Requirement {
            name: normalised(name),
            specifiers: specifiers.to_owned(),
            marker,
        })
    }
}

/// PEP 503's normalised name.
pub(super) fn normalised(name: &str) -> String {
    let mut out = String::new();
    for char in name.chars() {
        if matches!(char, '-' | '_' | '.') {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else {
            out.push(char.to_ascii_lowercase());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Headers, Requirement};

    #[test]
    fn headers_end_where_the_description_begins() {
        let text = "Name: x\nRequires-Dist: torch (>=2.3,<3)\nRequires-Dist: numpy ; extra == 'a'\nLicense: one\n two\n\nName: y\n";
        let headers = Headers::parse(text);
        assert_eq!(headers.first("name"), Some("x"));
        assert_eq!(headers.first("License"), Some("one\ntwo"));
        assert_eq!(headers.all("Name").count(), 1);
        let requirements: Vec<_> = headers.requirements().collect();
        let torch = Requirement {
            name: "torch".to_owned(),
            specifiers: ">=2.3,<3".to_owned(),
            marker: None,
        };
        assert_eq!(requirements.first(), Some(&torch));
        let marker = requirements
            .get(1)
            .and_then(|second| second.marker.as_deref());
        assert_eq!(marker, Some("extra == 'a'"));
    }

    #[test]
    fn extras_and_urls_are_no_specifiers_of_versions() {
        let read = |text| Requirement::parse(text).expect("a requirement");
        assert_eq!(read("Foo_Bar[a,b]==1.0").specifiers, "==1.0");
        assert_eq!(read("Foo_Bar[a,b]==1.0").name, "foo-bar");
        assert_eq!(read("x").specifiers, "");
        assert_eq!(Requirement::parse("==1"), None);
    }
}
