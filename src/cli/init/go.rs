//! Go: a function for each `package main` of the module in go.mod, at the top or below cmd/. For a function of a
//! template, only the package that the template names.

use lambda_img::runtime::Family;

use super::draft::{Draft, Step, TemplateFunction, name_of};
use super::runtimes;
use super::source::{Source, joined, matches};
use crate::cli::show::shell::word;

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
    if let Some(dir) = named {
        mains.push((told.name.clone(), format!("./{dir}")));
    } else {
        if is_main("") {
            let package = if own { ".".to_owned() } else { format!("./{}", source.dir) };
            mains.push((told.name.clone(), package));
        }
        let commands = if own { source.names("cmd") } else { Vec::new() };
        let commands = commands.into_iter().filter(|name| is_main(&format!("cmd/{name}")));
        mains.extend(commands.map(|name| (name_of(&name), format!("./cmd/{name}"))));
    }
    let module = if within {
        Source { root: source.root, dir: "" }
    } else {
        Source { root: source.root, dir: source.dir }
    };
    mains.into_iter().map(|(name, package)| draft(&module, told, name, &package)).collect()
}

fn draft(module: &Source<'_>, told: &TemplateFunction, name: String, package: &str) -> Draft {
    // On go1.x the handler is the program's name.
    let program = match &told.runtime {
        Some(id) if id == "go1.x" => told.handler.clone().unwrap_or_else(|| "main".to_owned()),
        _ => "bootstrap".to_owned(),
    };
    // Go 1.19 does not know `-C`.
    let at = match module.dir {
        "" => String::new(),
        dir => format!("cd {}\n", word(dir)),
    };
    let step = Step {
        name: "code",
        run: format!(
            "{at}CGO_ENABLED=0 GOOS=linux GOARCH={{goarch}} go build -trimpath -buildvcs=false -tags lambda.norpc \\\n  \
             -ldflags '-s -w -buildid=' -o {{out}}/{} {}\n",
            word(&program),
            word(package)
        ),
        programs: vec!["go"],
        inputs: inputs(module),
        env: ["GOFLAGS", "GOPRIVATE"].map(str::to_owned).to_vec(),
        versions: vec!["go version".to_owned()],
        ..Step::default()
    };
    Draft {
        name,
        found: module.path("go.mod"),
        runtime: runtimes::newest(Family::Custom).id,
        base: if program == "bootstrap" { Some("embedded") } else { None },
        steps: vec![step],
        ..Draft::default()
    }
}

/// What the compiler reads of a module: its sources, the versions of others, and the files that sources embed.
fn inputs(module: &Source<'_>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    all.extend(
        ["go.mod", "go.sum", "vendor"]
            .iter()
            .filter(|name| module.has(name) || module.is_dir(name))
            .map(|name| module.path(name)),
    );
    // Modules of this repository that stand in for others.
    let replaced = matches(&module.text("go.mod"), r"=>\s*(\.\.?/\S+)");
    all.extend(replaced.iter().filter_map(|path| joined(module.dir, path)));
    let sources = module.files("", 8, &[".go"]);
    all.push(module.path("**/*.go"));
    all.push(format!("!{}", module.path("**/*_test.go")));
    for file in sources {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        for patterns in matches(&module.text(&file), r"(?m)^//go:embed (.+)$") {
            for pattern in patterns.split_whitespace() {
                let pattern = pattern.trim_start_matches("all:").trim_matches(['"', '`']);
                let path = if folder.is_empty() { pattern.to_owned() } else { format!("{folder}/{pattern}") };
                all.push(module.path(&path));
            }
        }
    }
    all.dedup();
    all
}
