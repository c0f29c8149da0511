//! Text of a template to [`Node`]s, as PyYAML and js-yaml read it, within bounds: an alias stands for all that its
//! anchor has, so that a few hundred bytes can stand for more than any memory holds.

use std::collections::HashMap;

use yaml_rust2::parser::{Event, Parser, Tag};
use yaml_rust2::scanner::{Marker, TScalarStyle};

use super::node::{Node, Value};
use super::pairs::{Pairs, merge};
use super::scalar::{Dialect, resolve};
use super::tags::{core, function, tagged};

/// The most bytes that a document may become, aliases expanded: what the largest file becomes without any.
const SIZE_MAX: usize = 64 << 20;

/// The most levels of nesting; templates have about ten.
const DEPTH_MAX: usize = 100;

/// What a node takes besides its text, in bytes.
const NODE: usize = 96;

/// Why a text is not read.
#[derive(Debug, PartialEq, Eq)]
pub struct NotRead {
    /// The line, counted from 1.
    pub line: usize,
    /// A clause.
    pub why: String,
}

impl NotRead {
    fn new(at: &Marker, why: impl Into<String>) -> Self {
        Self { line: at.line(), why: why.into() }
    }
}

/// The document of a text, and the lines of keys that a mapping has twice, with their names: the last one counts.
///
/// # Errors
/// [`NotRead`].
pub fn load(text: &str, dialect: Dialect) -> Result<(Node, Vec<(usize, String)>), NotRead> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{')
        && let Ok(json) = serde_json::from_str(text)
    {
        // JSON has escapes and tabs that YAML has not.
        return Ok((from_json(json), Vec::new()));
    }
    let reader = Reader {
        parser: Parser::new_from_str(text),
        dialect,
        anchors: HashMap::new(),
        open: Vec::new(),
        twice: Vec::new(),
        document: None,
    };
    reader.read()
}

/// Reads the events of the parser, which come one by one, without recursion.
struct Reader<'a> {
    parser: Parser<std::str::Chars<'a>>,
    dialect: Dialect,
    /// What has an anchor, and what it takes; nothing while it is open.
    anchors: HashMap<usize, Option<(Node, usize)>>,
    open: Vec<Open>,
    twice: Vec<(usize, String)>,
    document: Option<Node>,
}

/// A sequence or mapping that has not ended.
struct Open {
    line: usize,
    anchor: usize,
    tag: Option<String>,
    /// What it takes so far, in bytes.
    size: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    /// The pairs so far, what is merged into them, and a key that waits for its value.
    Map {
        pairs: Pairs,
        merged: Vec<Node>,
        key: Option<Key>,
    },
}

enum Key {
    Name(String, usize),
    Merge,
}

