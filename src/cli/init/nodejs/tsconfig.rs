//! What a tsconfig.json says of the files that tsc reads and writes, as far as its text tells: it may have comments.

use super::super::source::{Source, below, find, matches, slashed};
use super::handlers::TYPESCRIPT;

/// What decides where a compiled file is.
pub struct Tsconfig {
    /// Where compiled files go, from the package's directory.
    pub out_dir: String,
    /// What is left out of their paths.
    pub root: String,
    /// Directories and files of sources.
    pub sources: Vec<String>,
    /// All tsconfig files, with those that this one extends.
    pub files: Vec<String>,
    /// Whether tsc can be told another directory: nothing in the settings stands against it.
    pub movable: bool,
    /// Whether the settings say that nothing is written.
    pub no_emit: bool,
}

const FILE: &str = "tsconfig.json";

impl Tsconfig {
    /// `None` where there is none.
    pub fn of(source: &Source<'_>) -> Option<Self> {
        if !source.has(FILE) {
            return None;
        }
        let own = source.text(FILE);
        let extended =
            find(&own, r#""extends"\s*:\s*"(\.[^"]+)""#).map(|path| path.trim_start_matches("./").to_owned());
        let extended =
            extended.map(|path| if path.ends_with(".json") { path } else { format!("{path}.json") });
        let text = own.clone() + &extended.as_deref().map(|path| source.text(path)).unwrap_or_default();
        let of = |name: &str| find(&text, &format!(r#""{name}"\s*:\s*"(?:\./)?([^"]*?)/?""#));
        let included = find(&own, r#"(?s)"include"\s*:\s*\[([^\]]*)\]"#).unwrap_or_default();
        let mut sources: Vec<String> = matches(&included, r#""(?:\./)?([^"*]*)"#);
        sources.iter_mut().for_each(|path| *path = path.trim_end_matches('/').to_owned());
        sources.retain(|path| !path.is_empty());
        if sources.is_empty() {
            sources = all(source);
        }
        sources.dedup();
        let root = of("rootDir").filter(|root| root != ".").unwrap_or_else(|| common(source, &sources));
        let says = |name: &str| find(&text, &format!(r#""({name})"\s*:\s*(?:true|"|\[)"#)).is_some();
        Some(Self {
            out_dir: of("outDir")
                .filter(|dir| !dir.is_empty() && dir != ".")
                .unwrap_or_else(|| "dist".to_owned()),
            root: root.trim_end_matches('/').to_owned(),
            sources,
            files: std::iter::once(FILE.to_owned()).chain(extended).collect(),
            movable: !says("incremental")
                && !says("composite")
                && !says("tsBuildInfoFile")
                && !says("references"),
            no_emit: says("noEmit"),
        })
    }

    /// Where a source is when it is compiled.
    pub fn compiled(&self, file: &str) -> String {
        let path = match self.root.as_str() {
            "" => file,
            root => file.strip_prefix(root).map_or(file, |path| path.trim_start_matches('/')),
        };
        slashed(&below(&self.out_dir, path))
    }
}

/// The names at the top that are TypeScript, or have some in them.
fn all(source: &Source<'_>) -> Vec<String> {
    let mut names = source.names("");
    names.retain(|name| {
        if source.is_dir(name) {
            !matches!(name.as_str(), "node_modules" | "dist" | "build")
                && !source.files(name, 4, &TYPESCRIPT).is_empty()
        } else {
            TYPESCRIPT.iter().any(|ending| name.ends_with(ending)) && !name.ends_with(".d.ts")
        }
    });
    names
}

/// The directory that all sources are in.
fn common(source: &Source<'_>, sources: &[String]) -> String {
    let mut files = Vec::new();
    for path in sources {
        if source.is_dir(path) {
            files.extend(source.files(path, 8, &TYPESCRIPT));
        } else {
            files.push(path.clone());
        }
    }
    files.retain(|file| !file.ends_with(".d.ts"));
    let folder = |file: &str| file.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let mut folders = files.iter().map(|file| folder(file));
    let Some(mut shared) = folders.next() else { return String::new() };
    for folder in folders {
        while !shared.is_empty() && folder != shared && !folder.starts_with(&format!("{shared}/")) {
            shared = shared.rsplit_once('/').map_or(String::new(), |(above, _)| above.to_owned());
        }
    }
    shared
}
