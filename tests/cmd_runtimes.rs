//! What `lambda-img runtimes` shows.

use jiff::civil::{Date, date};
use lambda_img::runtime::{self, RuntimeProfile};

#[path = "../src/cli/cmd_runtimes.rs"]
mod cmd_runtimes;

const TODAY: Date = date(2026, 11, 23);

fn shown(all: bool) -> Vec<RuntimeProfile> {
    cmd_runtimes::select(runtime::all().unwrap(), TODAY, all)
}

#[test]
fn past_runtimes_are_shown_on_demand_but_for_the_seeds() {
    let ids = |all| shown(all).into_iter().map(|profile| profile.id).collect::<Vec<_>>();
    assert_eq!(ids(true).len(), 47);
    let default = ids(false);
    for id in ["nodejs26.x", "nodejs24.x", "python2.7", "provided", "ruby3.3"] {
        assert!(default.iter().any(|shown| shown == id), "{id}");
    }
    for id in ["nodejs20.x", "python3.10", "dotnet9", "dotnet8", "ruby3.2"] {
        assert!(!default.iter().any(|shown| shown == id), "{id}");
    }
}

#[test]
fn table_is_aligned_and_fits_110_columns() {
    let table = cmd_runtimes::table(&shown(true), TODAY);
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 1 + 47 + 2);
    let status = lines[0].find("STATUS").unwrap();
    for line in &lines[1..48] {
        assert!(line.len() <= 110, "{} columns: {line}", line.len());
        assert_eq!((&line[status - 2..status], line.trim_end()), ("  ", *line));
    }
    assert_eq!(lines[0], "RUNTIME          NAME              OS      ARCH          STATUS");
    assert_eq!(
        lines[2],
        "nodejs24.x       Node.js 24        AL2023  x86_64 arm64  supported until 2028-04-30"
    );
    assert_eq!(lines[49], "Dates as of 2026-08-31; AWS moves them. They never block container images.");
    assert_eq!(cmd_runtimes::table(&[], TODAY).lines().count(), 1);
}

#[test]
fn json_is_versioned_and_leaves_out_what_does_not_apply() {
    let value = cmd_runtimes::to_json(&shown(true), TODAY);
    assert_eq!(value["version"], 1);
    let of = |id: &str| value["runtimes"].as_array().unwrap().iter().find(|r| r["id"] == id).unwrap();
    let python = of("python3.9");
    assert_eq!(python["sdk"], "boto3-1.18.55 botocore-1.21.55");
    assert_eq!(python["images"]["arm64"], "public.ecr.aws/lambda/python:3.9-arm64");
    assert_eq!(python["os"], "Amazon Linux 2");
    assert_eq!((&python["phase"], &python["successor"]), (&"deprecated".into(), &"python3.14".into()));
    assert_eq!(of("go1.x")["images"].as_object().unwrap().len(), 1);
    assert_eq!(of("dotnet8")["env_present"][0], "DOTNET_VERSION");
    let preview = of("python3.15").as_object().unwrap();
    for absent in ["sdk", "deprecated", "block_create", "successor"] {
        assert!(!preview.contains_key(absent), "{absent}");
    }
}