impl Reader<'_> {
    fn read(mut self) -> Result<(Node, Vec<(usize, String)>), NotRead> {
        loop {
            let (event, at) =
                self.parser.next_token().map_err(|error| NotRead::new(error.marker(), error.info()))?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart if self.document.is_some() => {
                    return Err(NotRead::new(&at, "a second document begins"));
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let size = NODE + text.len();
                    let merges = text == "<<" && style == TScalarStyle::Plain && tag.is_none();
                    if let Some(Open { kind: Kind::Map { key: key @ None, .. }, .. }) = self.open.last_mut() {
                        *key = Some(if merges { Key::Merge } else { Key::Name(text.clone(), at.line()) });
                        // A key can be an alias's anchor, too.
                        let node = Node { line: at.line(), value: Value::Text(text) };
                        self.remember(anchor, &node, size);
                        self.grow(size, &at)?;
                        continue;
                    }
                    let (plain, line) = (style == TScalarStyle::Plain, at.line());
                    let node = self.scalar(text, plain, tag, line)?;
                    self.remember(anchor, &node, size);
                    self.put(node, size, &at)?;
                }
                Event::Alias(anchor) => {
                    let Some(Some((node, size))) = self.anchors.get(&anchor).cloned() else {
                        return Err(NotRead::new(&at, "an alias stands for what it is in"));
                    };
                    if let Some(Open { kind: Kind::Map { key: key @ None, .. }, .. }) = self.open.last_mut() {
                        let Some(name) = node.plain() else {
                            return Err(NotRead::new(&at, "a key is not a text"));
                        };
                        *key = Some(Key::Name(name, at.line()));
                        continue;
                    }
                    self.put(node, size, &at)?;
                }
                Event::SequenceStart(anchor, tag) => self.open(anchor, tag, Kind::List(Vec::new()), &at)?,
                Event::MappingStart(anchor, tag) => {
                    let kind = Kind::Map { pairs: Pairs::default(), merged: Vec::new(), key: None };
                    self.open(anchor, tag, kind, &at)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(&at)?,
                _ => {}
            }
        }
        let nothing = || Node::of(Value::Null);
        Ok((self.document.unwrap_or_else(nothing), self.twice))
    }

    fn scalar(&self, text: String, plain: bool, tag: Option<Tag>, line: usize) -> Result<Node, NotRead> {
        let value = match tag.as_ref().map(core) {
            None if plain => resolve(&text, self.dialect),
            // PyYAML takes `!` alone for no tag.
            Some(Some("")) if plain && self.dialect == Dialect::PyYaml => resolve(&text, self.dialect),
            Some(Some("int" | "float" | "bool" | "null")) => match resolve(&text, self.dialect) {
                Value::Text(text) => {
                    return Err(NotRead { line, why: format!("`{text}` is not what its tag says") });
                }
                value => value,
            },
            Some(None) => {
                let argument = Node { line, value: Value::Text(text) };
                return Ok(tagged(tag.as_ref(), argument));
            }
            _ => Value::Text(text),
        };
        Ok(Node { line, value })
    }

    fn open(&mut self, anchor: usize, tag: Option<Tag>, kind: Kind, at: &Marker) -> Result<(), NotRead> {
        if let Some(Open { kind: Kind::Map { key: None, .. }, .. }) = self.open.last() {
            return Err(NotRead::new(at, "a key is not a text"));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(NotRead::new(at, format!("it is nested more than {DEPTH_MAX} levels deep")));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, None);
        }
        let tag = tag.filter(|tag| core(tag).is_none()).map(|tag| tag.suffix);
        self.open.push(Open { line: at.line(), anchor, tag, size: NODE, kind });
        Ok(())
    }

    fn close(&mut self, at: &Marker) -> Result<(), NotRead> {
        let Some(Open { line, anchor, tag, size, kind }) = self.open.pop() else { return Ok(()) };
        let value = match kind {
            Kind::List(items) => Value::List(items),
            Kind::Map { pairs, merged, .. } => Value::Map(merge(pairs, merged)),
        };
        let node = Node { line, value };
        let node = match tag {
            Some(name) => function(&name, node),
            None => node,
        };
        self.remember(anchor, &node, size);
        self.put(node, size, at)
    }

    /// Puts a value where it belongs.
    fn put(&mut self, node: Node, size: usize, at: &Marker) -> Result<(), NotRead> {
        self.grow(size, at)?;
        let Some(open) = self.open.last_mut() else {
            self.document = Some(node);
            return Ok(());
        };
        match &mut open.kind {
            Kind::List(items) => items.push(node),
            Kind::Map { pairs, merged, key } => match key.take() {
                Some(Key::Merge) => match &node.value {
                    Value::Map(_) => merged.push(node),
                    Value::List(items) if items.iter().all(|item| matches!(item.value, Value::Map(_))) => {
                        merged.extend(items.iter().cloned());
                    }
                    _ => return Err(NotRead::new(at, "`<<` merges what is not a mapping")),
                },
                Some(Key::Name(name, line)) => {
                    if pairs.put(name.clone(), node) {
                        self.twice.push((line, name));
                    }
                }
                None => return Err(NotRead::new(at, "a key is not a text")),
            },
        }
        Ok(())
    }

    /// Keeps what has an anchor.
    fn remember(&mut self, anchor: usize, node: &Node, size: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, Some((node.clone(), size)));
            // It is kept until the end.
            if let Some(open) = self.open.last_mut() {
                open.size += size;
            }
        }
    }

    fn grow(&mut self, size: usize, at: &Marker) -> Result<(), NotRead> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        open.size += size;
        if open.size > SIZE_MAX {
            let why = format!("its aliases stand for more than {} MiB", SIZE_MAX >> 20);
            return Err(NotRead::new(at, why));
        }
        Ok(())
    }
}

fn from_json(json: serde_json::Value) -> Node {
    use serde_json::Value as Json;
    Node::of(match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(truth),
        Json::Number(number) => match number.to_string().parse() {
            Ok(integer) => Value::Integer(integer),
            Err(_) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::Text(text),
        Json::Array(items) => Value::List(items.into_iter().map(from_json).collect()),
        Json::Object(pairs) => {
            Value::Map(pairs.into_iter().map(|(name, value)| (name, from_json(value))).collect())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Node, NotRead> {
        load(text, Dialect::PyYaml).map(|(node, _)| node)
    }

    #[test]
    fn aliases_are_read_within_a_budget() {
        let fine =
            "base: &base {Runtime: python3.12}\none: *base\ntwo: {<<: *base, list: [1, [2, {a: b}]]}\n";
        let document = read(fine).unwrap();
        assert_eq!(document.get("one").get("Runtime").text(), Some("python3.12"));
        assert_eq!(document.get("two").get("Runtime").text(), Some("python3.12"));
        assert!(read("").unwrap().is_null());
        assert!(read("a: [1").is_err());

        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let below = format!("*a{}, ", level - 1).repeat(9);
            bomb += &format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(", "));
        }
        assert!(read(&bomb).unwrap_err().why.contains("64 MiB"));
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(10_000));
        assert!(read(&long).unwrap_err().why.contains("64 MiB"));
        assert!(read("a: &a [*a]").unwrap_err().why.contains("alias"));
    }

    #[test]
    fn no_nesting_overflows_the_stack() {
        for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
            let text = format!("{}x{}", open.repeat(100_000), close.repeat(100_000));
            assert!(read(&text).is_err(), "{open}");
        }
        let block: String = (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert!(read(&block).unwrap_err().why.contains("100 levels"));
    }

    #[test]
    fn an_error_names_its_line_and_keys_that_are_there_twice_are_told() {
        for (text, line) in [
            ("a: 1\nb: [\n", 3),
            ("a: 1\n---\nb: 2\n", 2),
            ("a: 1\n? [x]\n: 2\n", 2),
            ("a: 1\n<<: 3\n", 2),
            ("a: 1\nb: !!int x\n", 2),
        ] {
            assert_eq!(read(text).unwrap_err().line, line, "{text:?}");
        }
        let (node, twice) = load("a: 1\nb: {c: 1, c: 2}\na: 3\n", Dialect::PyYaml).unwrap();
        assert_eq!(twice, [(2, "c".to_owned()), (3, "a".to_owned())]);
        assert_eq!(node.get("a").plain().as_deref(), Some("3"));
    }
}
