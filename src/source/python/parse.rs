//! tree-sitter's tree of a Python file as our own: statements.

use std::ops::ControlFlow;
use std::rc::Rc;

use tree_sitter::{Node, ParseOptions, Parser};

use super::ast::{Block, ClassDef, Ex, Expr, ExprKind, Handler, Operator, Stmt, StmtKind};
use super::expressions;
use crate::source::span::Span;

/// Nesting that is followed; what is deeper is unknown.
pub(super) const DEPTH: u32 = 120;
/// Steps of the parser, in hundreds of its operations; a megabyte of ordinary code needs a tenth.
const STEPS: u32 = 200_000;

/// Bytes that the grammar's scanner may look at for comments: at each of several in a row it looks at all that follow.
const LOOKED_AT: usize = 50_000_000;

/// Would comments in a row make the parser take longer than it may? No count of its steps tells: looking is none.
pub(super) fn is_slow(text: &str) -> bool {
    let (mut lines, mut bytes, mut cost) = (0_usize, 0_usize, 0_usize);
    for line in text.lines() {
        let words = line.trim_start();
        if words.starts_with('#') {
            lines += 1;
        } else if !words.is_empty() {
            (lines, bytes) = (0, 0);
            continue;
        }
        bytes += line.len() + 1;
        cost = cost.saturating_add(if lines > 1 { bytes } else { 0 });
    }
    cost > LOOKED_AT
}

/// The statements of a file. Never fails: what cannot be read is [`StmtKind::Other`].
pub(super) fn parse(file: u16, text: &str) -> Block {
    let Some(tree) = tree(text) else {
        return Rc::from([]);
    };
    Reader { file, text }.block(tree.root_node(), 0)
}

fn tree(text: &str) -> Option<tree_sitter::Tree> {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_python::LANGUAGE.into())
        .ok()?;
    let mut steps = 0_u32;
    let mut progress = |_: &tree_sitter::ParseState| {
        steps += 1;
        if steps < STEPS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes = text.as_bytes();
    parser.parse_with_options(
        &mut |at, _| bytes.get(at..).unwrap_or_default(),
        None,
        Some(options),
    )
}

/// Walks the tree of one file.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t> {
    file: u16,
    pub(super) text: &'t str,
}

impl<'t> Reader<'t> {
    pub(super) fn span(self, node: Node<'t>) -> Span {
        let byte = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Span {
            file: self.file,
            start: byte(node.start_byte()),
            end: byte(node.end_byte()),
        }
    }

    pub(super) fn word(self, node: Node<'t>) -> Rc<str> {
        Rc::from(self.text.get(node.byte_range()).unwrap_or_default())
    }

    pub(super) fn expr(self, node: Node<'t>, depth: u32) -> Ex {
        expressions::expr(self, node, depth)
    }

    /// The expression in a field; unknown where there is none.
    pub(super) fn field(self, node: Node<'t>, name: &str, depth: u32) -> Ex {
        match node.child_by_field_name(name) {
            Some(child) => self.expr(child, depth + 1),
            None => Rc::new(Expr {
                kind: ExprKind::Other,
                span: self.span(node),
            }),
        }
    }

    /// Named children that are no comments.
    pub(super) fn children(self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut cursor = node.walk();
        node.named_children(&mut cursor)
            .filter(|child| child.kind() != "comment")
            .collect()
    }

