use proptest::prelude::*;

use super::*;

fn rules(text: &str) -> IgnoreRules {
    IgnoreRules::parse(text, ".dockerignore").unwrap()
}

fn path(text: &str) -> ImagePath {
    ImagePath::new(text).unwrap()
}

/// Cases of `docker-cases.txt` in which we mean to differ; the module's documentation says why.
const DEPARTURES: [&str; 3] = ["dir\n!**/keep.txt", "*\n!**/keep.txt", "\\a"];

#[test]
fn the_real_docker_build_takes_the_same_files() {
    let mut lines = include_str!("docker-cases.txt").lines().filter(|line| !line.starts_with("# "));
    let files: Vec<_> = lines.next().unwrap().strip_prefix("files: ").unwrap().split(" | ").collect();
    let mut wrong = Vec::new();
    for line in lines {
        let mut values = serde_json::Deserializer::from_str(line).into_iter::<String>();
        let text = values.next().unwrap().unwrap();
        let answer = line[values.byte_offset()..].trim();
        let ours = match IgnoreRules::parse(&text, "x") {
            Err(_) => "error".to_owned(),
            Ok(rules) => {
                let sign = &answer[..1];
                let same = |file: &&&str| rules.excludes(&path(file)) == (sign == "-");
                let listed: Vec<_> = files.iter().filter(same).copied().collect();
                format!("{sign} {}", listed.join(" | ")).trim().to_owned()
            }
        };
        if ours != answer && !DEPARTURES.contains(&text.as_str()) {
            wrong.push(format!("{text:?}\n  docker {answer}\n  ours   {ours}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_illegal_pattern_names_file_and_line() {
    let error = IgnoreRules::parse("a\n\n# b\n[x\n", "fn/.lambdaignore").unwrap_err();
    assert_eq!(error.to_string(), "`fn/.lambdaignore` line 4: pattern `[x` has a `[` without its `]`");
    let error = IgnoreRules::default().extend(["a", "!"]).unwrap_err();
    assert_eq!(error.to_string(), "exclusion: pattern `!` has nothing after the `!`");
}

#[test]
fn globs_of_the_command_line_come_last() {
    let mut rules = rules("*.txt\n!keep.txt");
    assert!(!rules.excludes(&path("keep.txt")));
    rules.extend(["keep*", "#x"]).unwrap();
    assert!(rules.excludes(&path("keep.txt")));
    assert!(rules.excludes(&path("#x")));
}

#[test]
fn a_wildcard_brings_files_back_from_below_an_excluded_directory() {
    let rules = rules("*\n!**/keep.txt");
    assert!(!rules.excludes(&path("a/b/keep.txt")));
    assert!(rules.excludes(&path("a/b/other.txt")));
    assert!(rules.may_return_below("a"));
}

#[test]
fn directories_that_nothing_leaves_can_be_skipped() {
    let rules = rules("*\n!a/b/c\n!x/*/y");
    for (directory, enter) in [("a", true), ("a/b", true), ("a/b/c", false), ("b", false), ("x/z", true)] {
        assert_eq!(rules.may_return_below(directory), enter, "{directory}");
    }
}

#[test]
fn classes_and_escapes_mean_what_the_documentation_says() {
    for (pattern, name) in [("[*]", "*"), ("a^b*", "a^bc"), ("\\d", "d"), ("[?]x", "?x"), ("\\**", "*a")] {
        assert!(rules(pattern).excludes(&path(name)), "{pattern}");
    }
    assert!(!rules("\\d").excludes(&path("1")));
    assert!(!rules("\\*").excludes(&path("a")));
}

proptest! {
    #[test]
    fn any_text_parses_or_is_refused(text in "[a/*!#\\[\\]\\\\ \n.?-]{0,40}", at in "[a.]{3}(/[a]){0,3}") {
        if let Ok(rules) = IgnoreRules::parse(&text, "x") {
            let verdict = ImagePath::new(&at).map(|at| rules.excludes(&at));
            // Whatever a walk may skip is excluded.
            if verdict.is_ok_and(|excluded| excluded) && !rules.may_return_below(&at) {
                let below = path(&at).join(&path("b/c"));
                prop_assert!(rules.excludes(&below));
            }
        }
    }
}
