//! Where a package's code has its handler.

use serde_json::Value;

use super::super::source::Source;

/// What a handler is written as: a function of a usual name that is exported in one of the ways there are.
const HANDLERS: [&str; 4] = [
    r"(?m)(?:^|\W)exports\.(handler|lambdaHandler)\s*=",
    r"(?m)^export (?:const|let|var|async function|function) (handler|lambdaHandler)\b",
    r"(?ms)^export \{[^}]*\b(handler|lambdaHandler)\b",
    r"(?ms)(?:^|\W)module\.exports\s*=\s*\{[^}]*\b(handler|lambdaHandler)\b",
];

pub const SCRIPTS: [&str; 3] = [".js", ".mjs", ".cjs"];
pub const TYPESCRIPT: [&str; 3] = [".ts", ".mts", ".cts"];
const FIRST: [&str; 5] = ["index", "app", "main", "handler", "lambda"];

/// A source file and the name that it exports.
pub struct Handler {
    /// The file, from the package's directory.
    pub file: String,
    /// The function.
    pub name: String,
}

impl Handler {
    /// As Lambda names it.
    pub fn of_file(&self) -> String {
        format!("{}.{}", stem(&self.file), self.name)
    }
}

/// A file without what tells its language.
pub fn stem(file: &str) -> &str {
    let endings = SCRIPTS.iter().chain(&TYPESCRIPT).chain(&[".tsx", ".jsx"]);
    endings.clone().find_map(|ending| file.strip_suffix(ending)).unwrap_or(file)
}

/// The handler of a package in JavaScript: where `main` or `exports` leads, else in a file of a usual name.
pub fn in_scripts(source: &Source<'_>, package: &Value, depth: usize) -> Option<Handler> {
    let main = main_file(package).and_then(|main| {
        let files = [main.clone(), format!("{main}.js"), format!("{main}/index.js")];
        files.into_iter().find_map(|file| in_file(source, file))
    });
    main.or_else(|| in_directory(source, depth, &SCRIPTS))
}

/// The handler of a package in TypeScript, in its sources.
pub fn in_sources(source: &Source<'_>) -> Option<Handler> {
    in_directory(source, 4, &TYPESCRIPT)
}

fn in_file(source: &Source<'_>, file: String) -> Option<Handler> {
    let name = HANDLERS.iter().find_map(|pattern| source.first(&file, pattern))?;
    Some(Handler { file, name })
}

fn in_directory(source: &Source<'_>, depth: usize, endings: &[&str]) -> Option<Handler> {
    let found = |pattern: &&str| source.search("", depth, endings, &FIRST, pattern);
    let (file, name) = HANDLERS.iter().find_map(found)?;
    Some(Handler { file, name })
}

/// The file that a package says it begins with: `main`, else what `exports` has for `.`.
pub fn main_file(package: &Value) -> Option<String> {
    let own = |value: &Value| Some(value.as_str()?.trim_start_matches("./").to_owned());
    own(&package["main"]).or_else(|| exported(&package["exports"]).as_ref().and_then(own))
}

/// The first file among conditions, at most four levels down: `{".": {"node": {"import": "./index.mjs"}}}`.
fn exported(exports: &Value) -> Option<Value> {
    let mut at = exports.get(".").unwrap_or(exports);
    for _ in 0..4 {
        if at.is_string() {
            return Some(at.clone());
        }
        let conditions = ["node", "import", "require", "module", "default"];
        at = conditions.iter().find_map(|condition| at.get(condition))?;
    }
    None
}
