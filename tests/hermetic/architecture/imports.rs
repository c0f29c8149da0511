//! Which file of a crate imports which: from the tokens of its sources, through re-exports to the file that defines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

/// A module: the crate's name (`lambda_img`, or `bin` for the program) and its path below the crate's root.
pub type Module = Vec<String>;

/// The imports of every file below a `src/` directory.
pub struct Imports {
    /// The file of every module.
    pub files: BTreeMap<Module, PathBuf>,
    /// From the importing module to those it imports, each with the path that it writes.
    pub edges: BTreeMap<Module, BTreeMap<Module, String>>,
}

/// What one file says.
#[derive(Default)]
struct Source {
    /// Paths in imports and in code, by the inline module that they stand in.
    paths: Vec<(Module, Vec<String>)>,
    /// The names that it hands on (`pub use`), and what they are.
    handed_on: BTreeMap<String, Vec<String>>,
}

impl Imports {
    /// Reads `src/lib.rs`, `src/main.rs` where it is there, and every module that they declare.
    pub fn of(src: &Path, library: &str) -> Self {
        let (mut files, mut sources) = (BTreeMap::new(), BTreeMap::new());
        for (root, name) in [("lib.rs", library), ("main.rs", "bin")] {
            if src.join(root).exists() {
                read(vec![name.to_owned()], &src.join(root), &mut files, &mut sources);
            }
        }
        let resolver = Resolver { library, files: &files, sources: &sources };
        let mut edges = BTreeMap::new();
        for (module, source) in &sources {
            let imports: &mut BTreeMap<_, _> = edges.entry(module.clone()).or_default();
            for (within, path) in &source.paths {
                let target = resolver.absolute(within, path).and_then(|path| resolver.owner(&path, 0));
                if let Some(target) = target.filter(|target| target != module) {
                    imports.entry(target).or_insert_with(|| path.join("::"));
                }
            }
        }
        Self { files, edges }
    }

    /// Groups of files of which each reaches all others by imports.
    pub fn circles(&self) -> Vec<Vec<Module>> {
        let edges = self.edges.iter().map(|(from, to)| (from.clone(), to.keys().cloned().collect()));
        circles(&edges.collect())
    }

    /// The same of what stands directly in a folder: its files, and its folders as wholes.
    pub fn circles_between_siblings(&self) -> Vec<Vec<Module>> {
        let mut siblings: BTreeMap<Module, BTreeMap<Module, BTreeSet<Module>>> = BTreeMap::new();
        for (from, to) in &self.edges {
            for to in to.keys() {
                let shared = from.iter().zip(to).take_while(|(a, b)| a == b).count();
                if shared < from.len() && shared < to.len() && shared > 0 {
                    let (from, to) = (from[..=shared].to_vec(), to[..=shared].to_vec());
                    siblings.entry(from[..shared].to_vec()).or_default().entry(from).or_default().insert(to);
                }
            }
        }
        siblings.values().flat_map(circles).collect()
    }

    /// The circles as text: each file, and by which path it reaches the others.
    pub fn tell(&self, circles: &[Vec<Module>]) -> String {
        let mut text = String::new();
        for circle in circles {
            text += "a circle:\n";
            for from in circle {
                let begins = |module: &Module, with: &Module| module.starts_with(with);
                let all = self.edges.iter().filter(|(module, _)| begins(module, from));
                for (module, to) in all {
                    for (to, path) in to {
                        if circle.iter().any(|other| other != from && begins(to, other)) {
                            text += &format!("  {} writes `{path}`\n", self.files[module].display());
                        }
                    }
                }
            }
        }
        text
    }
}

struct Resolver<'a> {
    library: &'a str,
    files: &'a BTreeMap<Module, PathBuf>,
    sources: &'a BTreeMap<Module, Source>,
}

impl Resolver<'_> {
    /// A path from the root of its crate; none where it leads out of both.
    fn absolute(&self, within: &Module, path: &[String]) -> Option<Vec<String>> {
        let mut at = within.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => (at.truncate(1), rest = &path[1..]).1,
            name if name == self.library => (at = vec![name.to_owned()], rest = &path[1..]).1,
            "self" | "super" => {
                while let Some(word @ ("self" | "super")) = rest.first().map(String::as_str) {
                    if word == "super" {
                        at.pop();
                    }
                    rest = &rest[1..];
                }
            }
            child => {
                at.push(child.to_owned());
                if !self.files.contains_key(&at) {
                    return None;
                }
                rest = &path[1..];
            }
        }
        at.extend(rest.iter().cloned());
        Some(at)
    }

    /// The module that defines what a path names.
    fn owner(&self, path: &[String], depth: usize) -> Option<Module> {
        assert!(depth < 20, "{path:?} is handed on in a circle");
        let length = (1..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
        let module = path[..length].to_vec();
        if let Some(name) = path.get(length)
            && let Some(meant) = self.sources[&module].handed_on.get(name)
            && let Some(mut meant) = self.absolute(&module, meant)
        {
            meant.extend(path[length + 1..].iter().cloned());
            return self.owner(&meant, depth + 1);
        }
        Some(module)
    }
}

