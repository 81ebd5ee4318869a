//! Dynamic string tokens: `$ORIGIN`, `$LIB`, `$PLATFORM`, with or without braces (glibc `_dl_dst_substitute`).

use super::process::Process;

/// The text with every known token replaced, or `None` where a token has no value: ld.so then drops the whole text.
pub(super) fn expand(text: &str, origin: Option<&str>, process: &Process) -> Option<String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let known = [
            ("ORIGIN", origin),
            ("PLATFORM", process.platform.as_deref()),
            ("LIB", Some(process.lib.as_str())),
        ]
        .into_iter()
        .find_map(|(name, value)| Some((after_token(after, name)?, value)));
        match known {
            Some((after, value)) => {
                expanded.push_str(value?);
                rest = after;
            }
            None => {
                expanded.push('$');
                rest = after;
            }
        }
    }
    expanded.push_str(rest);
    Some(expanded)
}

/// What follows the token, if the text starts with it (`is_dst`): `$LIBS` is not `$LIB`.
fn after_token<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    if let Some(braced) = text.strip_prefix('{') {
        return braced.strip_prefix(name)?.strip_prefix('}');
    }
    let after = text.strip_prefix(name)?;
    let goes_on = after.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
    (!goes_on).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::ldso::tests::process;

    fn expanded(text: &str) -> Option<String> {
        expand(text, Some("/opt/x"), &process())
    }

    #[test]
    fn tokens_stand_alone_or_in_braces() {
        assert_eq!(expanded("$ORIGIN/../l").as_deref(), Some("/opt/x/../l"));
        assert_eq!(expanded("a/${LIB}b").as_deref(), Some("a/lib64b"));
        assert_eq!(expanded("$ORIGINS$$LIB").as_deref(), Some("$ORIGINS$lib64"));
    }

    #[test]
    fn a_token_without_a_value_drops_the_text() {
        assert_eq!(expanded("/lib/$PLATFORM"), None);
        assert_eq!(expand("$ORIGIN", None, &process()), None);
    }
}
