//! Go: a function for each `package main` of the module in go.mod, at the top or below cmd/. For a function of a
//! template, only the package that the template names.

use lambda_img::arch::Arch;
use lambda_img::runtime::Family;

use super::draft::{Draft, TemplateFunction, name_of};
use super::runtimes;
use super::shell::word;
use super::source::Source;

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
    let is_main = |dir: &str| source.search(dir, 0, &[".go"], &["main"], r"(?m)^package (main)\b").is_some();
    let own = source.has("go.mod");
    // A directory of a module that begins where the settings are.
    let within = !own && is_main("") && Source { root: source.root, dir: "" }.has("go.mod");
    if !own && !within {
        return Vec::new();
    }
    // `bin/list` of a template is made of `list` or `cmd/list`.
    let program = told.handler.as_deref().and_then(|handler| handler.rsplit('/').next());
    let named = program.map(|name| [name.to_owned(), format!("cmd/{name}")]);
    let named = named.into_iter().flatten().find(|dir| own && is_main(dir));
    let mut mains = Vec::new();
    let commands = if own && named.is_none() { source.names("cmd") } else { Vec::new() };
    if let Some(dir) = named {
        mains.push((told.name.clone(), format!("{}/{dir}", told.made), format!("./{dir}")));
    } else if is_main("") {
        let package = if own { ".".to_owned() } else { format!("./{}", source.dir) };
        mains.push((told.name.clone(), told.made.clone(), package));
    }
    for name in commands {
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
            dir if dir.is_empty() || within => (String::new(), word(&out)),
            dir => (format!("out=$PWD\ncd {}\n", word(dir)), format!("\"$out\"/{}", word(&out))),
        };
        Draft {
            name,
            found: if own { source.path("go.mod") } else { "go.mod".to_owned() },
            runtime: runtimes::newest(Family::Custom).id,
            prepare: Some(format!(
                "{enter}CGO_ENABLED=0 GOOS=linux GOARCH={arch} go build -trimpath -buildvcs=false -tags lambda.norpc \\\n  \
                 -ldflags '-s -w -buildid=' -o {to} {}\n",
                word(&package)
            )),
            base: if program == "bootstrap" { Some("embedded") } else { None },
            path: out,
            ..Draft::default()
        }
    };
    mains.into_iter().map(sketch).collect()
}
