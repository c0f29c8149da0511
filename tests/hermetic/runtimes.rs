//! The base manifests against the documents that they were made from.

use std::collections::{BTreeMap, BTreeSet};

use lambda_img::arch::Arch;
use lambda_img::date::Date;
use lambda_img::runtime::{self, AWS_ENV, Note, Os, RuntimeError, RuntimeProfile};
use serde_json::Value;

const SEED: &str = include_str!("../data/lambda-runtimes.txt");
const CSV: &str = include_str!("../data/runtimes.csv");
const BASES: &str = include_str!("../data/base-images.json");

fn profile(id: &str) -> RuntimeProfile {
    runtime::profile(id).unwrap()
}

fn archs(profile: &RuntimeProfile, separator: &str) -> String {
    profile.architectures.iter().map(|arch| arch.lambda()).collect::<Vec<_>>().join(separator)
}

/// One row of the document's tables: id → name, SDK or JDK, operating system, architectures.
type Row = (String, Option<String>, String, String);

/// The tables of the document: a head line, then one cell per paragraph until something else comes.
fn seed_rows() -> Vec<(String, Row)> {
    let lines: Vec<_> = SEED.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut rows = Vec::new();
    for (at, head) in lines.iter().enumerate() {
        let Some(columns) = head.strip_prefix("Name Identifier ") else { continue };
        let sdk = columns.strip_suffix("Operating system Architectures").unwrap();
        let cells = if sdk.is_empty() { 4 } else { 5 };
        let row = lines[at + 1..].chunks_exact(cells);
        for row in row.take_while(|row| row[cells - 1].starts_with("x86_64")) {
            let text = |cell: usize| row[cell].to_owned();
            let sdk = (cells == 5).then(|| text(2));
            rows.push((text(1), (text(0), sdk, text(cells - 2), text(cells - 1))));
        }
    }
    rows
}

#[test]
fn seed_document_and_files_agree_to_the_letter() {
    let rows = seed_rows();
    // Every list of architectures in the document belongs to a row, or the parser missed a row.
    let lists = SEED.lines().filter(|line| matches!(line.trim(), "x86_64" | "x86_64, arm64")).count();
    assert_eq!((rows.len(), lists), (18, 18));
    let document: BTreeMap<_, _> = rows.into_iter().collect();
    assert_eq!(document.len(), 18, "an identifier stands twice");

    let files: BTreeMap<_, _> = runtime::all()
        .unwrap()
        .into_iter()
        .filter(|profile| profile.in_lambda_docs)
        .map(|p| {
            let list = archs(&p, ", ");
            (p.id, (p.name, p.sdk, p.os.name().to_owned(), list))
        })
        .collect();
    assert_eq!(files, document);
}

