//! Ruby: a Gemfile, or files alone.

use lambda_img::runtime::{self, Family};

use super::draft::{Draft, Step, TemplateFunction};
use super::excludes;
use super::machine;
use super::runtimes;
use super::source::Source;
use crate::cli::show::shell::word;

const HANDLER: &str = r"(?m)^def (?:self\.)?(lambda_handler|handler)\b";

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
    let first = ["lambda_function", "app", "main", "handler"];
    let handler = source.search("", 0, &[".rb"], &first, HANDLER);
    let gems = source.has("Gemfile");
    let asked_for = told.runtime.as_deref().is_some_and(|id| id.starts_with("ruby"));
    if !gems && handler.is_none() && !asked_for {
        return Vec::new();
    }
    let version = source
        .first(".ruby-version", r"(?m)^(?:ruby-)?(\d+\.\d+)")
        .or_else(|| source.first("Gemfile", r#"(?m)^\s*ruby\s+["'][~>= ]*(\d+\.\d+)"#));
    let mut notes = Vec::new();
    if handler.is_none() && told.handler.is_none() {
        notes.push("no `def lambda_handler` was found: name file and method in `handler`".to_owned());
    }
    let here = || machine::version("ruby", &["--version"], r"^ruby (\d+\.\d+)");
    let runtime =
        runtimes::named(Family::Ruby, version.or_else(here).map(|version| format!("ruby{version}"))).id;
    let known = |id: &String| id.starts_with("ruby") && runtime::profile(id).is_ok();
    let runtime = told.runtime.clone().filter(known).unwrap_or(runtime);
    let handler = handler.map(|(file, name)| format!("{}.{name}", file.trim_end_matches(".rb")));
    let path = source.path("");
    vec![Draft {
        name: told.name.clone(),
        found: if gems { source.path("Gemfile") } else { "Ruby files".to_owned() },
        steps: if gems { vec![install(source, runtime.trim_start_matches("ruby"))] } else { Vec::new() },
        runtime,
        excludes: excludes::of(source, &path, told.handler.as_deref().or(handler.as_deref()), &UNNEEDED),
        path,
        handler: handler.or_else(|| Some("lambda_function.lambda_handler".to_owned())),
        notes,
        ..Draft::default()
    }]
}

/// What developers keep next to the code.
const UNNEEDED: [&str; 4] = ["**/vendor/bundle", "spec", "Rakefile", "Gemfile*"];

/// Installs gems as AWS's Dockerfiles do, into `vendor/bundle` with the `.bundle/config` that names it, below the name
/// that a Ruby of this version looks for. What names this machine goes, and what no function runs.
fn install(source: &Source<'_>, version: &str) -> Step {
    let names = ["Gemfile", "Gemfile.lock", ".ruby-version", "vendor/cache"];
    let mut inputs: Vec<String> = names
        .iter()
        .filter(|name| source.has(name) || source.is_dir(name))
        .map(|name| source.path(name))
        .collect();
    if source.first("Gemfile", r"(?m)^\s*(gemspec)\b").is_some() {
        inputs.push(source.path("*.gemspec"));
    }
    let run = format!(
        r#"gems={{out}}/vendor/bundle/ruby/{version}.0
mkdir {{out}}/.bundle
printf -- '---\nBUNDLE_PATH: "vendor/bundle"\nBUNDLE_WITHOUT: "development:test"\n' >{{out}}/.bundle/config
cp {files} {{out}}/
BUNDLE_GEMFILE={{out}}/Gemfile BUNDLE_PATH={{out}}/vendor/bundle BUNDLE_WITHOUT=development:test bundle install --quiet
# another Ruby's gems will do, but for those with native code
if [ ! -d "$gems" ] && [ -d {{out}}/vendor/bundle/ruby ]; then
  if find {{out}}/vendor/bundle/ruby/*/extensions -type f | grep -q .; then
    echo "gems with native code are only for the Ruby that installs them: build on Linux with Ruby {version}" >&2
    exit 1
  fi
  mv {{out}}/vendor/bundle/ruby/* "$gems"
fi
# what names this machine, and what no function runs
mkdir -p "$gems/specifications"
rm -rf "$gems/bin" "$gems/cache" "$gems/build_info" "$gems/doc"
find "$gems/specifications" -name '*.gemspec' -exec sed -i.old -e '/s\.installed_by_version = /d' {{{{}}}} +
find "$gems/specifications" -name '*.old' -delete
"#,
        files = inputs
            .iter()
            .filter(|path| !path.ends_with("cache"))
            .map(|path| word(path))
            .collect::<Vec<_>>()
            .join(" "),
    );
    Step {
        name: "dependencies",
        run,
        programs: vec!["bundle"],
        inputs,
        env: vec!["BUNDLE_*".to_owned()],
        ..Step::default()
    }
}
