//! String literals: what they hold once Python has read them.

use std::rc::Rc;

use tree_sitter::Node;

use super::ast::{Expr, ExprKind};
use super::parse::Reader;

/// A string, or an f-string with its known and unknown parts.
pub(super) fn string<'t>(reader: Reader<'t>, node: Node<'t>, depth: u32) -> ExprKind {
    let children = reader.children(node);
    let prefix = children
        .first()
        .filter(|start| start.kind() == "string_start")
        .map(|&start| reader.word(start).to_lowercase());
    let prefix = prefix.unwrap_or_default();
    if prefix.starts_with('b') || prefix.starts_with("rb") {
        return ExprKind::Other;
    }
    let raw = prefix.contains('r');
    let formatted = prefix.starts_with('f') || prefix.starts_with("rf");
    let mut parts = Vec::new();
    for child in children {
        let span = reader.span(child);
        match child.kind() {
            "string_content" => {
                let mut text = reader.word(child).to_string();
                if !raw {
                    text = unescaped(&text);
                }
                if formatted {
                    text = text.replace("{{", "{").replace("}}", "}");
                }
                let kind = ExprKind::Str(Rc::from(text));
                parts.push(Rc::new(Expr { kind, span }));
            }
            "interpolation" => {
                // A format or a conversion changes the text in ways that are not followed.
                let plain = child.child_by_field_name("format_specifier").is_none()
                    && child.child_by_field_name("type_conversion").is_none();
                parts.push(match child.child_by_field_name("expression") {
                    Some(inner) if plain => reader.expr(inner, depth + 1),
                    _ => Rc::new(Expr {
                        kind: ExprKind::Other,
                        span,
                    }),
                });
            }
            _ => {}
        }
    }
    match parts.as_slice() {
        [] => ExprKind::Str(Rc::from("")),
        [only] => match &only.kind {
            ExprKind::Str(text) => ExprKind::Str(Rc::clone(text)),
            _ => ExprKind::Joined(parts),
        },
        _ => ExprKind::Joined(parts),
    }
}

/// The escapes that people write in names and flags; any other stays as it is, as in Python.
fn unescaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            result.push(c);
            continue;
        }
        match rest.next() {
            Some('\n') => {}
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some('r') => result.push('\r'),
            Some('0') => result.push('\0'),
            Some(same @ ('\\' | '\'' | '"')) => result.push(same),
            Some(other) => {
                result.push('\\');
                result.push(other);
            }
            None => result.push('\\'),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn escapes_are_read_and_unknown_ones_kept() {
        assert_eq!(unescaped(r#"a\\b\"c\'\n\$"#), "a\\b\"c'\n\\$");
        assert_eq!(unescaped("a\\\nb\\"), "ab\\");
    }
}
