//! The list of checks, their pages and their fixtures are one.

use std::collections::BTreeSet;
use std::fs;

use lambda_img::check::{CHECKS, Evidence, Group, Level};

use crate::harness::common::Place;

/// Denied for several independent reports, which no document of AWS repeats.
const SEVERAL_REPORTS: [&str; 3] = ["missing-parent", "layer-uncompressed-docker", "hard-link-target"];

#[test]
fn list_pages_and_fixtures_are_the_same() {
    let listed: Vec<_> = CHECKS.iter().map(|check| check.id.to_owned()).collect();
    let ids: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(ids.len(), listed.len(), "an id stands twice");
    let names =
        fs::read_dir("docs/checks").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages: BTreeSet<_> = names
        .filter_map(|name| Some(name.strip_suffix(".md")?.to_owned()))
        .filter(|name| name != "README")
        .collect();
    assert_eq!(pages, ids);
    let fixtures: Vec<_> = super::fixtures().iter().map(|fixture| fixture.id.to_owned()).collect();
    // `tests/clients/check_content` holds the images of the other groups, and that each check has one.
    let elsewhere = [Group::Start, Group::Files, Group::Secrets];
    let here: BTreeSet<_> = CHECKS
        .iter()
        .filter(|check| !elsewhere.contains(&check.group))
        .map(|check| check.id.to_owned())
        .collect();
    assert_eq!(fixtures.iter().cloned().collect::<BTreeSet<_>>(), here);
    assert_eq!(fixtures.len(), here.len(), "a check has two fixtures");
}

#[test]
fn groups_stand_together_and_in_order() {
    let groups: Vec<_> = CHECKS.iter().map(|check| check.group).collect();
    assert!(groups.is_sorted(), "{groups:?}");
}

#[test]
fn pages_say_what_the_code_says() {
    for check in CHECKS {
        let head = format!(
            "# {}\n\ngroup: {} · level: {} · grade: {}\n\n",
            check.id, check.group, check.level, check.evidence
        );
        assert!(check.page.starts_with(&head), "{}", check.page);
        for part in ["\n## Fix\n\n", "\n## Allow\n\n"] {
            assert!(check.page.contains(part), "{}: {part}", check.id);
        }
        assert_eq!(
            check.page.contains("\n## What AWS says\n\n> "),
            check.aws_error.is_some(),
            "{}",
            check.id
        );
        assert!(check.aws_error.is_none_or(|says| check.page.contains(says)), "{}", check.id);
        assert!(check.page.lines().all(|line| line.chars().count() <= 120), "{}", check.id);
    }
}

#[test]
fn who_denies_has_aws_or_a_specification_behind_it() {
    for check in CHECKS.iter().filter(|check| check.level == Level::Deny) {
        let grounded =
            matches!(check.evidence, Evidence::A | Evidence::B) || SEVERAL_REPORTS.contains(&check.id);
        assert!(grounded, "{} denies on grade {}", check.id, check.evidence);
    }
}

#[test]
fn explain_prints_the_page_or_the_list() {
    let place = Place::new();
    let ran = place.run("explain missing-parent");
    assert_eq!(ran.stdout, fs::read_to_string("docs/checks/missing-parent.md").unwrap());
    let list = place.run("explain").stdout;
    // A line for each, with the beginning of what it finds.
    for check in CHECKS {
        let lines: Vec<_> = list.lines().filter(|line| line.split(' ').next() == Some(check.id)).collect();
        let [line] = lines[..] else { panic!("{}: {lines:?}", check.id) };
        let why = check.page.split("\n\n").nth(2).unwrap().replace('\n', " ");
        let cells: Vec<_> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let [_, group, level, grade, finds] = cells[..] else { panic!("{line}") };
        let stated = format!("group: {group} · level: {level} · grade: {grade}");
        assert!(check.page.contains(&stated), "{line}");
        assert!(finds.len() > 20 && why.starts_with(finds.trim_end_matches('…')), "{line}");
    }
    // What a grade is, of each that there is.
    for grade in ["A", "B", "C", "I"] {
        let meaning = list.lines().find_map(|line| line.strip_prefix(&format!("  {grade}  ")));
        assert!(meaning.is_some_and(|meaning| meaning.len() > 10), "{grade}: {list}");
    }
    assert!(list.contains("`deny` stops a build") && list.contains("explain ID"), "{list}");
    place.refuses(2, "explain mising-parent", &["no check `mising-parent`", "`missing-parent`", "hint:"]);
}