#[test]
fn csv_and_files_agree_in_every_column_and_in_order() {
    let mut reader = csv::Reader::from_reader(CSV.as_bytes());
    let columns = reader.headers().unwrap().clone();
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let profiles = runtime::all().unwrap();
    assert_eq!(
        profiles.iter().map(|p| p.id.as_str()).collect::<Vec<_>>(),
        rows.iter().map(|row| row["id"].as_str()).collect::<Vec<_>>(),
    );
    let text = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    for (p, row) in profiles.iter().zip(&rows) {
        let two = p.architectures.len() == 2;
        for column in &columns {
            let ours = match column {
                "id" => p.id.clone(),
                // The seed document wins for its rows: it writes `Custom Runtime`.
                "name" if p.in_lambda_docs && p.id.starts_with("provided") => "Custom runtime".to_owned(),
                "name" => p.name.clone(),
                "os" => p.os.name().to_owned(),
                "glibc" => p.glibc.clone(),
                "architectures" => archs(p, " "),
                "ecr_repository" => p.image.repository.replace("public.ecr.aws/lambda/", ""),
                "ecr_tag" => {
                    assert_eq!(p.image.tag.keys().copied().collect::<Vec<_>>(), p.architectures, "{}", p.id);
                    // Of previews the bare tag alone is known.
                    let suffixed = two && p.support.note != Some(Note::Preview);
                    let suffix = |arch: Arch| if suffixed { format!("-{arch}") } else { String::new() };
                    let bare = |(arch, tag): (&Arch, &String)| {
                        tag.strip_suffix(suffix(*arch).as_str()).unwrap().to_owned()
                    };
                    let bare: BTreeSet<_> = p.image.tag.iter().map(bare).collect();
                    assert_eq!(bare.len(), 1, "{}", p.id);
                    bare.into_iter().collect()
                }
                // The CSV names the package too where the document gives the version only.
                "sdk" => match (p.id.split(char::is_numeric).next(), &p.sdk) {
                    (Some("nodejs"), Some(sdk)) => format!("aws-sdk-js-{sdk}"),
                    (Some("ruby"), Some(sdk)) => format!("aws-sdk-ruby-{sdk}"),
                    (_, sdk) => sdk.clone().unwrap_or_default(),
                },
                "deprecated" => text(p.support.deprecated),
                "block_create" => text(p.support.block_create),
                "block_update" => text(p.support.block_update),
                "note" => p.support.note.map(Note::as_str).unwrap_or_default().to_owned(),
                "in_seed" => if p.in_lambda_docs { "yes" } else { "" }.to_owned(),
                other => panic!("column {other} is not compared"),
            };
            assert_eq!(ours, row[column], "{} {column}", p.id);
        }
    }
}

#[test]
fn expected_configuration_is_that_of_the_snapshots() {
    let bases: Value = serde_json::from_str(BASES).unwrap();
    let bases = bases["runtimes"].as_object().unwrap();
    let mut seen = 0;
    for p in runtime::all().unwrap() {
        let observed = p.expected.observed.map(|day| day.to_string());
        let Some(base) = bases.get(&p.id) else {
            assert_eq!(observed, None, "{}", p.id);
            continue;
        };
        seen += 1;
        assert_eq!(observed.as_deref(), base["snapshot"].as_str(), "{}", p.id);
        let images = base["architectures"].as_object().unwrap();
        let names: BTreeSet<_> = images.keys().map(String::as_str).collect();
        assert_eq!(names, p.architectures.iter().map(|arch| arch.lambda()).collect(), "{}", p.id);
        for image in images.values() {
            let strings = |key: &str| -> Vec<String> { serde_json::from_value(image[key].clone()).unwrap() };
            let name = |entry: &String| entry.split('=').next().unwrap().to_owned();
            let (moving, fixed): (Vec<_>, Vec<_>) =
                strings("env").into_iter().partition(|entry| p.expected.env_present.contains(&name(entry)));
            assert_eq!(fixed, p.expected.env, "{}", p.id);
            assert_eq!(moving.iter().map(name).collect::<Vec<_>>(), p.expected.env_present, "{}", p.id);
            assert_eq!(strings("entrypoint"), p.expected.entrypoint, "{}", p.id);
            assert_eq!(image["workdir"], p.expected.workdir, "{}", p.id);
            assert!(image["cmd"].is_null(), "{}", p.id);
        }
    }
    assert_eq!(seen, bases.len(), "a base has no file");
}

#[test]
fn files_are_consistent() {
    let profiles = runtime::all().unwrap();
    let ids: BTreeSet<_> = runtime::ids().collect();
    assert_eq!((profiles.len(), ids.len()), (47, 47));
    for p in &profiles {
        assert_eq!(&profile(&p.id), p, "the file's name is not its id");
        assert_eq!(p.expected.env_pairs().take(6).collect::<Vec<_>>(), AWS_ENV, "{}", p.id);
        assert!(p.image.repository.starts_with("public.ecr.aws/lambda/"), "{}", p.id);
        let glibc = match p.os {
            Os::AmazonLinux => "2.17",
            Os::AmazonLinux2 => "2.26",
            Os::AmazonLinux2023 => "2.34",
        };
        assert_eq!(p.glibc, glibc, "{}", p.id);
        match &p.support.successor {
            Some(id) => assert!(profile(id).support.successor.is_none(), "{}: {id} is no end", p.id),
            None => assert!(!p.is_past(p.support.as_of), "{} has ended and no successor", p.id),
        }
    }
}

