//! Variables of the Serverless Framework, `${self:custom.stage, 'dev'}`, as far as files tell. No variable of this
//! machine's environment is read: what it has is not for a file.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::budget::{Budget, LOOK_UP};
use super::node::{Node, Value};
use super::paths::within;

/// How deep variables may lead to others: they can name each other in circles.
const DEPTH_MAX: usize = 30;

/// How much is computed, in nodes and bytes of text.
const WORK_MAX: usize = 8 << 20;

/// Reads a file of the project as a template is read; nothing where that cannot be done.
pub type ReadFile<'a> = dyn Fn(&str) -> Option<Node> + 'a;

/// What variables are computed from.
pub struct Variables<'a> {
    document: &'a Node,
    read: &'a ReadFile<'a>,
    files: RefCell<BTreeMap<String, Option<Node>>>,
    budget: Budget,
}

impl<'a> Variables<'a> {
    /// The variables of a document at the root of the project.
    pub fn new(document: &'a Node, read: &'a ReadFile<'a>) -> Self {
        Self { document, read, files: RefCell::default(), budget: Budget::new(WORK_MAX) }
    }

    /// A value with its variables computed.
    pub fn resolve(&self, node: &Node) -> Node {
        self.at(node, 0)
    }

    fn at(&self, node: &Node, depth: usize) -> Node {
        let size = 1 + node.text().map_or(0, str::len);
        if depth > DEPTH_MAX || !self.budget.spend(size) {
            return unknown(node);
        }
        let value = match &node.value {
            Value::List(items) => Value::List(items.iter().map(|item| self.at(item, depth + 1)).collect()),
            Value::Map(pairs) => match &pairs[..] {
                [(name, _)] if name == "Ref" || name.starts_with("Fn::") => return unknown(node),
                _ => Value::Map(
                    pairs.iter().map(|(name, value)| (name.clone(), self.at(value, depth + 1))).collect(),
                ),
            },
            Value::Text(text) if text.contains("${") => return self.text(text, node.line, depth),
            value => value.clone(),
        };
        Node { line: node.line, value }
    }

    /// A text with variables: the value itself, where one variable is all of it.
    fn text(&self, text: &str, line: usize, depth: usize) -> Node {
        let mut out = String::new();
        let mut known = true;
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            out.push_str(&rest[..at]);
            let Some(end) = closing(&rest[at..]) else {
                rest = &rest[at..];
                break;
            };
            let (inner, after) = (&rest[at + 2..at + end], &rest[at + end + 1..]);
            let value = self.variable(inner, depth + 1);
            if out.is_empty() && after.is_empty() && at == 0 && text.len() == end + 1 {
                let unknown = || Node { line, value: Value::Unknown(text.to_owned()) };
                return value.map_or_else(unknown, |node| Node { line, ..node });
            }
            match value.as_ref().and_then(Node::plain).filter(|text| self.budget.spend(text.len())) {
                Some(text) => out.push_str(&text),
                None => {
                    known = false;
                    out.push_str(&rest[at..=at + end]);
                }
            }
            rest = after;
        }
        out.push_str(rest);
        Node {
            line,
            value: if known && !out.contains("${") { Value::Text(out) } else { Value::Unknown(out) },
        }
    }

    /// What the inside of `${…}` stands for: the first of its alternatives that is known.
    fn variable(&self, inner: &str, depth: usize) -> Option<Node> {
        if depth > DEPTH_MAX || !self.budget.spend(LOOK_UP + inner.len()) {
            return None;
        }
        for alternative in alternatives(inner) {
            let found = self.alternative(alternative.trim(), depth).map(|node| self.at(&node, depth + 1));
            if let Some(found) =
                found.filter(|node| !node.is_null() && !matches!(node.value, Value::Unknown(_)))
            {
                return Some(found);
            }
        }
        (inner.trim() == "opt:stage").then(stage_by_default)
    }

    fn alternative(&self, text: &str, depth: usize) -> Option<Node> {
        if let Some(inner) = text.strip_prefix(['\'', '"']) {
            let inner = inner.strip_suffix(['\'', '"']).unwrap_or(inner);
            return Some(Node::of(Value::Text(inner.to_owned())));
        }
        // What a variable is called may hang on another one.
        let name = match text.contains("${") {
            true => self.text(text, 0, depth + 1).plain()?,
            false => text.to_owned(),
        };
        if let Some(path) = name.strip_prefix("self:") {
            return self.path(self.document, path, depth);
        }
        if name == "sls:stage" {
            let stage = self.document.get("provider").get("stage");
            return Some(if stage.is_null() { stage_by_default() } else { stage.clone() });
        }
        if let Some(rest) = name.strip_prefix("file(") {
            let (file, path) = rest.split_once(')')?;
            let document = self.file(file.trim())?;
            return match path.strip_prefix(':') {
                Some(path) => self.path(&document, path, depth),
                None => Some(document),
            };
        }
        if let Some(parameter) = name.strip_prefix("param:") {
            let stages = self.document.get("stages").get("default").get("params").get(parameter);
            let params = self.document.get("params").get("default").get(parameter);
            return [stages, params].into_iter().find(|node| !node.is_null()).cloned();
        }
        match name.as_str() {
            "true" => Some(Node::of(Value::Bool(true))),
            "false" => Some(Node::of(Value::Bool(false))),
            name => name.parse().ok().map(|number| Node::of(Value::Integer(number))),
        }
    }

    /// A value by its path, `custom.stages.dev`; what is on the way may be variables, too.
    fn path(&self, document: &Node, path: &str, depth: usize) -> Option<Node> {
        let mut at = document.clone();
        for name in path.split('.').filter(|name| !name.is_empty()) {
            if !self.budget.spend(64) {
                return None;
            }
            if let Value::Text(text) = &at.value
                && text.contains("${")
            {
                at = self.text(text, at.line, depth + 1);
            }
            at = match name.parse::<usize>() {
                Ok(index) if !at.list().is_empty() => at.list().get(index)?.clone(),
                _ => at.get(name).clone(),
            };
        }
        Some(at).filter(|node| !node.is_null())
    }

    fn file(&self, path: &str) -> Option<Node> {
        let path = within("", path)?;
        if let Some(known) = self.files.borrow().get(&path) {
            return known.clone();
        }
        let document = (self.read)(&path);
        self.files.borrow_mut().insert(path, document.clone());
        document
    }
}

