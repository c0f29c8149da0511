//! Modules import only downward, in the order in which `src/lib.rs` and `src/cli/mod.rs` list them, no file imports itself
//! by way of others, and files stay small.

mod imports;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use imports::Imports;

/// The level of library modules of which none imports another.
const SIDE_BY_SIDE: usize = 5;

/// The modules that a file declares, lowest first, with their levels: a comment `// L<n> …` opens one.
fn listed(file: &str) -> Vec<(String, usize)> {
    let mut level = None;
    let mut modules = Vec::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        if let Some(rest) = line.strip_prefix("// L") {
            level = rest.split_whitespace().next().and_then(|number| number.parse().ok());
        } else if let Some(name) = line.trim_start_matches("pub ").strip_prefix("mod ")
            && let Some(name) = name.strip_suffix(';')
        {
            let level = level.unwrap_or_else(|| panic!("{file}: `{name}` stands under no level"));
            modules.push((name.to_owned(), level));
        }
    }
    modules
}

/// The files of the crate, without those of tests.
fn all_sources() -> impl Iterator<Item = PathBuf> {
    IMPORTS.files.values().cloned()
}

/// The code of a file before its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]").next().unwrap().to_owned()
}

const LIBRARY: &str = "lambda_img";

/// The imports of this crate.
static IMPORTS: LazyLock<Imports> = LazyLock::new(|| {
    let imports = Imports::of(Path::new("src"), LIBRARY);
    assert!(imports.files.len() > 200, "only {} files were found", imports.files.len());
    let seen: usize = imports.edges.values().map(BTreeMap::len).sum();
    assert!(seen > 600, "only {seen} imports were found");
    imports
});

/// Imports between modules of `order` (a crate or folder, lowest first) that do not point downward.
fn upward(imports: &Imports, root: &[&str], order: &[(String, usize)]) -> Vec<String> {
    let place = |module: &[String]| {
        let below = module.strip_prefix(&Vec::from_iter(root.iter().map(|name| (*name).to_owned()))[..])?;
        order.iter().position(|(name, _)| Some(name) == below.first())
    };
    let mut wrong = Vec::new();
    for (from, to) in &imports.edges {
        for (to, path) in to {
            let (Some(at), Some(other)) = (place(from), place(to)) else { continue };
            let is_sideways = order[at].1 == SIDE_BY_SIDE && order[other].1 == SIDE_BY_SIDE && at != other;
            if other > at || is_sideways {
                wrong.push(format!("{} writes `{path}`", imports.files[from].display()));
            }
        }
    }
    wrong
}

#[test]
fn imports_point_downward() {
    let imports = &*IMPORTS;
    let library = listed("src/lib.rs");
    assert!(library.len() > 20, "{library:?}");
    let wrong = upward(imports, &[LIBRARY], &library);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let rooms = listed("src/cli/mod.rs");
    assert!(rooms.len() > 5, "{rooms:?}");
    let wrong = upward(imports, &["bin", "cli"], &rooms);
    assert!(wrong.is_empty(), "{wrong:#?}");
    for module in imports.files.keys().filter(|module| module.len() > 1) {
        let (order, name) = match module[0].as_str() {
            LIBRARY => (&library, &module[1]),
            _ if module.len() > 2 => (&rooms, &module[2]),
            _ => continue,
        };
        assert!(order.iter().any(|(listed, _)| listed == name), "{module:?} stands under no level");
    }
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    let imports = &*IMPORTS;
    let circles = imports.circles();
    assert!(circles.is_empty(), "{} circles\n{}", circles.len(), imports.tell(&circles));
    let circles = imports.circles_between_siblings();
    assert!(circles.is_empty(), "{} circles\n{}", circles.len(), imports.tell(&circles));
}

/// A crate of these files, and the circles in it: of files, and of siblings.
fn planted(files: &[(&str, &str)]) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join("src").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let imports = Imports::of(&dir.path().join("src"), LIBRARY);
    let named = |circles: Vec<Vec<Vec<String>>>| {
        let names = circles.into_iter().map(|circle| circle.iter().map(|one| one[1..].join("::")).collect());
        Vec::from_iter(names)
    };
    (named(imports.circles()), named(imports.circles_between_siblings()))
}

