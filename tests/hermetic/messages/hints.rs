//! The hints in `show::hints`, by the variants of errors that they are for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use syn::visit::Visit;
use syn::{Arm, Expr, ExprCall, ExprPath, FnArg, Item, ItemFn, Pat};

use super::errors::{Texts, texts};
use super::parsed;
use super::text::{has_words, written};

/// The functions and constants of the files.
#[derive(Default)]
struct Known {
    functions: BTreeMap<String, ItemFn>,
    constants: BTreeMap<String, String>,
}

/// From `Type::Variant` to its hints.
pub fn hints(dir: &Path) -> BTreeMap<String, Vec<String>> {
    let mut known = Known::default();
    for entry in fs::read_dir(dir).unwrap() {
        for item in parsed(&entry.unwrap().path()).items {
            match item {
                Item::Fn(function) => drop(known.functions.insert(function.sig.ident.to_string(), function)),
                Item::Const(one) => {
                    known.constants.extend(texts(&*one.expr).pop().map(|text| (one.ident.to_string(), text)));
                }
                _ => {}
            }
        }
    }
    let mut arms = Arms { known: &known, found: BTreeMap::new() };
    known.functions.values().for_each(|function| arms.visit_block(&function.block));
    arms.found
}

struct Arms<'k> {
    known: &'k Known,
    found: BTreeMap<String, Vec<String>>,
}

impl<'a> Visit<'a> for Arms<'_> {
    fn visit_arm(&mut self, arm: &'a Arm) {
        let mut body = Body { known: self.known, texts: Vec::new(), depth: 0 };
        body.visit_expr(&arm.body);
        // What follows another hint, or is put before one.
        let apart = |text: &String| match text.split_once(">; ") {
            Some((first, rest)) if first.starts_with('<') => rest.to_owned(),
            _ => text.clone(),
        };
        body.texts = body
            .texts
            .iter()
            .map(apart)
            .filter(|text| has_words(text) && text.contains(' ') && !text.ends_with(' '))
            .collect();
        let mut names = Vec::new();
        leaves(&arm.pat, &mut names);
        for name in names {
            let hints: &mut Vec<String> = self.found.entry(name).or_default();
            for text in &body.texts {
                if !hints.contains(text) {
                    hints.push(text.clone());
                }
            }
        }
        syn::visit::visit_arm(self, arm);
    }
}

/// The innermost variants that a pattern names, as `Type::Variant`.
fn leaves(pattern: &Pat, found: &mut Vec<String>) {
    let before = found.len();
    let path = match pattern {
        Pat::Or(all) => return all.cases.iter().for_each(|case| leaves(case, found)),
        Pat::Paren(inner) => return leaves(&inner.pat, found),
        Pat::Guard(inner) => return leaves(&inner.pat, found),
        Pat::Reference(inner) => return leaves(&inner.pat, found),
        Pat::Ident(name) => return name.subpat.iter().for_each(|(_, inner)| leaves(inner, found)),
        Pat::TupleStruct(one) => {
            one.elems.iter().for_each(|inner| leaves(inner, found));
            &one.path
        }
        Pat::Struct(one) => {
            one.fields.iter().for_each(|field| leaves(&field.pat, found));
            &one.path
        }
        Pat::Path(one) => &one.path,
        _ => return,
    };
    let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    if let [.., kind, variant] = &names[..]
        && found.len() == before
        && kind != "Ok"
    {
        found.push(format!("{kind}::{variant}"));
    }
}

/// The texts of an arm, with those of the functions and constants that it uses.
struct Body<'k> {
    known: &'k Known,
    texts: Vec<String>,
    depth: usize,
}

impl Body<'_> {
    /// Whether a function makes the hints of its caller: one that takes an error has them itself.
    fn is_part(function: &ItemFn) -> bool {
        let first = function.sig.inputs.first();
        let kind = first.map(|first| match first {
            FnArg::Typed(first) => written(&first.ty),
            FnArg::Receiver(_) => String::new(),
        });
        kind.is_none_or(|kind| {
            kind == "&io::Error" || !["Error", "Fault", "Reason"].iter().any(|end| kind.ends_with(end))
        })
    }
}

impl<'a> Visit<'a> for Body<'_> {
    fn visit_lit_str(&mut self, text: &'a syn::LitStr) {
        self.texts.push(text.value());
    }

    fn visit_macro(&mut self, one: &'a syn::Macro) {
        let mut found = Texts(Vec::new());
        found.visit_macro(one);
        self.texts.append(&mut found.0);
        if let Some(format) = super::text::Format::parse(one.tokens.clone()) {
            for argument in &format.arguments {
                if let Expr::Call(call) = argument {
                    self.visit_expr_call(call);
                }
            }
        }
    }

    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        let name = written(&call.func);
        if let Some(function) = self.known.functions.get(&name).filter(|function| Self::is_part(function))
            && self.depth < 4
        {
            let mut inner = Body { known: self.known, texts: Vec::new(), depth: self.depth + 1 };
            inner.visit_block(&function.block);
            self.texts.append(&mut inner.texts);
        }
        syn::visit::visit_expr_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'a ExprPath) {
        self.texts.extend(self.known.constants.get(&written(path)).cloned());
    }
}