#[test]
fn images_are_tagged_by_architecture_only_where_there_are_two() {
    let image = |id: &str, arch| profile(id).image(arch).unwrap();
    assert_eq!(image("python3.12", Arch::X86_64), "public.ecr.aws/lambda/python:3.12-x86_64");
    assert_eq!(image("java8.al2", Arch::Arm64), "public.ecr.aws/lambda/java:8.al2-arm64");
    assert_eq!(image("go1.x", Arch::X86_64), "public.ecr.aws/lambda/go:1");
    assert_eq!(image("provided", Arch::X86_64), "public.ecr.aws/lambda/provided:alami");
}

#[test]
fn missing_architectures_are_refused_with_the_reason() {
    let said = "Runtimes that use the Amazon Linux operating system, such as Go 1.x, do not support the arm64 \
                architecture. To use arm64 architecture, you can run Go with the provided.al2 runtime.";
    assert!(SEED.contains(said));
    for p in runtime::all().unwrap() {
        assert!(p.require(Arch::X86_64).is_ok(), "{}", p.id);
        let refusal = p.require(Arch::Arm64).err().map(|error| error.to_string());
        assert_eq!(refusal, p.image(Arch::Arm64).err().map(|error| error.to_string()), "{}", p.id);
        let reason = match p.id.as_str() {
            "nodejs10.x" => Some("AWS has no such base image; use `nodejs24.x`"),
            "dotnet5.0" => Some("AWS has no such base image; use `dotnet10`"),
            _ => (p.os == Os::AmazonLinux).then_some(said),
        };
        let expected = reason.map(|reason| format!("`{}` does not support arm64: {reason}", p.id));
        assert_eq!(refusal, expected);
    }
}

#[test]
fn unknown_runtimes_are_answered_with_the_nearest() {
    let message = |id: &str| runtime::profile(id).unwrap_err().to_string();
    assert_eq!(message("cobol"), "`cobol` is not a runtime of Lambda");
    assert_eq!(message("rust"), "`rust` is not a runtime of Lambda");
    for (wrong, right) in [
        ("python312", "python3.12"),
        ("Python3.9", "python3.9"),
        ("node24", "nodejs24.x"),
        ("nodejs22", "nodejs22.x"),
        ("dotnet3.1", "dotnetcore3.1"),
        ("provided.al2022", "provided.al2023"),
        ("go", "go1.x"),
    ] {
        let Err(RuntimeError::Unknown { nearest, .. }) = runtime::profile(wrong) else { panic!("{wrong}") };
        assert!(nearest.first() == Some(&right), "{wrong}: {nearest:?}");
        assert!(nearest.len() <= 3);
    }
}

#[test]
fn status_depends_on_the_day_given() {
    let status = |id: &str, day| profile(id).status(day).to_string();
    let day = date(2026, 11, 23);
    assert_eq!(status("python3.14", day), "supported until 2029-06-30");
    assert_eq!(status("nodejs14.x", day), "deprecated since 2023-12-04, use nodejs24.x");
    assert_eq!(status("nodejs14.x", date(2021, 11, 1)), "supported until 2023-12-04");
    assert_eq!(status("nodejs26.x", day), "preview");
    assert_eq!(status("dotnet9", day), "deprecated since 2026-11-10, use dotnet10, image only");
    assert_eq!(status("dotnet9", date(2026, 11, 9)), "supported until 2026-11-10, image only");
    assert!(profile("python3.10").is_past(date(2026, 10, 31)));
    assert!(!profile("python3.10").is_past(date(2026, 10, 30)));
    assert!(!profile("python3.15").is_past(date(2099, 1, 1)));
    // The newest of a language has no successor to name.
    assert_eq!(status("java25", date(2030, 1, 1)), "deprecated since 2029-06-30");
}

fn date(year: u16, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
}
