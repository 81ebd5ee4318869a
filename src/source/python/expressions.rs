//! tree-sitter's tree of a Python file as our own: expressions.

use std::rc::Rc;

use tree_sitter::Node;

use super::ast::{
    Arg, ArgName, Clause, Comparison, Comprehension, Ex, Expr, ExprKind, Gathered, Operator,
};
use super::parse::{DEPTH, Reader};
use super::strings;

/// Operators in a row that are followed.
const CHAIN: usize = 64;

pub(super) fn expr<'t>(reader: Reader<'t>, node: Node<'t>, depth: u32) -> Ex {
    let kind = if depth > DEPTH {
        ExprKind::Other
    } else {
        kind(reader, node, depth)
    };
    // `(x)` is x, at x's own place.
    if let ("parenthesized_expression", ExprKind::Star(inner)) = (node.kind(), &kind) {
        return Rc::clone(inner);
    }
    Rc::new(Expr {
        kind,
        span: reader.span(node),
    })
}

fn kind<'t>(reader: Reader<'t>, node: Node<'t>, depth: u32) -> ExprKind {
    let of = |name: &str| reader.field(node, name, depth);
    match node.kind() {
        "identifier" => ExprKind::Name(reader.word(node)),
        "string" => strings::string(reader, node, depth),
        "concatenated_string" => ExprKind::Joined(all(reader, node, depth)),
        "integer" => integer(&reader.word(node)),
        "true" => ExprKind::True,
        "false" => ExprKind::False,
        "none" => ExprKind::None,
        "list" | "list_pattern" => ExprKind::List(all(reader, node, depth)),
        "tuple" | "expression_list" | "pattern_list" | "tuple_pattern" => {
            ExprKind::Tuple(all(reader, node, depth))
        }
        "set" => ExprKind::Set(all(reader, node, depth)),
        "dictionary" => dictionary(reader, node, depth),
        "parenthesized_expression" => match reader.children(node).first() {
            Some(&inner) => ExprKind::Star(reader.expr(inner, depth + 1)),
            None => ExprKind::Other,
        },
        "list_splat" | "list_splat_pattern" => match reader.children(node).first() {
            Some(&inner) => ExprKind::Star(reader.expr(inner, depth + 1)),
            None => ExprKind::Other,
        },
        "call" => call(reader, node, depth),
        "attribute" => match node.child_by_field_name("attribute") {
            Some(name) => ExprKind::Attribute(of("object"), reader.word(name)),
            None => ExprKind::Other,
        },
        "subscript" => subscript(reader, node, depth),
        "binary_operator" => binary(reader, node, depth),
        "boolean_operator" => {
            let and = word_of(reader, node, "operator").as_deref() == Some("and");
            ExprKind::Logic(of("left"), and, of("right"))
        }
        "not_operator" => ExprKind::Not(of("argument")),
        "unary_operator" => match word_of(reader, node, "operator").as_deref() {
            Some("-") => ExprKind::Negative(of("argument")),
            _ => ExprKind::Other,
        },
        "comparison_operator" => compare(reader, node, depth),
        "conditional_expression" => match all(reader, node, depth).as_slice() {
            [then, test, otherwise] => ExprKind::Conditional {
                test: Rc::clone(test),
                then: Rc::clone(then),
                otherwise: Rc::clone(otherwise),
            },
            _ => ExprKind::Other,
        },
        "lambda" => ExprKind::Lambda(Rc::new(reader.function(node, Vec::new(), depth))),
        "list_comprehension" | "generator_expression" => {
            comprehension(reader, node, Gathered::List, depth)
        }
        "set_comprehension" => comprehension(reader, node, Gathered::Set, depth),
        "dictionary_comprehension" => comprehension(reader, node, Gathered::Dict, depth),
        "named_expression" => match word_of(reader, node, "name") {
            Some(name) => ExprKind::Assign(name, of("value")),
            None => ExprKind::Other,
        },
        "yield" => {
            let value = reader.children(node).first().copied();
            ExprKind::Yield(value.map(|value| reader.expr(value, depth + 1)))
        }
        _ => ExprKind::Other,
    }
}

fn word_of<'t>(reader: Reader<'t>, node: Node<'t>, field: &str) -> Option<Rc<str>> {
    node.child_by_field_name(field)
        .map(|child| reader.word(child))
}

fn all<'t>(reader: Reader<'t>, node: Node<'t>, depth: u32) -> Vec<Ex> {
    let children = reader.children(node).into_iter();
    children
        .map(|child| reader.expr(child, depth + 1))
        .collect()
}

fn integer(text: &str) -> ExprKind {
    let text = text.replace('_', "");
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    parsed.map_or(ExprKind::Other, ExprKind::Int)
}

fn dictionary<'t>(reader: Reader<'t>, node: Node<'t>, depth: u32) -> ExprKind {
    let pairs = reader.children(node).into_iter().map(|child| {
        let of = |name: &str| reader.field(child, name, depth);
        match child.kind() {
            "pair" => (Some(of("key")), of("value")),
            _ => {
                let inner = child.named_child(0).unwrap_or(child);
                (None, reader.expr(inner, depth + 1))
            }
        }
    });
    ExprKind::Dict(pairs.collect())
}

