//! Ruby: a Gemfile, or files alone.

use lambda_img::runtime::{self, Family};

use super::draft::{Draft, EXCLUDED, TemplateFunction};
use super::runtimes;
use super::shell::word;
use super::source::Source;

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
    let out = told.made.clone();
    let mut notes = Vec::new();
    if gems {
        notes.push("gems with native code must be installed on Linux with the runtime's Ruby".to_owned());
    }
    if handler.is_none() && told.handler.is_none() {
        notes.push("no `def lambda_handler` was found: name file and method in `handler`".to_owned());
    }
    let runtime = runtimes::named(Family::Ruby, version.map(|version| format!("ruby{version}"))).id;
    let known = |id: &String| id.starts_with("ruby") && runtime::profile(id).is_ok();
    let runtime = told.runtime.clone().filter(known).unwrap_or(runtime);
    let install = install(source, &out, runtime.trim_start_matches("ruby"));
    let handler = handler.map(|(file, name)| format!("{}.{name}", file.trim_end_matches(".rb")));
    vec![Draft {
        name: told.name.clone(),
        found: if gems { source.path("Gemfile") } else { "Ruby files".to_owned() },
        runtime,
        prepare: gems.then_some(install),
        path: source.path(""),
        handler: handler.or_else(|| Some("lambda_function.lambda_handler".to_owned())),
        adds: if gems { vec![format!("{out}:/var/task")] } else { vec![] },
        excludes: [&EXCLUDED[..], &["vendor/bundle"]].concat(),
        notes,
        ..Draft::default()
    }]
}

/// The script that installs gems as AWS's Dockerfiles do, into `vendor/bundle` with the `.bundle/config` that names
/// it, below the name that a Ruby of this version looks for. Files that name this machine are removed, and files that
/// no program runs.
fn install(source: &Source<'_>, out: &str, version: &str) -> String {
    format!(
        r#"made={out}
gems=$made/vendor/bundle/ruby/{version}.0
rm -rf "$made"
mkdir -p "$made/.bundle"
printf -- '---\nBUNDLE_PATH: "vendor/bundle"\nBUNDLE_WITHOUT: "development:test"\n' >"$made/.bundle/config"
BUNDLE_GEMFILE={gemfile} BUNDLE_PATH="$PWD/$made/vendor/bundle" BUNDLE_WITHOUT=development:test bundle install
# another Ruby's gems will do, but for those with native code
if [ ! -d "$gems" ] && [ -d "$made/vendor/bundle/ruby" ]; then
  if find "$made"/vendor/bundle/ruby/*/extensions -type f | grep -q .; then
    echo "gems with native code are only for the Ruby that installs them: that has to be {version}" >&2
    exit 1
  fi
  mv "$made"/vendor/bundle/ruby/* "$gems"
fi
# what names this machine, and what nobody runs
mkdir -p "$gems/specifications"
rm -rf "$gems/bin" "$gems/cache" "$gems/build_info" "$gems/doc"
find "$gems/specifications" -name '*.gemspec' -exec sed -i.old -e '/s\.installed_by_version = /d' {{}} +
find "$gems/specifications" -name '*.old' -delete
"#,
        out = word(out),
        gemfile = word(&source.path("Gemfile")),
    )
}
