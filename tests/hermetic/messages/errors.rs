//! The messages of error types (`#[error("…")]`) and of functions that make errors of usage.

use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::visit::Visit;
use syn::{Attribute, Expr, ExprCall, Fields, File, Item, Pat, Stmt};

use super::text::{Format, doc, has_words, written};

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    pub file: PathBuf,
    /// `Type::Variant`, `Type` or the function's name.
    pub name: String,
    /// What is printed, with names in angle brackets.
    pub text: String,
    /// What it means.
    pub meaning: String,
    /// What to do.
    pub hints: Vec<String>,
}

/// The variants of the error types of a file, each with the type of its only value, whose message it may pass on.
pub fn variants(file: &File) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for item in &file.items {
        let Item::Enum(one) = item else { continue };
        let is_error = |attributes: &[Attribute]| attributes.iter().any(|one| one.path().is_ident("error"));
        for variant in one.variants.iter().filter(|variant| is_error(&variant.attrs)) {
            let inner = variant.fields.iter().next().filter(|_| matches!(variant.fields, Fields::Unnamed(_)));
            let inner = inner.map(|field| written(&field.ty)).map(|kind| {
                let kind = kind.trim_start_matches("Box<").trim_end_matches('>');
                kind.rsplit("::").next().unwrap_or_default().to_owned()
            });
            found.push((format!("{}::{}", one.ident, variant.ident), inner));
        }
    }
    found
}

/// The messages of the error types of a file; those that pass on another message are left out.
pub fn of_types(path: &Path, file: &File) -> Vec<Message> {
    let mut found = Vec::new();
    for item in &file.items {
        let mut add = |name: String, attributes: &[Attribute], fields: &Fields| {
            for text in messages(file, attributes, fields) {
                let (file, meaning) = (path.to_owned(), doc(attributes));
                found.push(Message { file, name: name.clone(), text, meaning, hints: Vec::new() });
            }
        };
        match item {
            Item::Enum(one) => {
                for variant in &one.variants {
                    add(format!("{}::{}", one.ident, variant.ident), &variant.attrs, &variant.fields);
                }
            }
            Item::Struct(one) => add(one.ident.to_string(), &one.attrs, &one.fields),
            _ => {}
        }
    }
    found
}

fn messages(file: &File, attributes: &[Attribute], fields: &Fields) -> Vec<String> {
    let Some(attribute) = attributes.iter().find(|one| one.path().is_ident("error")) else {
        return Vec::new();
    };
    let Ok(list) = attribute.meta.require_list() else { return Vec::new() };
    let Some(format) = Format::parse(list.tokens.clone()) else { return Vec::new() };
    let of_field = |index: usize| {
        fields.iter().nth(index).map_or("text".to_owned(), |field| of_type(&written(&field.ty)))
    };
    let text = format.filled(&of_field);
    match (has_words(&text), format.arguments.first()) {
        (true, _) => vec![text],
        // The words are those of a function.
        (false, Some(Expr::Call(call))) if format.text == "{}" => of_function(file, &written(&call.func)),
        _ => Vec::new(),
    }
}

/// What the only field of a variant is called.
fn of_type(kind: &str) -> String {
    match kind {
        "PathBuf" => "path",
        "Digest" => "digest",
        "u64" | "usize" => "count",
        "InvalidEpoch" => "reason",
        "ImagePath" => "path",
        _ => "text",
    }
    .to_owned()
}

/// The texts in a function of a file, the longest first.
fn of_function(file: &File, name: &str) -> Vec<String> {
    let function = file.items.iter().find_map(|item| match item {
        Item::Fn(function) if function.sig.ident == name => Some(function),
        _ => None,
    });
    let mut texts = function.map(|function| texts(&*function.block)).unwrap_or_default();
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    texts
}

/// Every text with words in a piece of code: literals, and formats with names in their places.
pub fn texts<T: Tree>(code: &T) -> Vec<String> {
    let mut found = Texts(Vec::new());
    code.walk(&mut found);
    found.0.retain(|text| has_words(text));
    found.0
}

/// What can be walked.
pub trait Tree {
    fn walk(&self, texts: &mut Texts);
}

impl Tree for syn::Block {
    fn walk(&self, texts: &mut Texts) {
        texts.visit_block(self);
    }
}

impl Tree for Expr {
    fn walk(&self, texts: &mut Texts) {
        texts.visit_expr(self);
    }
}

pub struct Texts(pub Vec<String>);

impl<'a> Visit<'a> for Texts {
    fn visit_lit_str(&mut self, text: &'a syn::LitStr) {
        self.0.push(text.value());
    }

    fn visit_macro(&mut self, one: &'a syn::Macro) {
        if let Some(format) = Format::parse(one.tokens.clone()) {
            self.0.push(format.filled(&|_| "text".to_owned()));
        }
    }

    fn visit_attribute(&mut self, _: &'a Attribute) {}
}

/// The errors of usage that the functions of a file make: message and hint are the arguments of `usage`.
pub fn of_functions(path: &Path, file: &File) -> Vec<Message> {
    let mut found = Vec::new();
    for item in &file.items {
        let Item::Fn(function) = item else { continue };
        let mut calls = Calls(Vec::new());
        calls.visit_block(&function.block);
        for call in calls.0 {
            let (Some(message), Some(hint)) = (call.args.get(0), call.args.get(1)) else { continue };
            for text in texts(message) {
                found.push(Message {
                    file: path.to_owned(),
                    name: function.sig.ident.to_string(),
                    text,
                    meaning: doc(&function.attrs),
                    hints: hints(hint, &function.block),
                });
            }
        }
    }
    found
}

/// The texts of a hint, and of the local names that it has.
fn hints(hint: &Expr, block: &syn::Block) -> Vec<String> {
    let mut found = texts(hint);
    let words = hint.to_token_stream().to_string();
    for statement in &block.stmts {
        let Stmt::Local(local) = statement else { continue };
        let (Pat::Ident(name), Some(value)) = (&local.pat, &local.init) else { continue };
        let name = name.ident.to_string();
        let is_used = words == name || words.contains(&format!("{{{name}}}"));
        if is_used {
            found.extend(texts(&*value.expr));
        }
    }
    // What the keys of a registry mean is in their table.
    if found.is_empty() && words == "about" {
        found.push("the hint is what the key means".to_owned());
    }
    found
}

struct Calls<'a>(Vec<&'a ExprCall>);

impl<'a> Visit<'a> for Calls<'a> {
    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        if written(&call.func) == "usage" {
            self.0.push(call);
        }
        syn::visit::visit_expr_call(self, call);
    }
}
