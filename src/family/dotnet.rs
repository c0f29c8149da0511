//! .NET: the output of `dotnet publish`.

use std::collections::BTreeSet;
use std::io;

use serde_json::Value;

use super::{FamilyError, Function, IsDependency, Rules};
use crate::tree::FileTree;

pub struct Dotnet;

impl Rules for Dotnet {
    fn default_handler(&self) -> Option<&'static str> {
        None
    }

    fn form(&self) -> &'static str {
        "`Assembly::Namespace.Class::Method`, or `Assembly` for an executable one"
    }

    fn found(&self, function: &Function<'_>) -> Vec<String> {
        function.candidates(|path| path.ends_with(".dll") && !path.contains('/'))
    }

    /// As AWS's bootstrap does: the assembly, and exactly one of each json file or the assembly's own
    /// (aws-lambda-dotnet, `bootstrap.sh`: exits 104, 105 and 106).
    fn check(&self, handler: &str, function: &Function<'_>) -> Result<(), FamilyError> {
        let parts: Vec<_> = handler.split("::").collect();
        let whole = parts.iter().all(|part| !part.is_empty() && !part.contains(['/', ':']));
        if !whole || !matches!(parts.len(), 1 | 3) {
            return Err(FamilyError::Form { handler: handler.to_owned(), form: self.form() });
        }
        let assembly = parts[0].strip_suffix(".dll").unwrap_or(parts[0]);
        let library = function.has_task(&format!("{assembly}.dll"));
        if !library {
            if parts.len() == 1 && function.has_task(assembly) {
                return Ok(());
            }
            let (handler, wanted) = (handler.to_owned(), format!("`{assembly}.dll`"));
            return Err(FamilyError::Missing { handler, wanted, found: self.found(function) });
        }
        for kind in [".deps.json", ".runtimeconfig.json"] {
            let found = function.candidates(|path| path.ends_with(kind) && !path.contains('/'));
            if found.len() != 1 && !found.contains(&format!("{assembly}{kind}")) {
                return Err(FamilyError::NotOne { kind, found });
            }
        }
        Ok(())
    }

    /// Every asset of a library that `.deps.json` does not call a project's own (.NET SDK, "runtime
    /// configuration files").
    fn dependencies(&self, task: &FileTree) -> Result<IsDependency, FamilyError> {
        let mut assets = BTreeSet::new();
        for (path, content) in task.files() {
            if path.name().ends_with(".deps.json") && path.parent().is_none() {
                let read = || {
                    let bytes = content.read()?;
                    // Some editors write a byte order mark, which .NET skips.
                    let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
                    let value: Value = serde_json::from_slice(json).map_err(io::Error::other)?;
                    Ok(assets_of(&value))
                };
                assets.extend(read().map_err(FamilyError::reading(content))?);
            }
        }
        Ok(Box::new(move |path| assets.contains(path.as_str())))
    }
}

/// Where `dotnet publish` puts the assets of packages: at their own path, by their bare name in the
/// root, or below their culture.
fn assets_of(deps: &Value) -> BTreeSet<String> {
    let mut assets = BTreeSet::new();
    let entries = |value: &Value| value.as_object().cloned().unwrap_or_default();
    for libraries in entries(&deps["targets"]).values() {
        for (name, library) in entries(libraries) {
            if deps["libraries"][&name]["type"] == "project" {
                continue;
            }
            for kind in ["runtime", "native", "resources", "runtimeTargets"] {
                for (path, about) in entries(&library[kind]) {
                    let bare = path.rsplit('/').next().unwrap_or(&path).to_owned();
                    assets.extend(about["locale"].as_str().map(|locale| format!("{locale}/{bare}")));
                    assets.extend([bare, path]);
                }
            }
        }
    }
    assets
}

#[cfg(test)]
mod tests {
    use super::super::testing::{add, image, tree};
    use super::*;
    use crate::tree::Union;

    #[test]
    fn the_assembly_and_its_json_files_must_be_there() {
        let check = |names: &[&str], handler: &str| {
            let image = image(names, &[]);
            Dotnet.check(handler, &Function(&Union::from(&image))).map_err(|error| error.to_string())
        };
        let whole = ["Fn.dll", "Fn.deps.json", "Fn.runtimeconfig.json", "Dep.dll"];
        check(&whole, "Fn::Fn.Function::Handler").unwrap();
        check(&whole, "Fn").unwrap();
        check(&["native"], "native").unwrap();
        assert!(check(&whole, "Other::A.B::C").unwrap_err().ends_with("it has `Dep.dll`, `Fn.dll`"));
        assert!(check(&whole, "Fn::A").unwrap_err().contains("not of the form"));
        let error = check(&["Fn.dll", "Fn.deps.json"], "Fn").unwrap_err();
        assert!(
            error.contains("exactly one `.runtimeconfig.json`") && error.ends_with("has none"),
            "{error}"
        );
        let two = ["Fn.dll", "A.deps.json", "B.deps.json", "Fn.runtimeconfig.json"];
        assert!(check(&two, "Fn").unwrap_err().contains("`A.deps.json`, `B.deps.json`"));
    }

    #[test]
    fn packages_are_dependencies_and_projects_are_code() {
        let mut task = tree(&[
            "Fn.dll",
            "Fn.pdb",
            "Json.dll",
            "de/Json.resources.dll",
            "runtimes/linux-x64/native/x.so",
        ]);
        let deps = r#"{"targets":{"net8.0":{
            "Fn/1.0.0":{"runtime":{"Fn.dll":{}}},
            "Json/13":{"runtime":{"lib/net6.0/Json.dll":{}},
                "resources":{"lib/net6.0/de/Json.resources.dll":{"locale":"de"}},
                "runtimeTargets":{"runtimes/linux-x64/native/x.so":{"rid":"linux-x64"}}}}},
            "libraries":{"Fn/1.0.0":{"type":"project"},"Json/13":{"type":"package"}}}"#;
        add(&mut task, "Fn.deps.json", deps);
        let is_dependency = Dotnet.dependencies(&task).unwrap();
        let code: Vec<_> = task.files().map(|(path, _)| path).filter(|path| !is_dependency(path)).collect();
        assert_eq!(format!("{code:?}"), r#"["Fn.deps.json", "Fn.dll", "Fn.pdb"]"#);
    }
}
