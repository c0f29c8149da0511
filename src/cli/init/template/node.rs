//! `Node`: a value of a template, with the line that it stands on.

use std::fmt::Write;

/// A value of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The line of the template, counted from 1; 0 where that is not known.
    pub line: usize,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the template. A key is the text that it is written as.
    Map(Vec<(String, Node)>),
    /// A value that only a deployment knows, as the template has it.
    Unknown(String),
}

/// What an index gives that leads nowhere.
const NOTHING: &Node = &Node { line: 0, value: Value::Null };

impl Node {
    /// A value that stands on no line of its own.
    pub fn of(value: Value) -> Self {
        Self { line: 0, value }
    }

    /// The value of a key; [`Value::Null`] where there is none.
    pub fn get(&self, key: &str) -> &Self {
        let found = self.map().iter().find(|(name, _)| name == key);
        found.map_or(NOTHING, |(_, node)| node)
    }

    /// The pairs of a mapping; of all else none.
    pub fn map(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// The items of a sequence; of all else none.
    pub fn list(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// A text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, number or truth value, as CloudFormation makes a text of it.
    pub fn plain(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) => Some(number.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) | Value::Unknown(_) => None,
        }
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The value as a person would write it in one line.
    pub fn shown(&self) -> String {
        let mut out = String::new();
        self.show(&mut out);
        out
    }

    fn show(&self, out: &mut String) {
        match &self.value {
            Value::Null => out.push_str("null"),
            Value::Unknown(text) => out.push_str(text),
            Value::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    item.show(out);
                }
                out.push(']');
            }
            Value::Map(pairs) => match &pairs[..] {
                [(function, argument)] if function == "Ref" || function.starts_with("Fn::") => {
                    // Writing to a string does not fail.
                    let _ = write!(out, "!{} ", function.trim_start_matches("Fn::"));
                    argument.show(out);
                }
                pairs => {
                    let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
                    let _ = write!(out, "{{{}}}", names.join(", "));
                }
            },
            _ => out.push_str(&self.plain().unwrap_or_default()),
        }
    }
}
