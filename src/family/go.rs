//! Go on `go1.x`: the handler is the name of the binary.

use super::{FamilyError, Function, Rules};
use crate::tree::ImagePath;

pub struct Go;

impl Rules for Go {
    fn default_handler(&self) -> Option<&'static str> {
        Some("main")
    }

    fn form(&self) -> &'static str {
        "`binary`, a path in the function"
    }

    fn found(&self, function: &Function<'_>) -> Vec<String> {
        function.candidates(|path| is_executable(function, path))
    }

    fn check(&self, handler: &str, function: &Function<'_>) -> Result<(), FamilyError> {
        let form = |_| FamilyError::Form { handler: handler.to_owned(), form: self.form() };
        ImagePath::new(handler).map_err(form)?;
        if is_executable(function, handler) {
            return Ok(());
        }
        let wanted = format!("executable file `{handler}`");
        Err(FamilyError::Missing { handler: handler.to_owned(), wanted, found: self.found(function) })
    }
}

fn is_executable(function: &Function<'_>, path: &str) -> bool {
    function.0.file(&format!("var/task/{path}")) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::super::testing::image;
    use super::*;
    use crate::tree::Union;

    #[test]
    fn the_binary_must_be_executable() {
        let image = image(&["bin/main", "main"], &[]);
        let union = Union::from(&image);
        let function = Function(&union);
        Go.check("bin/main", &function).unwrap();
        let error = Go.check("main", &function).unwrap_err().to_string();
        assert!(error.ends_with("no executable file `main`; it has `bin/main`"), "{error}");
        assert!(Go.check("/main", &function).is_err());
    }
}
