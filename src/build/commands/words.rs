//! The words of a command.

use std::fmt;

/// What ends a word: a command's word cannot hold it.
const END: char = '\0';

/// The words of a command, as the shell would split them. They are kept in one piece: a log has hundreds of thousands of
/// commands with dozens of words each.
#[derive(Clone, PartialEq, Eq)]
pub struct Words {
    ended: String,
}

impl Words {
    /// The words of a shell's command; `None` where a quotation does not end.
    pub(super) fn of(command: &str) -> Option<Words> {
        // Most commands quote nothing, and need no shell's rules.
        let is_quoted = |byte: u8| matches!(byte, b'\'' | b'"' | b'\\' | b'#');
        if command.bytes().any(is_quoted) {
            Some(shlex::split(command)?.into_iter().collect())
        } else {
            Some(command.split_ascii_whitespace().collect())
        }
    }

    /// Each word, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.ended.split_terminator(END)
    }

    /// The word behind `-o`.
    pub(super) fn output(&self) -> Option<&str> {
        let mut words = self.iter().skip_while(|word| *word != "-o").skip(1);
        words.next()
    }
}

impl<S: AsRef<str>> FromIterator<S> for Words {
    fn from_iter<I: IntoIterator<Item = S>>(words: I) -> Self {
        let mut ended = String::new();
        for word in words {
            ended.push_str(word.as_ref());
            ended.push(END);
        }
        Words { ended }
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn words_are_split_as_the_shell_does() {
        let of = |command: &str| -> Option<Vec<String>> {
            let words = Words::of(command)?;
            Some(words.iter().map(str::to_owned).collect())
        };
        let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        assert_eq!(of("cc  -c\ta.c "), words(&["cc", "-c", "a.c"]));
        assert_eq!(of("cc -DA='b c' ''"), words(&["cc", "-DA=b c", ""]));
        assert_eq!(of("cc 'open"), None);
        assert_eq!(of(""), words(&[]));
    }

    #[test]
    fn what_is_made_stands_behind_its_flag() {
        let made = |command: &str| Words::of(command)?.output().map(str::to_owned);
        assert_eq!(made("cc -c a.c -o a.o").as_deref(), Some("a.o"));
        assert_eq!(made("cc -c a.c -o"), None);
        assert_eq!(made("cc -c a.c"), None);
    }
}
