//! Probe: the features of the runtime that Node.js sources use.

use std::collections::BTreeSet;

use crate::survey::{Entry, Fact, Head, Look, Probe};

/// The largest file that is read, in bytes: bundles of whole functions are below it.
const LIMIT: usize = 4 << 20;

/// The package of AWS's SDK of version 2.
const SDK_V2: &str = "aws-sdk";

/// As many parameters as Lambda takes for a sign of a callback.
const WITH_CALLBACK: usize = 3;

/// Reads the JavaScript of a function, but for that of its packages.
pub struct Sources;

impl Probe for Sources {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let path = entry.name().strip_prefix("var/task/")?;
        let script = [".js", ".mjs", ".cjs"].iter().any(|end| path.ends_with(end));
        let own = script && !path.split('/').any(|part| part == "node_modules");
        (own && entry.size <= LIMIT as u64).then(|| {
            Head::look(LIMIT, |bytes, _| {
                let text = String::from_utf8_lossy(bytes);
                let sdk = takes_sdk_v2(&text).then_some(Fact::SdkV2);
                let callbacks = with_callback(&text);
                let callbacks = Some(callbacks).filter(|names| !names.is_empty());
                let callbacks = callbacks.map(|names| Fact::Callbacks(names.into_iter().collect()));
                sdk.into_iter().chain(callbacks).collect()
            })
        })
    }
}

/// The lines of a text, asked for from its beginning to its end: bundles are one line of megabytes, which is not
/// searched again for each place in it.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    is_comment: bool,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, at: 0, is_comment: Self::begins_comment(text) }
    }

    fn begins_comment(line: &str) -> bool {
        let line = line.trim_start_matches([' ', '\t']);
        line.starts_with("//") || line.starts_with('*')
    }

    /// Whether the line in which `at` is begins as a comment; `at` is not before the last one.
    fn is_comment(&mut self, at: usize) -> bool {
        if let Some(end) = self.text[self.at..at].rfind('\n') {
            self.is_comment = Self::begins_comment(&self.text[self.at + end + 1..]);
        }
        self.at = at;
        self.is_comment
    }
}

/// Whether a text has `require('aws-sdk')`, `from "aws-sdk/clients/s3"` or the like.
fn takes_sdk_v2(text: &str) -> bool {
    let mut lines = Lines::of(text);
    text.match_indices(SDK_V2).any(|(at, name)| {
        let quoted = text[..at].strip_suffix(['"', '\'', '`']);
        let ends = text[at + name.len()..].starts_with(['"', '\'', '`', '/']);
        let asked = quoted.is_some_and(|before| {
            let before = before.trim_end();
            ["require(", "import(", "from", "import"].iter().any(|word| before.ends_with(word))
        });
        ends && asked && !lines.is_comment(at)
    })
}

/// The names of functions that are written with three parameters or more.
fn with_callback(text: &str) -> BTreeSet<String> {
    let (mut names, mut lines) = (BTreeSet::new(), Lines::of(text));
    for (open, _) in text.match_indices('(') {
        // Defaults and rest parameters are not counted by `Function.length`, and not read here.
        let rest = &text[open + 1..];
        let end = rest.find(|c: char| !is_word(c) && !c.is_whitespace() && c != ',').unwrap_or(rest.len());
        let count = rest[..end].split(',').filter(|name| !name.trim().is_empty()).count();
        if count < WITH_CALLBACK || !rest[end..].starts_with(')') || lines.is_comment(open) {
            continue;
        }
        let body = rest[end + 1..].trim_start();
        let before = text[..open].trim_end();
        let named = if body.starts_with("=>") {
            assigned(before.strip_suffix("async").unwrap_or(before)).into_iter().collect()
        } else if body.starts_with('{') {
            of_function(before)
        } else {
            Vec::new()
        };
        names.extend(named.into_iter().map(str::to_owned));
    }
    names
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The word that a text ends in, and the text before it.
fn last_word(text: &str) -> (&str, &str) {
    let start = text
        .rfind(|c: char| !is_word(c))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    (&text[start..], text[..start].trim_end())
}

/// The name that a text ends in assigning to: `handler` of `exports.handler =`.
fn assigned(text: &str) -> Option<&str> {
    let (name, _) = last_word(text.trim_end().strip_suffix('=')?.trim_end());
    Some(name).filter(|name| !name.is_empty())
}

/// The names of a function whose parameters a text ends before: its own, and what it is assigned to.
fn of_function(text: &str) -> Vec<&str> {
    let (word, before) = last_word(text);
    let (own, before) = match (word, last_word(before)) {
        ("function", _) => (None, before),
        (name, ("function", before)) => (Some(name), before),
        _ => return Vec::new(),
    };
    let before = before.strip_suffix("async").unwrap_or(before);
    own.into_iter().chain(assigned(before)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_old_sdk_is_seen_where_it_is_asked_for() {
        for text in [
            "const AWS = require('aws-sdk');",
            "import S3 from \"aws-sdk/clients/s3\"",
            "var a=require( \"aws-sdk\" )",
            "await import('aws-sdk')",
            "import 'aws-sdk';",
        ] {
            assert!(takes_sdk_v2(text), "{text}");
        }
        for text in [
            "require('aws-sdk-client-mock')",
            "require('@aws-sdk/client-s3')",
            "// const AWS = require('aws-sdk');",
            "console.log('aws-sdk')",
            "aws-sdk",
        ] {
            assert!(!takes_sdk_v2(text), "{text}");
        }
    }

    #[test]
    fn handlers_with_a_callback_are_seen_by_their_parameters() {
        for text in [
            "exports.handler = (event, context, callback) => {",
            "module.exports.handler = async (event, context, callback) => {",
            "exports.handler = function(event, context, callback) {",
            "exports.handler = async function handler (event,\n  context,\n  callback) {",
            "export const handler = (e,c,cb)=>{",
            "export async function handler(event, context, callback) {",
        ] {
            assert_eq!(with_callback(text), BTreeSet::from(["handler".to_owned()]), "{text}");
        }
        for text in [
            "exports.handler = async (event, context) => {",
            "exports.handler = wrap(event, context, callback);",
            "exports.handler = async (event, context, ...rest) => {",
            "exports.handler = (event, context, callback = null) => {",
            "// exports.handler = (event, context, callback) => {",
            "if (a, b, c) {",
            "\n /**\n  * exports.handler = (event, context, callback) => {\n  */",
            "list.map((a, b, c) => a)",
        ] {
            assert_eq!(with_callback(text), BTreeSet::new(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "(?s).{0,300}", more in "[a-z(),={}> \u{e9}]{0,100}") {
            let text = format!("{text}{more}=function(a,b,c){{ (é,b,c) =>");
            takes_sdk_v2(&text);
            with_callback(&text);
        }
    }
}
