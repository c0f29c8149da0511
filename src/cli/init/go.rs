//! Go: a function for each `package main` of go.mod's module, at the top or below cmd/.

use lambda_img::arch::Arch;
use lambda_img::runtime::Family;

use super::source::Source;
use super::{Sketch, Told, name_of, runtimes, word};

pub fn functions(source: &Source<'_>, told: &Told) -> Vec<Sketch> {
    if !source.has("go.mod") {
        return Vec::new();
    }
    let is_main = |dir: &str| source.search(dir, 0, &[".go"], &["main"], r"(?m)^package (main)\b").is_some();
    let mut mains = Vec::new();
    if is_main("") {
        mains.push((told.name.clone(), told.made.clone(), ".".to_owned()));
    }
    for name in source.names("cmd") {
        if is_main(&format!("cmd/{name}")) {
            mains.push((name_of(&name), format!("{}/{name}", told.made), format!("./cmd/{name}")));
        }
    }
    let arch = if told.archs.first() == Some(&Arch::Arm64) { "arm64" } else { "amd64" };
    let sketch = |(name, made, package): (String, String, String)| {
        // On go1.x the handler is the program's name.
        let program = match &told.runtime {
            Some(id) if id == "go1.x" => told.handler.clone().unwrap_or_else(|| "main".to_owned()),
            _ => "bootstrap".to_owned(),
        };
        let out = format!("{made}/{program}");
        let (enter, to) = match source.dir {
            "" => (String::new(), word(&out)),
            dir => (format!("out=$PWD\ncd {}\n", word(dir)), format!("\"$out\"/{}", word(&out))),
        };
        Sketch {
            name,
            found: source.path("go.mod"),
            runtime: runtimes::newest(Family::Custom).id,
            prepare: Some(format!(
                "{enter}CGO_ENABLED=0 GOOS=linux GOARCH={arch} go build -trimpath -buildvcs=false -tags lambda.norpc \\\n  \
                 -ldflags '-s -w -buildid=' -o {to} {}\n",
                word(&package)
            )),
            base: if program == "bootstrap" { Some("embedded") } else { None },
            path: out,
            ..Sketch::default()
        }
    };
    mains.into_iter().map(sketch).collect()
}
