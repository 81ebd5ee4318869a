//! A YAML stream as a small tree: stubs use mappings, lists and plain text, and nothing else of YAML.

use saphyr_parser::{Event, Parser, Tag};

use super::StubError;

/// A value of a stub. Numbers and booleans stay text, as every name in a stub is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Nesting that no stub reaches; it bounds what a hostile file can make us do.
const DEEPEST: usize = 32;

/// One document with the tag that says its version, such as `tapi-tbd-v3`.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) tag: Option<String>,
    pub(super) root: Node,
}

/// A collection that is being filled.
enum Open {
    List(Vec<Node>),
    Map(Vec<(String, Node)>, Option<String>),
}

impl Node {
    /// The value under a key of a mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let Node::Map(entries) = self else {
            return None;
        };
        let mut entries = entries.iter();
        entries.find(|(name, _)| name == key).map(|(_, node)| node)
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            Node::List(_) | Node::Map(_) => None,
        }
    }

    /// The elements of the list under a key; none if there is no such key.
    pub(super) fn list(&self, key: &str) -> &[Node] {
        match self.get(key) {
            Some(Node::List(nodes)) => nodes,
            _ => &[],
        }
    }

    /// The texts of the list under a key.
    pub(super) fn texts(&self, key: &str) -> impl Iterator<Item = &str> {
        self.list(key).iter().filter_map(Node::text)
    }
}

/// Reads all documents of a stream.
pub(super) fn documents(text: &str) -> Result<Vec<Document>, StubError> {
    let mut found = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut tag = None;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| StubError::Yaml(error.to_string()))?;
        let finished = match event {
            Event::Scalar(text, ..) => Node::Text(text.into_owned()),
            Event::SequenceStart(..) => {
                push(&mut open, Open::List(Vec::new()))?;
                continue;
            }
            Event::MappingStart(_, own) => {
                if open.is_empty() {
                    tag = own.map(|own| Tag::clone(&own).suffix);
                }
                push(&mut open, Open::Map(Vec::new(), None))?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(nodes)) => Node::List(nodes),
                Some(Open::Map(entries, _)) => Node::Map(entries),
                None => return Err(StubError::NotAStub),
            },
            Event::Alias(_) => return Err(StubError::NotAStub),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => continue,
        };
        match (open.last_mut(), finished) {
            (None, root) => found.push(Document {
                tag: tag.take(),
                root,
            }),
            (Some(Open::List(nodes)), node) => nodes.push(node),
            (Some(Open::Map(entries, key)), node) => match (key.take(), node) {
                (Some(key), node) => entries.push((key, node)),
                (None, Node::Text(text)) => *key = Some(text),
                (None, Node::List(_) | Node::Map(_)) => return Err(StubError::NotAStub),
            },
        }
    }
    Ok(found)
}

fn push(open: &mut Vec<Open>, next: Open) -> Result<(), StubError> {
    if open.len() >= DEEPEST {
        return Err(StubError::NotAStub);
    }
    open.push(next);
    Ok(())
}
