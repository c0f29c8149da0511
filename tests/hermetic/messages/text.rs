//! Format strings as texts for readers: each place is a name in angle brackets.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Expr, Lit, Token};

/// A format string and its arguments, as of `format!` or `#[error]`.
pub struct Format {
    pub text: String,
    pub arguments: Vec<Expr>,
}

impl Format {
    /// Of `"text", arguments`, where the first token is a text.
    pub fn parse(tokens: TokenStream) -> Option<Self> {
        let mut tokens = tokens.into_iter();
        let text = match tokens.next()? {
            TokenTree::Literal(literal) => match Lit::new(literal) {
                Lit::Str(text) => text.value(),
                _ => return None,
            },
            _ => return None,
        };
        tokens.next();
        let rest = with_fields(tokens);
        let arguments =
            syn::parse::Parser::parse2(Punctuated::<Expr, Token![,]>::parse_terminated, rest).ok()?;
        Some(Self { text, arguments: arguments.into_iter().collect() })
    }

    /// The text with names in its places; `of_field` names those of a tuple.
    pub fn filled(&self, of_field: &dyn Fn(usize) -> String) -> String {
        let (mut out, mut rest, mut next) = (String::new(), self.text.as_str(), 0);
        while let Some(at) = rest.find(['{', '}']) {
            out += &rest[..at];
            if let Some(after) = rest[at..].strip_prefix("{{").or(rest[at..].strip_prefix("}}")) {
                out += &rest[at..=at];
                rest = after;
                continue;
            }
            let end = at + rest[at..].find('}').unwrap();
            let name = rest[at + 1..end].split(':').next().unwrap();
            let name = match name.parse::<usize>() {
                _ if name.is_empty() => {
                    next += 1;
                    self.arguments
                        .get(next - 1)
                        .map_or("…".to_owned(), |argument| named(argument, of_field))
                }
                Ok(field) => of_field(field),
                Err(_) => name.to_lowercase(),
            };
            // A proposal is there only where a name is near.
            let is_reason = name == "text" && out.ends_with(": ");
            match name.as_str() {
                "nearest" => {}
                _ if is_reason => out += "<reason>",
                name => out += &format!("<{}>", name.replace('_', " ")),
            }
            rest = &rest[end + 1..];
        }
        out + rest
    }
}

/// The tokens, in which `.0` is a field of the error.
fn with_fields(tokens: impl Iterator<Item = TokenTree>) -> TokenStream {
    let (mut out, mut at_start) = (TokenStream::new(), true);
    for token in tokens {
        if at_start && matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.') {
            out.extend("this".parse::<TokenStream>().unwrap());
        }
        at_start = matches!(&token, TokenTree::Punct(punct) if [',', '*', '&'].contains(&punct.as_char()));
        out.extend([match token {
            TokenTree::Group(group) => {
                Group::new(group.delimiter(), with_fields(group.stream().into_iter())).into()
            }
            token => token,
        }]);
    }
    out
}

/// What an argument is called: its last name that says what it is.
fn named(argument: &Expr, of_field: &dyn Fn(usize) -> String) -> String {
    match argument {
        Expr::MethodCall(call) if call.method == "oci" => "arch".to_owned(),
        Expr::MethodCall(call) => named(&call.receiver, of_field),
        Expr::Call(call) => call.args.first().map_or("…".to_owned(), |first| named(first, of_field)),
        Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => name.to_string(),
            syn::Member::Unnamed(index) => of_field(index.index as usize),
        },
        Expr::Path(path) => path.path.segments.last().unwrap().ident.to_string().to_lowercase(),
        Expr::Reference(inner) => named(&inner.expr, of_field),
        Expr::Unary(inner) => named(&inner.expr, of_field),
        Expr::Paren(inner) => named(&inner.expr, of_field),
        Expr::Binary(inner) => named(&inner.left, of_field),
        _ => "…".to_owned(),
    }
}

/// Whether a text says something by itself, and not only what is put into it.
pub fn has_words(text: &str) -> bool {
    let (mut depth, mut plain) = (0_i32, String::new());
    for char in text.chars() {
        match char {
            '<' => depth += 1,
            '>' => depth -= 1,
            char if depth == 0 => plain.push(char),
            _ => {}
        }
    }
    plain.split_whitespace().any(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 2)
}

/// The doc comment of an item, as one line.
pub fn doc(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter(|one| one.path().is_ident("doc")).filter_map(|one| {
        let syn::Meta::NameValue(value) = &one.meta else { return None };
        let Expr::Lit(literal) = &value.value else { return None };
        let Lit::Str(text) = &literal.lit else { return None };
        Some(text.value().trim().to_owned())
    });
    lines.take_while(|line| !line.starts_with('#')).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// A type as it is written, without spaces.
pub fn written(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}
