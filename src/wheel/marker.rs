//! Environment markers (PEP 508): does a requirement count on a system?

use super::version;

/// Whether a marker holds where `value` tells the variables; a variable that it does not know makes its comparison
/// hold, so that nothing is left out by mistake. What cannot be read holds.
pub fn holds(marker: &str, value: &dyn Fn(&str) -> Option<String>) -> bool {
    let mut reader = Reader {
        tokens: tokens(marker),
        at: 0,
        depth: 0,
        value,
    };
    reader.any().unwrap_or(true)
}

/// Deeper brackets are no marker that anybody wrote.
const DEEPEST: usize = 64;

/// Words, quoted texts with their first quote, signs, brackets.
fn tokens(marker: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = marker.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let is_sign = |c: char| matches!(c, '=' | '!' | '<' | '>' | '~');
        let end = match first {
            '\'' | '"' => rest
                .char_indices()
                .skip(1)
                .find(|(_, c)| *c == first)
                .map_or(rest.len(), |(at, _)| at),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c if is_sign(c) => rest.find(|c| !is_sign(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        tokens.push(token.to_owned());
        let after = match first {
            '\'' | '"' => after.get(1..).unwrap_or_default(),
            _ => after,
        };
        rest = after.trim_start();
    }
    tokens
}

struct Reader<'a> {
    tokens: Vec<String>,
    at: usize,
    depth: usize,
    value: &'a dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    fn next_is(&mut self, word: &str) -> bool {
        let is = self.tokens.get(self.at).is_some_and(|token| token == word);
        self.at = self.at.saturating_add(usize::from(is));
        is
    }

    fn take(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at).cloned()?;
        self.at = self.at.saturating_add(1);
        Some(token)
    }

    /// `a or b`.
    fn any(&mut self) -> Option<bool> {
        let mut holds = self.all()?;
        while self.next_is("or") {
            let more = self.all()?;
            holds |= more;
        }
        Some(holds)
    }

    /// `a and b`.
    fn all(&mut self) -> Option<bool> {
        let mut holds = self.one()?;
        while self.next_is("and") {
            let more = self.one()?;
            holds &= more;
        }
        Some(holds)
    }

    fn one(&mut self) -> Option<bool> {
        if self.next_is("(") {
            self.depth = self.depth.saturating_add(1);
            if self.depth > DEEPEST {
                return None;
            }
            let inside = self.any()?;
            return self.next_is(")").then_some(inside);
        }
        let left = self.take()?;
        let mut sign = self.take()?;
        if sign == "not" {
            sign = format!("not {}", self.take()?);
        }
        let right = self.take()?;
        Some(self.compare(&left, &sign, &right))
    }

    /// The value of a variable or a quoted text; `None`: not known.
    fn known(&self, token: &str) -> Option<String> {
        match token.strip_prefix(['\'', '"']) {
            Some(text) => Some(text.to_owned()),
            None => (self.value)(token),
        }
    }

    fn compare(&self, left: &str, sign: &str, right: &str) -> bool {
        let (Some(a), Some(b)) = (self.known(left), self.known(right)) else {
            return true;
        };
        let is_version = |name: &str| name.ends_with("_version") || name == "python_full_version";
        match sign {
            "in" => b.contains(&a),
            "not in" => !b.contains(&a),
            _ if is_version(left) => version::allows(&format!("{sign}{b}"), &a),
            _ if is_version(right) => version::allows(&format!("{}{a}", mirrored(sign)), &b),
            "==" | "===" => a == b,
            "!=" => a != b,
            "<" => a < b,
            ">" => a > b,
            "<=" => a <= b,
            ">=" => a >= b,
            _ => true,
        }
    }
}

/// The sign as it reads from the other side.
fn mirrored(sign: &str) -> &str {
    match sign {
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    fn on_a_mac(marker: &str) -> bool {
        holds(marker, &|name| {
            let value = match name {
                "sys_platform" => "darwin",
                "platform_machine" => "arm64",
                "python_version" => "3.11",
                "extra" => "",
                _ => return None,
            };
            Some(value.to_owned())
        })
    }

    #[test]
    fn markers_are_read_as_installers_read_them() {
        assert!(on_a_mac("sys_platform == 'darwin'"));
        assert!(!on_a_mac("extra == \"gpu\""));
        assert!(!on_a_mac(
            "sys_platform == 'linux' and platform_machine == 'arm64'"
        ));
        assert!(on_a_mac(
            "(sys_platform == 'linux' or python_version >= '3.9')"
        ));
        assert!(!on_a_mac("python_version < \"3.10\""));
        assert!(on_a_mac("'3.9' < python_version"));
        assert!(on_a_mac("platform_machine in 'x86_64 arm64'"));
        assert!(!on_a_mac("platform_machine not in \"arm64\""));
    }

    #[test]
    fn what_is_not_known_or_not_a_marker_leaves_nothing_out() {
        assert!(on_a_mac("implementation_version == '3'"));
        assert!(on_a_mac("((("));
        assert!(on_a_mac("'open"));
        assert!(on_a_mac(&"(".repeat(10_000)));
        assert!(on_a_mac(""));
    }
}
