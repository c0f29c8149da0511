//! What stays out of a function that is built from its directory.

use super::source::Source;

/// Always: what `init` and builds write, hidden files, and what is for people.
const ALWAYS: [&str; 6] = [".*", "lambda-img.*", "lambda-image", "README*", "tests", "test"];

/// Hidden directories that are the function: what frameworks make.
const MADE: [&str; 6] = [".next", ".nuxt", ".open-next", ".output", ".svelte-kit", ".vercel"];

/// What stays out of `path`: the usual, and what a language's tools keep there (patterns that match nothing at the top
/// are left out, but for those of any depth). Never what the handler is in.
pub fn of(source: &Source<'_>, path: &str, handler: Option<&str>, unneeded: &[&str]) -> Vec<String> {
    let top = source.path("");
    let is_top = path == top;
    let mut all: Vec<String> = Vec::new();
    if is_top {
        all.extend(ALWAYS.map(str::to_owned));
        let there =
            unneeded.iter().filter(|pattern| pattern.starts_with("**/") || any_at_top(source, pattern));
        all.extend(there.map(|pattern| (*pattern).to_owned()));
    } else {
        all.extend(
            unneeded.iter().filter(|pattern| pattern.starts_with("**/")).map(|pattern| (*pattern).to_owned()),
        );
    }
    let of_handler = handler.unwrap_or_default().split(['/', '.']).next().unwrap_or_default();
    all.retain(|pattern| of_handler.is_empty() || pattern != of_handler);
    let hidden = MADE.iter().filter(|name| is_top && source.is_dir(name));
    all.extend(hidden.map(|name| format!("!{name}")));
    // `.build/index.handler`
    let first = handler.and_then(|handler| handler.split_once('/')).map(|(first, _)| first);
    if let Some(first) = first.filter(|first| first.starts_with('.') && is_top) {
        let kept = format!("!{first}");
        if !all.contains(&kept) {
            all.push(kept);
        }
    }
    all
}

/// Whether a name at the top fits a pattern, whose only sign is `*` at one end.
fn any_at_top(source: &Source<'_>, pattern: &str) -> bool {
    let fits = |name: &String| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => name.ends_with(end),
        (_, Some(start)) => name.starts_with(start),
        _ => name == pattern,
    };
    source.names("").iter().any(fits)
}
