//! The documents are one book, and true: pages and links are there, the command line is the tool's own, and every
//! command that they show is run.

mod book;
mod commands;
use crate::harness::helpers;
mod place;
mod security;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use lambda_img::check::CHECKS;

/// The pages outside the book.
const OUTER: [&str; 3] = ["README.md", "CONTRIBUTING.md", "examples/fleet/README.md"];

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The pages below `docs/`, as paths in it.
fn pages() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut ahead = vec![repository("docs")];
    while let Some(dir) = ahead.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                ahead.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.insert(path.strip_prefix(repository("docs")).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// What the links of a text point to, but for other sites.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).collect()
}

/// A heading as GitHub and mdBook name its anchor.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
}

#[test]
fn what_stays_out_by_default_is_documented_name_by_name() {
    let code = fs::read_to_string(repository("src/input/default_excludes.rs")).unwrap();
    let lists = code.split("= [").skip(1).map(|rest| rest.split(']').next().unwrap());
    let names: Vec<_> = lists.flat_map(|list| list.split('"').skip(1).step_by(2)).collect();
    assert!(names.len() > 25, "{names:?}");
    let page = fs::read_to_string(repository("docs/reference/inputs.md")).unwrap();
    for name in names {
        assert!(page.contains(&format!("`{name}`")), "{name} is not in docs/reference/inputs.md");
    }
}

#[test]
fn the_book_has_every_page_once() {
    let summary = fs::read_to_string(repository("docs/SUMMARY.md")).unwrap();
    let listed = links(&summary);
    let once: BTreeSet<_> = listed.iter().map(|page| (*page).to_owned()).collect();
    assert_eq!(once.len(), listed.len(), "a page stands twice in docs/SUMMARY.md");
    let mut there = pages();
    assert!(there.remove("SUMMARY.md"));
    assert_eq!(once, there);
}

#[test]
fn links_lead_somewhere() {
    let inner = pages().into_iter().map(|page| format!("docs/{page}"));
    let mut seen = 0;
    let mut broken = Vec::new();
    for page in inner.chain(OUTER.map(str::to_owned)) {
        let text = fs::read_to_string(repository(&page)).unwrap();
        let dir = repository(&page).parent().unwrap().to_owned();
        for link in links(&text) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { repository(&page) } else { dir.join(path) };
            let has = |text: String| {
                text.lines()
                    .any(|line| line.starts_with('#') && anchor(line.trim_start_matches('#')) == heading)
            };
            let fine = target.exists() && (heading.is_empty() || fs::read_to_string(&target).is_ok_and(has));
            seen += 1;
            if !fine {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(seen > 100 && broken.is_empty(), "{seen} links; broken: {broken:#?}");
}

/// The pages of `docs/` that a page leads to, as paths in the repository.
fn led_to(page: &Path) -> BTreeSet<PathBuf> {
    let text = fs::read_to_string(page).unwrap();
    let dir = page.parent().unwrap();
    let paths = links(&text).into_iter().filter_map(|link| link.split('#').next());
    let pages = paths.filter(|path| path.ends_with(".md")).map(|path| dir.join(path));
    pages.filter_map(|path| path.canonicalize().ok()).collect()
}

#[test]
fn every_page_is_two_clicks_from_the_front_page_and_every_guide_one() {
    let first = led_to(&repository("README.md").canonicalize().unwrap());
    let second: BTreeSet<_> = first.iter().flat_map(|page| led_to(page)).collect();
    let paths = pages().into_iter().filter(|page| page != "SUMMARY.md");
    let paths: Vec<_> = paths.map(|page| repository("docs").join(page).canonicalize().unwrap()).collect();
    let is_guide = |page: &Path| page.parent().is_some_and(|dir| dir.ends_with("guides"));
    let far: Vec<_> = paths
        .iter()
        .filter(|page| !(first.contains(*page) || second.contains(*page) && !is_guide(page)))
        .collect();
    assert!(far.is_empty(), "{far:#?}");
    let guides = paths.iter().filter(|page| is_guide(page)).count();
    assert!(guides >= 10, "{guides}");
}

/// The checks, by group, with the first sentence of the page of each.
fn checks() -> String {
    let mut list = String::new();
    let mut group = None;
    for check in CHECKS {
        if group != Some(check.group) {
            group = Some(check.group);
            list += &format!("\n### {}\n\n| check | level | finds |\n|---|---|---|\n", check.group);
        }
        let finds = check.page.split("\n\n").nth(2).unwrap_or_default().replace('\n', " ");
        let finds = finds.split_inclusive(". ").next().unwrap_or_default().trim();
        list += &format!("| [`{0}`]({0}.md) | {1} | {finds} |\n", check.id, check.level);
    }
    list + "\n"
}

#[test]
fn the_page_of_all_checks_lists_them() {
    let (begin, end) = ("<!-- checks: begin -->\n", "<!-- checks: end -->\n");
    let page = repository("docs/checks/README.md");
    let text = fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once(begin).unwrap();
    let (list, after) = rest.split_once(end).unwrap();
    if env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(page, format!("{before}{begin}{}{end}{after}", checks())).unwrap();
        return;
    }
    assert!(list == checks(), "run UPDATE_GOLDENS=1 cargo test --test clients docs");
}

/// What a text has between backticks, outside of blocks.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").step_by(2).flat_map(|part| part.split('`').skip(1).step_by(2))
}

