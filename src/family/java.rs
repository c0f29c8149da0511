//! Java: classes in the task root, jars in `lib/`.

use std::io::{self, Seek};

use super::{FamilyError, Function, IsDependency, Rules};
use crate::tree::{Content, FileTree, ImagePath};

pub struct Java;

impl Rules for Java {
    fn default_handler(&self) -> Option<&'static str> {
        None
    }

    fn form(&self) -> &'static str {
        "`package.Class` or `package.Class::method`"
    }

    fn found(&self, function: &Function<'_>) -> Vec<String> {
        let outer = |path: &str| (path.ends_with(".class") && !path.contains('$')) || is_jar(path);
        function.candidates(outer)
    }

    fn check(&self, handler: &str, function: &Function<'_>) -> Result<(), FamilyError> {
        let (class, method) =
            handler.split_once("::").map_or((handler, None), |(class, method)| (class, Some(method)));
        let file = format!("{}.class", class.replace('.', "/"));
        if class.is_empty()
            || method == Some("")
            || class.contains(['/', ':'])
            || ImagePath::new(&file).is_err()
        {
            return Err(FamilyError::Form { handler: handler.to_owned(), form: self.form() });
        }
        if function.has_task(&file) {
            return Ok(());
        }
        for root in ["var/task", "opt"] {
            for jar in function.0.below(root).iter().filter(|path| is_jar(path)) {
                if function.0.jar_holds(&format!("{root}/{jar}"), &file)? {
                    return Ok(());
                }
            }
        }
        let wanted = format!("`{file}`, also not in a jar");
        Err(FamilyError::Missing { handler: handler.to_owned(), wanted, found: self.found(function) })
    }

    fn dependencies(&self, _task: &FileTree) -> Result<IsDependency, FamilyError> {
        Ok(Box::new(|path| is_jar(path.as_str())))
    }
}

/// Whether the class path has it: jars right in `lib/`, of the task root or, in a Lambda layer, of
/// `java/`.
fn is_jar(path: &str) -> bool {
    let path = path.strip_prefix("java/").unwrap_or(path);
    path.strip_prefix("lib/").is_some_and(|name| name.ends_with(".jar") && !name.contains('/'))
}

/// Whether a jar has an entry of that name. The jar may itself be a member of a zip: it is spooled
/// to a file, whatever its size.
pub(super) fn holds(jar: &Content, entry: &str) -> io::Result<bool> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut jar.open()?, &mut file)?;
    file.rewind()?;
    let archive = zip::ZipArchive::new(io::BufReader::new(file)).map_err(io::Error::other)?;
    Ok(archive.index_for_name(entry).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::testing::image;
    use super::*;
    use crate::tree::Union;

    #[test]
    fn classes_are_found_in_directories() {
        let image = image(&["com/example/App.class", "com/example/App$1.class"], &[]);
        let union = Union::from(&image);
        let function = Function(&union);
        for good in ["com.example.App::handleRequest", "com.example.App", "com.example.App$1"] {
            Java.check(good, &function).unwrap();
        }
        let error = Java.check("example.Hello::run", &function).unwrap_err().to_string();
        assert!(error.contains("no `example/Hello.class`"), "{error}");
        assert!(error.ends_with("it has `com/example/App.class`"), "{error}");
        for bad in ["", "::x", "a.B::", "a/B::x"] {
            assert!(matches!(Java.check(bad, &function), Err(FamilyError::Form { .. })), "{bad}");
        }
        assert!(
            is_jar("lib/a.jar") && is_jar("java/lib/a.jar") && !is_jar("lib/x/a.jar") && !is_jar("a.jar")
        );
    }
}
