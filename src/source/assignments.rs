//! `NAME=VALUE` in lines of a shell, as workflows and cibuildwheel's options hold them.

/// Assignments that are kept of one text.
const KEPT: usize = 200;

/// A variable that a text sets.
pub(super) struct Assignment<'t> {
    pub(super) name: &'t str,
    pub(super) value: &'t str,
    /// The bytes of the value in the text.
    pub(super) span: (usize, usize),
}

/// The assignments of a text: `export CFLAGS="-O2 -g"`, `CFLAGS=-g pip wheel .`, `echo "CFLAGS=-g" >> $GITHUB_ENV`. The
/// text may be as a file writes it, with `\"` for a quote.
pub(super) fn assignments(text: &str) -> Vec<Assignment<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim_start().starts_with('#') {
            of_line(line, start, &mut found);
        }
        start += line.len();
        if found.len() >= KEPT {
            break;
        }
    }
    found
}

fn of_line<'t>(line: &'t str, start: usize, found: &mut Vec<Assignment<'t>>) {
    let is_of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let mut from = 0;
    while let Some(at) = line.get(from..).and_then(|rest| rest.find('=')) {
        let equals = from + at;
        from = equals + 1;
        let before = line.get(..equals).unwrap_or_default();
        let name = before.trim_end_matches(is_of_name).len();
        let (before, name) = before.split_at(name);
        let begins = name.starts_with(|c: char| c.is_ascii_uppercase());
        let stands_alone = before.is_empty() || before.ends_with([' ', '\t', '"', '\'', ';']);
        if !begins || !stands_alone {
            continue;
        }
        let rest = line.get(from..).unwrap_or_default();
        let (skipped, length) = value(before, rest);
        let begin = from + skipped;
        let end = begin + length;
        let value = line.get(begin..end).unwrap_or_default();
        found.push(Assignment {
            name,
            value,
            span: (start + begin, start + end),
        });
        from = end;
    }
}

/// Where a value begins and how long it is: to the quote that ends it, else to the next blank.
fn value(before: &str, rest: &str) -> (usize, usize) {
    let quote = |text: &str| text.chars().next().filter(|c| ['"', '\''].contains(c));
    let escaped = usize::from(rest.starts_with("\\\""));
    let own = rest.get(escaped..).and_then(quote);
    let (skipped, ends) = match own {
        Some(quote) => (escaped + 1, quote),
        // `"NAME=a b"`
        None => match before
            .chars()
            .next_back()
            .filter(|c| ['"', '\''].contains(c))
        {
            Some(quote) => (0, quote),
            None => (0, ' '),
        },
    };
    let inside = rest.get(skipped..).unwrap_or_default();
    let length = match ends {
        ' ' => inside.find(|c: char| c.is_whitespace() || [';', '&', '|', '"', '\''].contains(&c)),
        quote => inside.find([quote, '\n']),
    };
    let text = inside.get(..length.unwrap_or(inside.len()));
    let text = text
        .unwrap_or_default()
        .trim_end_matches(['\\', '\n', '\r']);
    (skipped, text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::assignments;

    fn of(text: &str) -> Vec<(&str, &str)> {
        let found = assignments(text).into_iter();
        found
            .map(|set| {
                assert_eq!(text.get(set.span.0..set.span.1), Some(set.value));
                (set.name, set.value)
            })
            .collect()
    }

    #[test]
    fn shells_set_variables_in_many_ways() {
        assert_eq!(
            of(
                "  export CFLAGS=\"-O2 -g\" A=b\n  # B=c\n  echo \"LDFLAGS=-lx -ly\" >> $GITHUB_ENV\nX='1' pip wheel .\n"
            ),
            [
                ("CFLAGS", "-O2 -g"),
                ("A", "b"),
                ("LDFLAGS", "-lx -ly"),
                ("X", "1")
            ]
        );
        assert_eq!(
            of(r#""CFLAGS=\"-g -O\" B=2""#),
            [("CFLAGS", "-g -O"), ("B", "2")]
        );
        assert_eq!(
            of("MACOSX_DEPLOYMENT_TARGET=11.0;pip wheel ."),
            [("MACOSX_DEPLOYMENT_TARGET", "11.0")]
        );
    }

    #[test]
    fn options_and_comparisons_set_nothing() {
        assert_eq!(
            of("pip install a==1 --config=X cmake -DCMAKE_X=1 if [ $A = b ]\nname=1"),
            []
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([A-C]|=|\"|'|\\\\| |\n|é|;){0,40}") {
            of(&text);
        }
    }
}