#[test]
fn a_planted_circle_is_found() {
    let circle = |names: &[&str]| vec![names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()];
    // In the middle of code, in a macro, by a name that another file hands on.
    let root = ("lib.rs", "pub mod a; pub mod b; pub mod c;");
    let handed = ("c.rs", "pub use crate::b::{Thing as Other};");
    let back = ("b.rs", "pub struct Thing; fn f() { println!(\"{}\", crate::a::ONE); }");
    let a = ("a.rs", "use crate::c::Other; pub const ONE: u8 = 1;");
    assert_eq!(planted(&[root, a, back, handed]), (circle(&["a", "b"]), circle(&["a", "b"])));
    // A parent and its child.
    let root = ("lib.rs", "mod a;");
    let parent = ("a/mod.rs", "mod child; pub struct Kind; fn f() { child::g(); }");
    let child = ("a/child.rs", "use super::Kind; pub fn g() {}");
    assert_eq!(planted(&[root, parent, child]).0, circle(&["a", "a::child"]));
    // Folders, of which no file is in a circle.
    let root = ("lib.rs", "pub mod a { pub mod x; pub mod y; } pub mod b { pub mod z; pub mod w; }");
    let files = [root, ("a/x.rs", "use crate::b::z::Z;"), ("a/y.rs", "pub struct Y;")];
    let folders = [("b/z.rs", "pub struct Z;"), ("b/w.rs", "use crate::a::y::Y;")];
    let rooted = ("lib.rs", "pub mod a; pub mod b;");
    let mods = [rooted, ("a/mod.rs", "pub mod x; pub mod y;"), ("b/mod.rs", "pub mod z; pub mod w;")];
    let all = [&mods[..], &files[1..], &folders[..]].concat();
    assert_eq!(planted(&all), (vec![], circle(&["a", "b"])));
    // Tests may import what they test, and what a program takes of the library points one way.
    let root = ("lib.rs", "pub mod a; #[cfg(test)] mod tests { use crate::a::A; }");
    let program = ("main.rs", "mod cli; fn main() { cli::main(); }");
    let own = ("a.rs", "pub struct A; #[cfg(test)] mod tests { use super::A; use crate::b; }");
    let cli = ("cli.rs", "use lambda_img::a::A; pub fn main() {}");
    assert_eq!(planted(&[root, program, own, cli]), (vec![], vec![]));
}

#[test]
fn the_library_knows_neither_clock_nor_environment_nor_terminal() {
    let forbidden =
        ["SystemTime", "Instant::now", "Timestamp::now", "env::var", "println!", "eprintln!", "use clap"];
    for path in all_sources() {
        if path.starts_with("src/cli") || path.ends_with("main.rs") {
            continue;
        }
        let code = code(&path);
        let text: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        // Time-outs and phases are measured, and credentials are looked for where every tool looks for them.
        let allowed: &[&str] = match path.iter().nth(1).and_then(|top| top.to_str()) {
            Some("http" | "registry" | "progress.rs") => &["Instant::now"],
            // A function is told when its time ends.
            Some("invoke") => &["Instant::now", "SystemTime"],
            Some("credentials") => &["Instant::now", "SystemTime", "env::var"],
            // The front door finds what the program would use.
            Some("lambda" | "lambda.rs") => &["SystemTime", "env::var"],
            _ if path.ends_with("cache/user_dir.rs") => &["env::var"],
            _ => &[],
        };
        for word in forbidden.iter().filter(|word| !allowed.contains(word)) {
            assert!(!text.contains(word), "{} has `{word}`", path.display());
        }
    }
}

#[test]
fn files_are_short_and_do_not_unwrap() {
    for path in all_sources() {
        let lines = code(&path).lines().count();
        assert!(lines <= 300, "{} has {lines} lines before its tests", path.display());
        assert!(!code(&path).contains(".unwrap()"), "{} unwraps", path.display());
    }
}

/// The options of the program, from its reference.
fn options() -> Vec<String> {
    let reference = fs::read_to_string("docs/reference/cli.md").unwrap();
    let word = |(at, _): (usize, &str)| {
        let rest = &reference[at..];
        rest[..rest[2..].find(|c: char| !(c.is_ascii_lowercase() || c == '-')).unwrap() + 2].to_owned()
    };
    let mut options: Vec<_> = reference.match_indices("--").map(word).filter(|word| word.len() > 3).collect();
    options.sort_unstable();
    options.dedup();
    assert!(options.len() > 40, "only {} options were found", options.len());
    options
}

/// What a user should type is a hint of the command line: who uses the library has neither options nor commands.
#[test]
fn the_library_names_no_option_and_no_command() {
    let options = options();
    let own = |span: &str| {
        let word = span.split([' ', '=']).next().unwrap();
        // An option of skopeo, which `sbom` has too.
        let of_others = span == "--format v2s2";
        span.starts_with("lambda-img ") || (!of_others && options.iter().any(|option| option == word))
    };
    for path in all_sources() {
        if path.starts_with("src/cli") || path.ends_with("main.rs") {
            continue;
        }
        let text = code(&path);
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let wrong: Vec<_> = line.split('`').skip(1).step_by(2).filter(|span| own(span)).collect();
            assert!(wrong.is_empty(), "{} names {wrong:?}", path.display());
        }
    }
}