/// Whether `src/` defines `MODULE::name` or `Type::name`.
fn defined(name: &str) -> bool {
    let (of, name) = name.rsplit_once("::").unwrap();
    let of = of.rsplit("::").next().unwrap();
    let name = name.split('(').next().unwrap();
    let kinds = ["fn", "mod", "const", "static", "struct", "enum", "trait"];
    let mut ahead = vec![repository("src")];
    while let Some(path) = ahead.pop() {
        if path.is_dir() {
            ahead.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let there = path.to_string_lossy().contains(&format!("/{of}"))
            || of == "lambda_img"
            || kinds.iter().any(|kind| text.contains(&format!("{kind} {of}")));
        if there && kinds.iter().any(|kind| text.contains(&format!("{kind} {name}"))) {
            return true;
        }
    }
    false
}

#[test]
fn what_pages_name_of_the_code_exists() {
    let inner = pages().into_iter().map(|page| format!("docs/{page}"));
    let mut seen = 0;
    let mut missing = Vec::new();
    for page in inner.chain(OUTER.map(str::to_owned)) {
        let text = fs::read_to_string(repository(&page)).unwrap();
        // A handler is a path, too.
        for span in spans(&text).filter(|span| !span.ends_with(".handler")) {
            // Of a pattern, the directory in front of what varies.
            let path = match span.find(['<', '…', '*']) {
                Some(at) => &span[..span[..at].rfind('/').unwrap_or(0)],
                None => span,
            };
            let fine = if ["src/", "tests/", "packaging/", "fuzz/", "examples/", ".ci/"]
                .iter()
                .any(|dir| span.starts_with(dir))
            {
                let path = path.split(' ').next().unwrap();
                repository(path).exists() || repository(&format!("{path}.rs")).exists()
            } else if ["docs/checks/README.md", "docs/concepts/how-a-build-works.md", "CONTRIBUTING.md"]
                .contains(&page.as_str())
                && span.contains("::")
            {
                defined(span)
            } else {
                continue;
            };
            seen += 1;
            if !fine {
                missing.push(format!("{page}: {span}"));
            }
        }
    }
    assert!(seen > 20 && missing.is_empty(), "{seen} names; missing: {missing:#?}");
}

/// The help of a command, and below it that of its own commands.
fn reference(words: &[&str], out: &mut String) {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_lambda-img"));
    let help = tool.args(words).arg("--help").env_remove("COLUMNS").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    // Between paragraphs, clap indents empty lines.
    let help = help.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>();
    let heading = "#".repeat(words.len().min(2) + 1);
    let name = ["lambda-img"].iter().chain(words).copied().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        *out += "# Command line\n\nThis page has the `--help` of every command. It is generated from the tool.\n\n";
        *out += &format!("```text\n{}\n```\n", help.trim_end());
    } else {
        *out += &format!("\n{heading} {name}\n\n```text\n{}\n```\n", help.trim_end());
    }
    let Some((_, commands)) = help.split_once("\nCommands:\n") else { return };
    // Names stand two columns in; what follows a long one's explanation stands further.
    let names =
        commands.lines().take_while(|line| !line.is_empty()).filter(|line| line.as_bytes()[2] != b' ');
    for command in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        reference(&[words, &[command]].concat(), out);
    }
}

#[test]
fn the_command_line_s_page_is_what_the_tool_says() {
    let mut text = String::new();
    reference(&[], &mut text);
    assert!(text.matches("\n## ").count() >= 8 && text.contains("\n### lambda-img base lock\n"), "{text}");
    let page = repository("docs/reference/cli.md");
    if env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(page, text).unwrap();
        return;
    }
    assert!(
        fs::read_to_string(page).unwrap_or_default() == text,
        "run UPDATE_GOLDENS=1 cargo test --test clients docs"
    );
}
