//! Ruby: Bundler puts gems into `vendor/bundle`.

use super::{FamilyError, Function, IsDependency, Rules};
use crate::tree::{FileTree, ImagePath};

pub struct Ruby;

impl Rules for Ruby {
    fn default_handler(&self) -> Option<&'static str> {
        Some("lambda_function.lambda_handler")
    }

    fn form(&self) -> &'static str {
        "`file.method` or `file.Module::Class.method`"
    }

    fn found(&self, function: &Function<'_>) -> Vec<String> {
        function.candidates(|path| path.ends_with(".rb") && !path.starts_with("vendor/"))
    }

    fn check(&self, handler: &str, function: &Function<'_>) -> Result<(), FamilyError> {
        let parts: Vec<_> = handler.split('.').collect();
        if !(2..=3).contains(&parts.len()) || parts.iter().any(|part| part.is_empty()) {
            return Err(FamilyError::Form { handler: handler.to_owned(), form: self.form() });
        }
        let file = format!("{}.rb", parts[0]);
        if function.has_task(&file) || function.has_opt(&format!("ruby/lib/{file}")) {
            return Ok(());
        }
        let (handler, wanted) = (handler.to_owned(), format!("`{file}`"));
        Err(FamilyError::Missing { handler, wanted, found: self.found(function) })
    }

    fn dependencies(&self, _task: &FileTree) -> Result<IsDependency, FamilyError> {
        Ok(Box::new(|path: &ImagePath| {
            let mut names = path.components();
            names.next() == Some("vendor") && names.next() == Some("bundle")
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::image;
    use super::*;
    use crate::tree::Union;

    #[test]
    fn handlers_name_a_file() {
        let image = image(&["lambda_function.rb", "lib/app.rb", "vendor/bundle/x.rb"], &[]);
        let union = Union::from(&image);
        let function = Function(&union);
        for good in ["lambda_function.handler", "lib/app.Mod::Class.process"] {
            Ruby.check(good, &function).unwrap();
        }
        let error = Ruby.check("main.handler", &function).unwrap_err().to_string();
        assert!(error.ends_with("it has `lambda_function.rb`, `lib/app.rb`"), "{error}");
        assert!(Ruby.check("a.b.c.d", &function).is_err());
        assert!(Ruby.check("main", &function).is_err());
    }
}
