//! Node.js: `npm install` puts packages into `node_modules`.

use super::{FamilyError, Function, IsDependency, Rules};
use crate::tree::FileTree;

pub struct Nodejs;

/// What the runtime client tries behind the module's path: the file itself, its own extensions, and
/// what `require` makes of a directory.
const MODULES: [&str; 7] = ["", ".js", ".mjs", ".cjs", "/index.js", "/index.cjs", "/package.json"];

impl Rules for Nodejs {
    fn default_handler(&self) -> Option<&'static str> {
        Some("index.handler")
    }

    fn form(&self) -> &'static str {
        "`file.export`, as in `index.handler` or `src/app.handler`"
    }

    fn found(&self, function: &Function<'_>) -> Vec<String> {
        let script = |path: &str| [".js", ".mjs", ".cjs"].iter().any(|end| path.ends_with(end));
        let own = |path: &str| script(path) && !path.split('/').any(|name| name == "node_modules");
        function.candidates(own)
    }

    /// The runtime client takes the last component of the path, and splits it at its first dot.
    fn check(&self, handler: &str, function: &Function<'_>) -> Result<(), FamilyError> {
        let form = || FamilyError::Form { handler: handler.to_owned(), form: self.form() };
        let (dir, last) = handler.rsplit_once('/').map_or(("", handler), |(dir, last)| (dir, last));
        let (file, export) = last.split_once('.').ok_or_else(form)?;
        if file.is_empty() || export.is_empty() {
            return Err(form());
        }
        let module = if handler.contains('/') { format!("{dir}/{file}") } else { file.to_owned() };
        let there = |path: String| MODULES.iter().any(|end| function.has(&format!("{path}{end}")));
        let found = match module.strip_prefix('/') {
            // A file of the base, as wrappers in its `/opt` are, is not looked into here.
            Some(path) if ["var/task/", "opt/"].iter().any(|root| path.starts_with(root)) => {
                there(path.to_owned()) || path.starts_with("opt/") && function.0.below("opt").is_empty()
            }
            Some(_) => true,
            None => {
                let module = module.trim_start_matches("./");
                let roots = ["var/task", "var/task/node_modules", "opt/nodejs/node_modules"];
                roots.iter().any(|root| there(format!("{root}/{module}")))
            }
        };
        if found {
            return Ok(());
        }
        Err(FamilyError::Missing {
            handler: handler.to_owned(),
            wanted: format!("`{module}.js`, `.mjs` or `.cjs`"),
            found: self.found(function),
        })
    }

    fn dependencies(&self, _task: &FileTree) -> Result<IsDependency, FamilyError> {
        Ok(Box::new(|path| path.components().any(|name| name == "node_modules")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::image;
    use super::*;
    use crate::tree::Union;

    #[test]
    fn modules_are_found_where_node_looks() {
        let image = image(
            &["index.js", "src/app.mjs", "src/dir/index.js", "node_modules/wrap/handler.js"],
            &["nodejs/node_modules/layered/handler.js"],
        );
        let union = Union::from(&image);
        let function = Function(&union);
        for good in [
            "index.handler",
            "src/app.nested.handler",
            "src/dir.handler",
            "wrap/handler.handler",
            "layered/handler.handler",
            "/opt/nodejs/node_modules/layered/handler.handler",
            "/var/runtime/x.handler",
        ] {
            Nodejs.check(good, &function).unwrap();
        }
        let error = Nodejs.check("app.handler", &function).unwrap_err().to_string();
        assert!(error.ends_with("it has `index.js`, `src/app.mjs`, `src/dir/index.js`"), "{error}");
        assert!(Nodejs.check("/opt/x.handler", &function).is_err());
        for bad in ["index", "index.", ".handler", "src/", ""] {
            assert!(matches!(Nodejs.check(bad, &function), Err(FamilyError::Form { .. })), "{bad}");
        }
    }
}