fn read(
    module: Module,
    path: &Path,
    files: &mut BTreeMap<Module, PathBuf>,
    sources: &mut BTreeMap<Module, Source>,
) {
    let text = fs::read_to_string(path).unwrap();
    let mut file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    file.items.retain(|item| !is_of_tests(item));
    let name = path.file_name().unwrap().to_str().unwrap();
    let below = match name {
        "lib.rs" | "main.rs" | "mod.rs" => path.parent().unwrap().to_owned(),
        _ => path.with_extension(""),
    };
    for item in &file.items {
        if let syn::Item::Mod(syn::ItemMod { ident, content: None, .. }) = item {
            let places = [below.join(format!("{ident}.rs")), below.join(format!("{ident}/mod.rs"))];
            let place = places.iter().find(|place| place.exists());
            let place = place.unwrap_or_else(|| panic!("{}: no file for `mod {ident}`", path.display()));
            read([&module[..], &[ident.to_string()]].concat(), place, files, sources);
        }
    }
    let mut source = Source::default();
    let tokens: TokenStream = file.items.iter().map(ToTokens::to_token_stream).collect();
    source.walk(&module, &Vec::from_iter(tokens), path);
    files.insert(module.clone(), path.to_owned());
    sources.insert(module, source);
}

fn is_of_tests(item: &syn::Item) -> bool {
    let attributes = match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        _ => return false,
    };
    let text = |one: &syn::Attribute| one.to_token_stream().to_string().replace(' ', "");
    attributes.iter().map(text).any(|one| one == "#[cfg(test)]" || one.starts_with("#[cfg(all(test,"))
}

impl Source {
    /// Collects the paths of tokens, those in macros, too.
    fn walk(&mut self, module: &Module, tokens: &[TokenTree], path: &Path) {
        let ident = |at: usize| match tokens.get(at) {
            Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
            _ => None,
        };
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(word) if word == "use" && !is_punct(tokens.get(at + 1), '<') => {
                    let end = (at..tokens.len()).find(|end| is_punct(tokens.get(*end), ';')).unwrap();
                    let is_public = at > 0
                        && (ident(at - 1).as_deref() == Some("pub")
                            || at > 1 && ident(at - 2).as_deref() == Some("pub"));
                    for (meant, name) in leaves(&tokens[at + 1..end]) {
                        assert!(name != "*", "{}: a glob hides what is imported: {meant:?}", path.display());
                        // What a file hands on is imported by those who use it.
                        if is_public {
                            self.handed_on.insert(name, meant);
                        } else {
                            self.paths.push((module.clone(), meant));
                        }
                    }
                    at = end;
                }
                TokenTree::Ident(word) if word == "mod" => {
                    if let (Some(name), Some(TokenTree::Group(body))) = (ident(at + 1), tokens.get(at + 2)) {
                        let within = [&module[..], &[name]].concat();
                        self.walk(&within, &Vec::from_iter(body.stream()), path);
                    }
                    at += 2;
                }
                TokenTree::Ident(word) => {
                    let mut names = vec![word.to_string()];
                    while is_punct(tokens.get(at + 1), ':')
                        && is_punct(tokens.get(at + 2), ':')
                        && let Some(name) = ident(at + 3)
                    {
                        names.push(name);
                        at += 3;
                    }
                    if names.len() > 1 {
                        self.paths.push((module.clone(), names));
                    }
                }
                TokenTree::Group(group) => self.walk(module, &Vec::from_iter(group.stream()), path),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            at += 1;
        }
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == wanted)
}

/// The paths of a tree of imports, each with the name that it gets.
fn leaves(tree: &[TokenTree]) -> Vec<(Vec<String>, String)> {
    let mut prefix = Vec::new();
    let mut found = Vec::new();
    let mut renamed = false;
    for token in tree {
        match token {
            TokenTree::Ident(word) if word == "as" => renamed = true,
            TokenTree::Ident(name) if renamed => return vec![(prefix, name.to_string())],
            TokenTree::Ident(name) => prefix.push(name.to_string()),
            TokenTree::Punct(star) if star.as_char() == '*' => return vec![(prefix, "*".to_owned())],
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            TokenTree::Group(group) => {
                let inner = Vec::from_iter(group.stream());
                for one in inner.split(|token| is_punct(Some(token), ',')).filter(|one| !one.is_empty()) {
                    for (path, name) in leaves(one) {
                        found.push((with_self([&prefix[..], &path].concat()), name));
                    }
                }
                let name = |(path, name): (Vec<String>, String)| match name.as_str() {
                    "self" => (path.clone(), path.last().cloned().unwrap_or_default()),
                    _ => (path, name),
                };
                return found.into_iter().map(name).collect();
            }
        }
    }
    let name = prefix.last().cloned().unwrap_or_default();
    vec![(prefix, name)]
}

/// A path without the `self` at its end, which names what stands before it.
fn with_self(mut path: Vec<String>) -> Vec<String> {
    if path.len() > 1 && path.last().is_some_and(|name| name == "self") {
        path.pop();
    }
    path
}

/// The strongly connected components of more than one node.
fn circles(edges: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<Vec<Module>> {
    let reach = |from: &Module| {
        let (mut seen, mut left) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(at) = left.pop() {
            for to in edges.get(&at).into_iter().flatten() {
                if seen.insert(to.clone()) {
                    left.push(to.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<_, _> = edges.keys().map(|from| (from, reach(from))).collect();
    let mut found = Vec::new();
    let mut done = BTreeSet::new();
    for (from, to) in &reached {
        if to.contains(*from) && !done.contains(*from) {
            let back = |other: &&Module| reached.get(other).is_some_and(|reached| reached.contains(*from));
            let circle: Vec<_> = to.iter().filter(back).cloned().collect();
            done.extend(circle.iter().cloned());
            found.push(circle);
        }
    }
    found
}
