//! tree-sitter's tree of a Python file as our own: functions, their parameters, and imports.

use std::rc::Rc;

use tree_sitter::Node;

use super::ast::{Body, Ex, Function, Parameter, ParameterKind, StmtKind};
use super::parse::{DEPTH, Reader};

impl<'t> Reader<'t> {
    pub(super) fn function(self, node: Node<'t>, decorators: Vec<Rc<str>>, depth: u32) -> Function {
        let body = node.child_by_field_name("body");
        Function {
            name: node
                .child_by_field_name("name")
                .map_or_else(|| Rc::from("<lambda>"), |name| self.word(name)),
            parameters: self.parameters(node, depth),
            yields: body.is_some_and(|body| self.yields(body)),
            body: match body {
                Some(body) if node.kind() == "lambda" => Body::Expr(self.expr(body, depth + 1)),
                Some(body) => Body::Block(self.block(body, depth)),
                None => Body::Block(Rc::from([])),
            },
            decorators,
        }
    }

    /// Is there a `yield` of this function itself?
    fn yields(self, body: Node<'t>) -> bool {
        let mut waiting = vec![(body, 0)];
        while let Some((node, depth)) = waiting.pop() {
            if node.kind() == "yield" {
                return true;
            }
            if depth < DEPTH && !["function_definition", "lambda"].contains(&node.kind()) {
                waiting.extend(
                    self.children(node)
                        .into_iter()
                        .map(|child| (child, depth + 1)),
                );
            }
        }
        false
    }

    fn parameters(self, node: Node<'t>, depth: u32) -> Vec<Parameter> {
        let Some(list) = node.child_by_field_name("parameters") else {
            return Vec::new();
        };
        let mut plain = ParameterKind::Plain;
        let mut found = Vec::new();
        for child in self.children(list) {
            let mut parameter = |name: Option<Node<'t>>, kind, default: Option<Ex>| {
                if let Some(name) = name {
                    found.push(Parameter {
                        name: self.word(name),
                        default,
                        kind,
                    });
                }
            };
            match child.kind() {
                "identifier" => parameter(Some(child), plain, None),
                "default_parameter" | "typed_default_parameter" => {
                    let default = self.field(child, "value", depth);
                    parameter(child.child_by_field_name("name"), plain, Some(default));
                }
                "list_splat_pattern" => {
                    parameter(child.named_child(0), ParameterKind::Star, None);
                    plain = ParameterKind::KeywordOnly;
                }
                "keyword_separator" => plain = ParameterKind::KeywordOnly,
                "dictionary_splat_pattern" => {
                    parameter(child.named_child(0), ParameterKind::DoubleStar, None);
                }
                "typed_parameter" => match child.named_child(0) {
                    Some(inner) if inner.kind() == "list_splat_pattern" => {
                        parameter(inner.named_child(0), ParameterKind::Star, None);
                        plain = ParameterKind::KeywordOnly;
                    }
                    Some(inner) if inner.kind() == "dictionary_splat_pattern" => {
                        parameter(inner.named_child(0), ParameterKind::DoubleStar, None);
                    }
                    inner => parameter(inner, plain, None),
                },
                _ => {}
            }
        }
        found
    }

    pub(super) fn imported(self, node: Node<'t>) -> Vec<(Rc<str>, Option<Rc<str>>)> {
        let names = self.fields(node, "name");
        names
            .into_iter()
            .map(|name| match name.child_by_field_name("alias") {
                Some(alias) => {
                    let module = name.child_by_field_name("name").unwrap_or(name);
                    (self.word(module), Some(self.word(alias)))
                }
                None => (self.word(name), None),
            })
            .collect()
    }

    pub(super) fn import_from(self, node: Node<'t>) -> StmtKind {
        let Some(module) = node.child_by_field_name("module_name") else {
            return StmtKind::Other;
        };
        let mut names: Vec<(Rc<str>, Rc<str>)> = self.imported_names(node).into_iter().collect();
        if self
            .children(node)
            .iter()
            .any(|child| child.kind() == "wildcard_import")
        {
            names.push((Rc::from("*"), Rc::from("*")));
        }
        StmtKind::ImportFrom(self.word(module), names)
    }

    fn imported_names(self, node: Node<'t>) -> Vec<(Rc<str>, Rc<str>)> {
        self.imported(node)
            .into_iter()
            .map(|(name, alias)| (Rc::clone(&name), alias.unwrap_or(name)))
            .collect()
    }
}
