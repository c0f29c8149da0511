//! .NET: a project file.

use lambda_img::runtime::Family;
use serde_json::Value;

use super::draft::{Draft, Step, TemplateFunction};
use super::runtimes;
use super::source::Source;
use crate::cli::show::shell::word;

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
    let Some(project) = source.files("", 2, &[".csproj", ".fsproj", ".vbproj"]).into_iter().next() else {
        return Vec::new();
    };
    let text = source.text(&project);
    let file = project.rsplit('/').next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned();
    let of = |name: &str| super::source::find(&text, &format!(r"<{name}>\s*([^<\s]+)"));
    let assembly = of("AssemblyName").unwrap_or(stem);
    let version =
        of("TargetFrameworks?").and_then(|target| super::source::find(&target, r"net(?:coreapp)?(\d+)"));
    // What Amazon's own tools and templates write beside a project.
    let folder = project.rsplit_once('/').map_or(String::new(), |(dir, _)| format!("{dir}/"));
    let tools: Value = serde_json::from_str(&source.text(&format!("{folder}aws-lambda-tools-defaults.json")))
        .unwrap_or_default();
    let is_program = of("OutputType").is_some_and(|kind| kind.eq_ignore_ascii_case("exe"));
    let mut notes = Vec::new();
    let handler = match tools["function-handler"].as_str() {
        Some(handler) => Some(handler.to_owned()),
        None if is_program => Some(assembly.clone()),
        None => method(source, &assembly),
    };
    if handler.is_none() && told.handler.is_none() {
        notes.push("no `FunctionHandler` was found: name assembly, class and method in `handler`".to_owned());
    }
    // The project's directory, and those of the projects that it refers to.
    let at = |dir: &str| source.path(dir.trim_end_matches('/'));
    let referred = super::source::matches(&text, r#"<ProjectReference\s+Include="([^"]+)""#);
    let others = referred.iter().filter_map(|path| {
        let path = super::source::joined(&folder, &path.replace('\\', "/"))?;
        path.rsplit_once('/').map(|(dir, _)| source.path(dir))
    });
    let settings =
        ["Directory.Build.props", "Directory.Packages.props", "global.json", "nuget.config", "NuGet.config"];
    let settings = settings.iter().filter(|name| source.has(name)).map(|name| source.path(name));
    let mut inputs: Vec<String> = std::iter::once(at(&folder)).chain(others).chain(settings).collect();
    inputs.extend(["!**/bin".to_owned(), "!**/obj".to_owned()]);
    vec![Draft {
        name: told.name.clone(),
        found: source.path(&project),
        runtime: runtimes::named(Family::Dotnet, version.map(|version| format!("dotnet{version}"))).id,
        steps: vec![Step {
            name: "code",
            run: format!(
                "dotnet publish {} --configuration Release --runtime {{dotnet-rid}} --no-self-contained \\\n  \
                 --output {{out}} -p:GenerateRuntimeConfigurationFiles=true --nologo --verbosity quiet\n",
                word(&source.path(&project))
            ),
            programs: vec!["dotnet"],
            inputs,
            env: vec!["NUGET_*".to_owned()],
            versions: vec!["dotnet --version".to_owned()],
            ..Step::default()
        }],
        leaves: ["bin", "obj"].map(|name| source.path(&format!("{folder}{name}"))).to_vec(),
        handler: handler.or_else(|| Some(format!("{assembly}::{assembly}.Function::FunctionHandler"))),
        notes,
        ..Draft::default()
    }]
}

/// `Assembly::Namespace.Class::FunctionHandler`, which Amazon's templates call so.
fn method(source: &Source<'_>, assembly: &str) -> Option<String> {
    let (file, method) =
        source.search("", 4, &[".cs"], &["Function"], r"public [^(=;]*\b(FunctionHandler\w*)\s*\(")?;
    let class = source.first(&file, r"class\s+(\w+)")?;
    let space = source.first(&file, r"(?m)^\s*namespace\s+([\w.]+)");
    let class = space.map_or(class.clone(), |space| format!("{space}.{class}"));
    Some(format!("{assembly}::{class}::{method}"))
}