    pub(super) fn fields(self, node: Node<'t>, name: &str) -> Vec<Node<'t>> {
        let mut cursor = node.walk();
        node.children_by_field_name(name, &mut cursor).collect()
    }

    pub(super) fn block(self, node: Node<'t>, depth: u32) -> Block {
        let children = self.children(node);
        children
            .into_iter()
            .map(|child| self.stmt(child, depth + 1))
            .collect()
    }

    fn block_of(self, node: Node<'t>, field: &str, depth: u32) -> Block {
        node.child_by_field_name(field)
            .map_or_else(|| Rc::from([]), |block| self.block(block, depth))
    }

    fn stmt(self, node: Node<'t>, depth: u32) -> Stmt {
        let kind = if depth > DEPTH {
            StmtKind::Other
        } else {
            self.stmt_kind(node, depth)
        };
        Stmt { kind }
    }

    fn stmt_kind(self, node: Node<'t>, depth: u32) -> StmtKind {
        match node.kind() {
            "expression_statement" => self.expression_statement(node, depth),
            "if_statement" => self.if_statement(node, depth),
            "for_statement" => StmtKind::For {
                target: self.field(node, "left", depth),
                iterable: self.field(node, "right", depth),
                body: self.block_of(node, "body", depth),
                otherwise: self.else_block(node, depth),
            },
            "while_statement" => StmtKind::While {
                test: self.field(node, "condition", depth),
                body: self.block_of(node, "body", depth),
                otherwise: self.else_block(node, depth),
            },
            "try_statement" => self.try_statement(node, depth),
            "with_statement" => self.with_statement(node, depth),
            "function_definition" => {
                StmtKind::Function(Rc::new(self.function(node, Vec::new(), depth)))
            }
            "class_definition" => self.class(node, depth),
            "decorated_definition" => self.decorated(node, depth),
            "return_statement" => StmtKind::Return(
                self.children(node)
                    .first()
                    .map(|&child| self.expr(child, depth)),
            ),
            "raise_statement" => StmtKind::Raise,
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            "delete_statement" => StmtKind::Delete(
                self.children(node)
                    .into_iter()
                    .map(|child| self.expr(child, depth))
                    .collect(),
            ),
            "global_statement" | "nonlocal_statement" => StmtKind::Global(
                self.children(node)
                    .into_iter()
                    .map(|child| self.word(child))
                    .collect(),
            ),
            "import_statement" => StmtKind::Import(self.imported(node)),
            "import_from_statement" => self.import_from(node),
            "pass_statement"
            | "assert_statement"
            | "future_import_statement"
            | "print_statement"
            | "type_alias_statement" => StmtKind::Pass,
            _ => StmtKind::Other,
        }
    }

    fn expression_statement(self, node: Node<'t>, depth: u32) -> StmtKind {
        let children = self.children(node);
        let [only] = children.as_slice() else {
            return StmtKind::Pass;
        };
        match only.kind() {
            "assignment" => {
                let mut targets = Vec::new();
                let mut at = *only;
                loop {
                    targets.push(self.field(at, "left", depth));
                    match at.child_by_field_name("right") {
                        Some(right) if right.kind() == "assignment" => at = right,
                        Some(right) => return StmtKind::Assign(targets, self.expr(right, depth)),
                        // `name: type` alone binds nothing.
                        None => return StmtKind::Pass,
                    }
                }
            }
            "augmented_assignment" => {
                let operator = only.child_by_field_name("operator");
                let operator = operator.map_or(Operator::Other, |operator| {
                    expressions::operator(self.word(operator).trim_end_matches('='))
                });
                StmtKind::Augmented(
                    self.field(*only, "left", depth),
                    operator,
                    self.field(*only, "right", depth),
                )
            }
            _ => StmtKind::Expr(self.expr(*only, depth)),
        }
    }

    fn if_statement(self, node: Node<'t>, depth: u32) -> StmtKind {
        let mut arms = vec![(
            Some(self.field(node, "condition", depth)),
            self.block_of(node, "consequence", depth),
        )];
        for alternative in self.fields(node, "alternative") {
            arms.push(match alternative.kind() {
                "elif_clause" => (
                    Some(self.field(alternative, "condition", depth)),
                    self.block_of(alternative, "consequence", depth),
                ),
                _ => (None, self.block_of(alternative, "body", depth)),
            });
        }
        StmtKind::If(arms)
    }

    fn else_block(self, node: Node<'t>, depth: u32) -> Block {
        node.child_by_field_name("alternative").map_or_else(
            || Rc::from([]),
            |clause| self.block_of(clause, "body", depth),
        )
    }

    fn try_statement(self, node: Node<'t>, depth: u32) -> StmtKind {
        let mut handlers = Vec::new();
        let (mut otherwise, mut finally): (Block, Block) = (Rc::from([]), Rc::from([]));
        for child in self.children(node) {
            match child.kind() {
                "except_clause" | "except_group_clause" => {
                    handlers.push(self.handler(child, depth))
                }
                "else_clause" => otherwise = self.block_of(child, "body", depth),
                "finally_clause" => finally = self.inner_block(child, depth),
                _ => {}
            }
        }
        StmtKind::Try {
            body: self.block_of(node, "body", depth),
            handlers,
            otherwise,
            finally,
        }
    }

    /// The block of a clause that names it by no field.
    fn inner_block(self, node: Node<'t>, depth: u32) -> Block {
        let block = self
            .children(node)
            .into_iter()
            .find(|c| c.kind() == "block");
        block.map_or_else(|| Rc::from([]), |block| self.block(block, depth))
    }

    fn handler(self, node: Node<'t>, depth: u32) -> Handler {
        let mut exceptions = Vec::new();
        let mut name = None;
        for child in self.children(node) {
            match child.kind() {
                "block" => {}
                "as_pattern" => {
                    let parts = self.children(child);
                    exceptions.extend(parts.first().map(|&part| self.word(part)));
                    name = parts.get(1).map(|&part| self.word(part));
                }
                _ => exceptions.push(self.word(child)),
            }
        }
        let exceptions = exceptions
            .iter()
            .flat_map(|text| text.split([',', '(', ')']))
            .map(|word| Rc::from(word.trim().rsplit('.').next().unwrap_or_default()))
            .filter(|word: &Rc<str>| !word.is_empty())
            .collect();
        Handler {
            exceptions,
            name,
            body: self.inner_block(node, depth),
        }
    }

    fn with_statement(self, node: Node<'t>, depth: u32) -> StmtKind {
        let clause = self
            .children(node)
            .into_iter()
            .find(|child| child.kind() == "with_clause");
        let mut items = Vec::new();
        for item in clause
            .map(|clause| self.children(clause))
            .unwrap_or_default()
        {
            let Some(value) = item.child_by_field_name("value") else {
                continue;
            };
            if value.kind() == "as_pattern" {
                let parts = self.children(value);
                let target = parts.get(1).and_then(|target| target.named_child(0));
                if let Some(&value) = parts.first() {
                    items.push((
                        self.expr(value, depth),
                        target.map(|target| self.expr(target, depth)),
                    ));
                }
            } else {
                items.push((self.expr(value, depth), None));
            }
        }
        StmtKind::With(items, self.block_of(node, "body", depth))
    }

    fn class(self, node: Node<'t>, depth: u32) -> StmtKind {
        let bases = node.child_by_field_name("superclasses");
        let bases = bases.map(|bases| self.children(bases)).unwrap_or_default();
        StmtKind::Class(Rc::new(ClassDef {
            name: node
                .child_by_field_name("name")
                .map_or_else(|| Rc::from(""), |name| self.word(name)),
            bases: bases
                .into_iter()
                .filter(|base| base.kind() != "keyword_argument")
                .map(|base| self.expr(base, depth))
                .collect(),
            body: self.block_of(node, "body", depth),
        }))
    }

    fn decorated(self, node: Node<'t>, depth: u32) -> StmtKind {
        let Some(definition) = node.child_by_field_name("definition") else {
            return StmtKind::Other;
        };
        if definition.kind() != "function_definition" {
            return self.stmt_kind(definition, depth);
        }
        let decorators = self
            .children(node)
            .into_iter()
            .filter(|child| child.kind() == "decorator")
            .map(|child| {
                let text = self.word(child);
                let text = text.trim_start_matches('@').trim();
                Rc::from(text.split('(').next().unwrap_or(text))
            })
            .collect();
        StmtKind::Function(Rc::new(self.function(definition, decorators, depth)))
    }
}