fn call<'t>(reader: Reader<'t>, node: Node<'t>, depth: u32) -> ExprKind {
    let function = reader.field(node, "function", depth);
    let Some(list) = node.child_by_field_name("arguments") else {
        return ExprKind::Other;
    };
    let positional = |value| Arg {
        name: ArgName::Position,
        value,
    };
    if list.kind() == "generator_expression" {
        return ExprKind::Call(function, vec![positional(reader.expr(list, depth + 1))]);
    }
    let arguments = reader.children(list).into_iter().map(|child| {
        let inner = |at: u32| child.named_child(at).unwrap_or(child);
        match child.kind() {
            "keyword_argument" => Arg {
                name: ArgName::Keyword(word_of(reader, child, "name").unwrap_or_else(|| "".into())),
                value: reader.field(child, "value", depth),
            },
            "list_splat" => Arg {
                name: ArgName::Star,
                value: reader.expr(inner(0), depth + 1),
            },
            "dictionary_splat" => Arg {
                name: ArgName::DoubleStar,
                value: reader.expr(inner(0), depth + 1),
            },
            _ => positional(reader.expr(child, depth + 1)),
        }
    });
    ExprKind::Call(function, arguments.collect())
}

fn subscript<'t>(reader: Reader<'t>, node: Node<'t>, depth: u32) -> ExprKind {
    let value = reader.field(node, "value", depth);
    let indices = reader.fields(node, "subscript");
    let [index] = indices.as_slice() else {
        return ExprKind::Other;
    };
    if index.kind() != "slice" {
        return ExprKind::Index(value, reader.expr(*index, depth + 1));
    }
    let mut parts: [Option<Ex>; 3] = [None, None, None];
    let mut at = 0;
    let mut cursor = index.walk();
    for child in index.children(&mut cursor) {
        if child.kind() == ":" {
            at += 1;
        } else if let Some(part) = parts.get_mut(at) {
            *part = Some(reader.expr(child, depth + 1));
        }
    }
    ExprKind::Slice(value, Box::new(parts))
}

/// `a + b + c` is nested to the left as deep as it is long: walked, not recursed into.
fn binary<'t>(reader: Reader<'t>, node: Node<'t>, depth: u32) -> ExprKind {
    let mut rights = Vec::new();
    let mut at = node;
    let first = loop {
        let Some(left) = at.child_by_field_name("left") else {
            return ExprKind::Other;
        };
        let operator = word_of(reader, at, "operator");
        let operator = operator.map_or(Operator::Other, |text| self::operator(&text));
        if rights.len() >= CHAIN {
            return ExprKind::Other;
        }
        rights.push((operator, reader.field(at, "right", depth), reader.span(at)));
        if left.kind() == "binary_operator" {
            at = left;
        } else {
            break reader.expr(left, depth + 1);
        }
    };
    let mut result = first;
    let mut last = None;
    for (operator, right, span) in rights.into_iter().rev() {
        if let Some((kind, span)) = last.take() {
            result = Rc::new(Expr { kind, span });
        }
        last = Some((ExprKind::Binary(Rc::clone(&result), operator, right), span));
    }
    last.map_or(ExprKind::Other, |(kind, _)| kind)
}

/// The operator of that sign.
pub(super) fn operator(sign: &str) -> Operator {
    match sign {
        "+" => Operator::Add,
        "-" => Operator::Subtract,
        "*" => Operator::Multiply,
        "/" => Operator::Divide,
        "%" => Operator::Modulo,
        _ => Operator::Other,
    }
}

fn compare<'t>(reader: Reader<'t>, node: Node<'t>, depth: u32) -> ExprKind {
    let mut operands = Vec::new();
    let mut signs = Vec::new();
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        if child.is_named() && child.kind() != "comment" {
            operands.push(reader.expr(child, depth + 1));
        } else if !child.is_named() {
            signs.push(reader.word(child));
        }
    }
    let comparisons: Option<Vec<Comparison>> = signs.iter().map(|sign| comparison(sign)).collect();
    let mut operands = operands.into_iter();
    match (operands.next(), comparisons) {
        (Some(first), Some(comparisons)) if comparisons.len() == operands.len() => {
            ExprKind::Compare(first, comparisons.into_iter().zip(operands).collect())
        }
        _ => ExprKind::Other,
    }
}

fn comparison(sign: &str) -> Option<Comparison> {
    let words: Vec<&str> = sign.split_whitespace().collect();
    Some(match words.as_slice() {
        ["=="] => Comparison::Equal,
        ["!="] => Comparison::Unequal,
        ["<"] => Comparison::Less,
        ["<="] => Comparison::LessEqual,
        [">"] => Comparison::Greater,
        [">="] => Comparison::GreaterEqual,
        ["in"] => Comparison::In,
        ["not", "in"] => Comparison::NotIn,
        ["is"] => Comparison::Is,
        ["is", "not"] => Comparison::IsNot,
        _ => return None,
    })
}

fn comprehension<'t>(reader: Reader<'t>, node: Node<'t>, kind: Gathered, depth: u32) -> ExprKind {
    let Some(body) = node.child_by_field_name("body") else {
        return ExprKind::Other;
    };
    let element = if kind == Gathered::Dict {
        let of = |name: &str| reader.field(body, name, depth);
        (of("key"), Some(of("value")))
    } else {
        (reader.expr(body, depth + 1), None)
    };
    let clauses = reader.children(node).into_iter().filter_map(|child| {
        let of = |name: &str| reader.field(child, name, depth);
        match child.kind() {
            "for_in_clause" => Some(Clause::For(of("left"), of("right"))),
            "if_clause" => child
                .named_child(0)
                .map(|test| Clause::If(reader.expr(test, depth + 1))),
            _ => None,
        }
    });
    ExprKind::Comprehension(Box::new(Comprehension {
        kind,
        element,
        clauses: clauses.collect(),
    }))
}
