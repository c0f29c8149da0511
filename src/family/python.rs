//! Python: `pip install --target` puts packages next to the code.

use std::collections::HashSet;

use super::{FamilyError, Function, IsDependency, Rules, bytecode};
use crate::epoch::Epoch;
use crate::survey::probes::bytecode::source_of;
use crate::tree::file_facts::Facts;
use crate::tree::{FileTree, ImagePath};

pub struct Python;

/// What a module may be, behind its path (import system of CPython on Linux).
const MODULES: [&str; 5] = [".py", "/__init__.py", ".pyc", "/__init__.pyc", ".so"];

impl Rules for Python {
    fn default_handler(&self) -> Option<&'static str> {
        Some("lambda_function.lambda_handler")
    }

    fn form(&self) -> &'static str {
        "`module.function`, as in `app.handler` or `package/app.handler`"
    }

    fn found(&self, function: &Function<'_>) -> Vec<String> {
        let top = function.candidates(|path| path.ends_with(".py") && !path.contains('/'));
        if top.is_empty() { function.candidates(|path| path.ends_with(".py")) } else { top }
    }

    /// The runtime client splits at the last dot and takes `/` for `.` in the module.
    fn check(&self, handler: &str, function: &Function<'_>) -> Result<(), FamilyError> {
        let form = || FamilyError::Form { handler: handler.to_owned(), form: self.form() };
        let (module, name) = handler.rsplit_once('.').ok_or_else(form)?;
        let module = module.replace('.', "/");
        if name.is_empty() || ImagePath::new(&module).is_err() {
            return Err(form());
        }
        let in_task = MODULES.iter().any(|end| function.has_task(&format!("{module}{end}")));
        // `python` and the version's `site-packages` of a Lambda layer are on the path too.
        let ends: Vec<_> = MODULES.iter().map(|end| format!("/{module}{end}")).collect();
        let in_layer = |path: &str| ends.iter().any(|end| path.starts_with("python/") && path.ends_with(end));
        let tagged = |path: &str| path.starts_with(&format!("{module}.cpython-")) && path.ends_with(".so");
        if in_task
            || function.0.below("var/task").iter().any(|path| tagged(path))
            || function.0.below("opt").iter().any(|path| in_layer(path))
        {
            return Ok(());
        }
        Err(FamilyError::Missing {
            handler: handler.to_owned(),
            wanted: format!("`{module}.py` or `{module}/__init__.py`"),
            found: self.found(function),
        })
    }

    /// Every file that an installed distribution records, and the bytecode of those (PyPA, "Recording
    /// installed projects").
    fn dependencies(&self, task: &FileTree) -> Result<IsDependency, FamilyError> {
        let mut recorded = HashSet::new();
        for (path, content) in task.files() {
            if path.name() == "RECORD"
                && let Some(info) = path.parent().filter(|info| info.name().ends_with(".dist-info"))
            {
                let bytes = content.read().map_err(FamilyError::reading(content))?;
                let root = info.parent();
                let mut rows =
                    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&bytes[..]);
                let mut row = csv::StringRecord::new();
                let failed = |error| FamilyError::reading(content)(std::io::Error::other(error));
                while rows.read_record(&mut row).map_err(failed)? {
                    recorded.extend(row.get(0).and_then(|name| resolve(root.as_ref(), name)));
                }
            }
        }
        let in_info = |path: &ImagePath| path.components().any(|name| name.ends_with(".dist-info"));
        Ok(Box::new(move |path| {
            recorded.contains(path.as_str())
                || in_info(path)
                || source_of(path.as_str()).is_some_and(|source| recorded.contains(&source))
        }))
    }

    fn prepare(&self, tree: &mut FileTree, epoch: Epoch, facts: &Facts) -> Result<Vec<String>, FamilyError> {
        bytecode::normalise(tree, epoch, facts)
    }
}

/// A path of a `RECORD`, relative to the directory that holds the `.dist-info`; scripts of a virtual
/// environment climb out of it with `..`. It is compared with paths of the tree: any text may be one.
fn resolve(root: Option<&ImagePath>, name: &str) -> Option<String> {
    let plain = |name: &str| name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if let Some(root) = root.filter(|_| plain(name)) {
        return Some([root.as_str(), "/", name].concat());
    }
    let mut parts: Vec<&str> = root.map(|root| root.components().collect()).unwrap_or_default();
    for part in name.split('/') {
        match part {
            ".." => drop(parts.pop()?),
            "" | "." => {}
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{image, tree};
    use super::*;
    use crate::tree::Union;

    #[test]
    fn modules_are_found_where_python_looks() {
        let task = ["app.py", "pkg/__init__.py", "pkg/sub/mod.py", "fast.cpython-311-x86_64-linux-gnu.so"];
        let opt = ["python/shared.py", "python/lib/python3.11/site-packages/wrapped/__init__.py"];
        let image = image(&task, &opt);
        let union = Union::from(&image);
        let function = Function(&union);
        for good in
            ["app.handler", "pkg.h", "pkg/sub/mod.h", "pkg.sub.mod.h", "fast.h", "shared.h", "wrapped.h"]
        {
            Python.check(good, &function).unwrap();
        }
        let error = Python.check("main.handler", &function).unwrap_err().to_string();
        assert_eq!(
            error,
            "handler `main.handler`: the function has no `main.py` or `main/__init__.py`; it has `app.py`"
        );
        for bad in ["app", "app.", ".handler", "/abs.h", "../x.h", ""] {
            assert!(matches!(Python.check(bad, &function), Err(FamilyError::Form { .. })), "{bad}");
        }
    }

    #[test]
    fn records_tell_dependencies_from_code() {
        let mut task = tree(&[
            "app.py",
            "lib/dep/__init__.py",
            "lib/dep/__pycache__/__init__.cpython-311.pyc",
            "lib/dep-1.dist-info/METADATA",
            "lib/own.py",
            "bin/tool",
        ]);
        let record = "dep/__init__.py,sha256=x,1\n../bin/tool,,\n\"a,b\",,\ndep-1.dist-info/RECORD,,\n";
        super::super::testing::add(&mut task, "lib/dep-1.dist-info/RECORD", record);
        let is_dependency = Python.dependencies(&task).unwrap();
        let code: Vec<_> = task.files().map(|(path, _)| path).filter(|path| !is_dependency(path)).collect();
        assert_eq!(format!("{code:?}"), r#"["app.py", "lib/own.py"]"#);
    }
}