/// Where the variable that a text begins with ends: its closing brace.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, letter) in text.bytes().enumerate() {
        match letter {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The alternatives of a variable, which commas part outside of variables, parentheses and quotes.
fn alternatives(inner: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0usize, None);
    for (at, letter) in inner.bytes().enumerate() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(letter),
            (None, b'{' | b'(') => depth += 1,
            (None, b'}' | b')') => depth = depth.saturating_sub(1),
            (None, b',') if depth == 0 => {
                parts.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[from..]);
    parts
}

/// The framework's own stage, where none is named.
fn stage_by_default() -> Node {
    Node::of(Value::Text("dev".to_owned()))
}

fn unknown(node: &Node) -> Node {
    let mut shown = node.shown();
    shown.truncate(shown.floor_char_boundary(200));
    Node { line: node.line, value: Value::Unknown(shown) }
}

#[cfg(test)]
mod tests {
    use super::super::scalar::Dialect;
    use super::super::yaml::load;
    use super::*;

    #[test]
    fn what_files_tell_is_computed() {
        let text = "
provider: {stage: \"${opt:stage, 'test'}\", runtime: python3.12}
custom:
  name: orders-${self:provider.stage}
  sizes: {dev: 256, prod: 1024}
  circle: ${self:custom.circle}
  size: ${self:custom.sizes.${opt:stage, 'dev'}}
  shared: ${file(./shared.yml)}
";
        let (document, _) = load(text, Dialect::JsYaml).unwrap();
        let shared = load("runtime: nodejs22.x\nlist: [a, b]\n", Dialect::JsYaml).unwrap().0;
        let read = move |path: &str| (path == "shared.yml").then(|| shared.clone());
        let variables = Variables::new(&document, &read);
        for (text, value) in [
            ("${self:provider.runtime}", "python3.12"),
            ("${self:custom.name}", "orders-test"),
            ("${opt:stage}", "dev"),
            ("${self:custom.size}", "256"),
            ("x-${self:custom.sizes.prod}-y", "x-1024-y"),
            ("${env:HOME, 'none'}", "none"),
            ("${env:HOME}", "? ${env:HOME}"),
            ("${ssm:/a, \"b, c\"}", "b, c"),
            ("${self:custom.circle}", "? ${self:custom.circle}"),
            ("${file(shared.yml):runtime}", "nodejs22.x"),
            ("${self:custom.shared.list.1}", "b"),
            ("${file(../../etc/passwd):x, 'outside'}", "outside"),
            ("${sls:stage}", "test"),
            ("${opt:nothing, 7}", "7"),
            ("a ${b", "? a ${b"),
            ("a ${aws:region} b", "? a ${aws:region} b"),
        ] {
            let node = Node::of(Value::Text(text.to_owned()));
            let resolved = variables.resolve(&node);
            let shown = match &resolved.value {
                Value::Unknown(text) => format!("? {text}"),
                _ => resolved.shown(),
            };
            assert_eq!(shown, value, "{text}");
        }
    }
}
