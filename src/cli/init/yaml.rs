//! Reads YAML that may be hostile, within limits. An alias repeats its whole anchor, and each level of nesting is a
//! call: without limits, a few hundred bytes could exhaust memory or the stack.

use std::collections::HashMap;

use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::{Yaml, YamlLoader};

/// The most bytes that a document may become, aliases expanded: what the largest file becomes without any.
const SIZE_MAX: usize = 64 << 20;

/// The most levels of nesting; templates have about ten.
const DEPTH_MAX: usize = 100;

/// What a node takes besides its text, in bytes.
const NODE: usize = 64;

/// Why a text is not read.
#[derive(Debug, PartialEq, Eq)]
pub enum NotRead {
    /// It is not YAML.
    Malformed,
    /// It would become more than [`SIZE_MAX`] bytes, or has more than [`DEPTH_MAX`] levels.
    Unbounded,
}

/// The first document of a text.
///
/// # Errors
/// [`NotRead`].
pub fn load(text: &str) -> Result<Option<Yaml>, NotRead> {
    measure(text)?;
    let documents = YamlLoader::load_from_str(text).map_err(|_| NotRead::Malformed)?;
    Ok(documents.into_iter().next())
}

/// Adds up what the text would become. The parser's events come one by one, without recursion.
fn measure(text: &str) -> Result<(), NotRead> {
    let mut parser = Parser::new_from_str(text);
    let mut anchors: HashMap<usize, usize> = HashMap::new();
    // What each open node has so far, the document outermost, with the anchor to remember it by.
    let mut open = vec![(0, 0)];
    loop {
        let (event, _) = parser.next_token().map_err(|_| NotRead::Malformed)?;
        let (anchor, size) = match event {
            Event::StreamEnd => return Ok(()),
            Event::Scalar(text, _, anchor, _) => (anchor, NODE + text.len()),
            Event::Alias(anchor) => (0, anchors.get(&anchor).copied().unwrap_or(NODE)),
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                open.push((anchor, NODE));
                if open.len() > DEPTH_MAX {
                    return Err(NotRead::Unbounded);
                }
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().unwrap_or_default(),
            _ => continue,
        };
        let Some((_, sum)) = open.last_mut() else { return Err(NotRead::Malformed) };
        // The loader keeps a copy of what has an anchor.
        *sum += if anchor > 0 { 2 * size } else { size };
        if *sum > SIZE_MAX {
            return Err(NotRead::Unbounded);
        }
        if anchor > 0 {
            anchors.insert(anchor, size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_read_within_a_budget() {
        let fine =
            "base: &base {Runtime: python3.12}\none: *base\ntwo: {<<: *base, list: [1, [2, {a: b}]]}\n";
        let document = load(fine).unwrap().unwrap();
        assert_eq!(document["one"]["Runtime"].as_str(), Some("python3.12"));
        assert_eq!(load(""), Ok(None));
        assert_eq!(load("a: [1"), Err(NotRead::Malformed));

        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let below = format!("*a{}, ", level - 1).repeat(9);
            bomb += &format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(", "));
        }
        assert_eq!(load(&bomb), Err(NotRead::Unbounded));
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(10_000));
        assert_eq!(load(&long), Err(NotRead::Unbounded));
    }

    #[test]
    fn no_nesting_overflows_the_stack() {
        for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
            let text = format!("{}x{}", open.repeat(100_000), close.repeat(100_000));
            assert!(load(&text).is_err(), "{open}");
        }
        let block: String = (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert_eq!(load(&block), Err(NotRead::Unbounded));
    }
}
