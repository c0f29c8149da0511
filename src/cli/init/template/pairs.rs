//! `Pairs`: the pairs of a mapping while it is read, and what `<<` merges into it.

use std::collections::HashMap;

use super::node::{Node, Value};

/// The pairs of a mapping in their order, of each name one.
#[derive(Default)]
pub struct Pairs {
    all: Vec<(String, Node)>,
    at: HashMap<String, usize>,
}

impl Pairs {
    /// Puts a pair; returns whether it takes the place of another.
    pub fn put(&mut self, name: String, node: Node) -> bool {
        if let Some(at) = self.at.get(&name) {
            self.all[*at].1 = node;
            return true;
        }
        self.at.insert(name.clone(), self.all.len());
        self.all.push((name, node));
        false
    }
}

/// The pairs of a mapping, what it merges below its own: of what is merged, the first of a name counts.
pub fn merge(own: Pairs, merged: Vec<Node>) -> Vec<(String, Node)> {
    if merged.is_empty() {
        return own.all;
    }
    let mut all = Pairs::default();
    for node in merged {
        let Value::Map(pairs) = node.value else { continue };
        for (name, value) in pairs {
            if !all.at.contains_key(&name) {
                all.put(name, value);
            }
        }
    }
    for (name, value) in own.all {
        all.put(name, value);
    }
    all.all
}
