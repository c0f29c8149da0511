//! Tags: those of YAML itself, and the short forms of CloudFormation's functions.

use yaml_rust2::parser::Tag;

use super::node::{Node, Value};

/// The name of a tag of YAML's own, `!!str`; nothing of a template's, `!Ref`.
pub fn core(tag: &Tag) -> Option<&str> {
    if tag.handle == "tag:yaml.org,2002:" || tag.handle == "!!" {
        return Some(&tag.suffix);
    }
    // `!` alone says that it is a text.
    let alone = tag.suffix == "!" || tag.suffix.is_empty();
    (tag.handle.is_empty() || alone).then_some(if alone { "" } else { "str" })
}

/// A value with its tag in the long form.
pub fn tagged(tag: Option<&Tag>, node: Node) -> Node {
    match tag {
        Some(tag) => function(&tag.suffix, node),
        None => node,
    }
}

/// The long form of a function of CloudFormation: `!Sub x` is `{"Fn::Sub": "x"}`.
pub fn function(name: &str, argument: Node) -> Node {
    let line = argument.line;
    let key = match name {
        "Ref" | "Condition" => name.to_owned(),
        name => format!("Fn::{name}"),
    };
    let argument = match (name, argument.text().and_then(|text| text.split_once('.'))) {
        ("GetAtt", Some((resource, attribute))) => {
            let text = |text: &str| Node { line, value: Value::Text(text.to_owned()) };
            Node { line, value: Value::List(vec![text(resource), text(attribute)]) }
        }
        _ => argument,
    };
    Node { line, value: Value::Map(vec![(key, argument)]) }
}
