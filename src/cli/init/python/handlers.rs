//! Where a project's code has its handler.

use super::super::source::Source;

/// A handler, and where its file is.
pub struct Handler {
    /// The directory of the code, which becomes the task root: empty, or `src`.
    pub dir: &'static str,
    /// As Lambda names it, from that directory.
    pub name: String,
}

/// What a handler is written as, the surest first: a function or a value of a usual name, decorated or not; a function
/// that takes an event and a context; a name that is imported.
const HANDLERS: [&str; 4] = [
    r"(?m)^(?:async )?def (lambda_handler|handler)\(",
    // `handler = Mangum(app)`, `lambda_handler = Handler().run`
    r"(?m)^(lambda_handler|handler)\s*(?::[^=\n]+)?=[^=]",
    r"(?m)^(?:async )?def (\w+)\(\s*_?(?:event|evt|request)\b[^,)]*,\s*_?(?:context|ctx)?\b",
    r"(?m)^from \S+ import (?:[^\n#]*[,\s])?(lambda_handler|handler)\b",
];

const FIRST: [&str; 6] = ["lambda_function", "app", "main", "handler", "index", "__init__"];

/// The handler of a directory. A project `has_list` of what it needs: directories in one without may be functions of
/// their own.
pub fn find(source: &Source<'_>, has_list: bool) -> Option<Handler> {
    let places = [("", 0), ("src", 3), ("", 3)];
    let usable = if has_list { &places[..] } else { &places[..2] };
    usable.iter().find_map(|(dir, depth)| {
        let depth = if *dir == "src" && !has_list { 1 } else { *depth };
        let found = |pattern: &&str| source.search(dir, depth, &[".py"], &FIRST, pattern);
        let (file, name) = HANDLERS.iter().find_map(found)?;
        let file = file.strip_prefix(dir).map_or(&*file, |file| file.trim_start_matches('/'));
        Some(Handler { dir, name: format!("{}.{name}", file.trim_end_matches(".py")) })
    })
}
