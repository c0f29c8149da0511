//! Go on `go1.x`: the handler is the name of the binary.

use super::{FamilyError, Function, Rules};
use crate::tree::{ImagePath, Node};

pub struct Go;

impl Rules for Go {
    fn default_handler(&self) -> Option<&'static str> {
        Some("main")
    }

    fn form(&self) -> &'static str {
        "`binary`, a path in the function"
    }

    fn found(&self, function: &Function<'_>) -> Vec<String> {
        let executables = function.task.iter().filter(|(_, node)| is_executable(node));
        executables.map(|(path, _)| path.to_string()).collect()
    }

    fn check(&self, handler: &str, function: &Function<'_>) -> Result<(), FamilyError> {
        let form = |_| FamilyError::Form { handler: handler.to_owned(), form: self.form() };
        let path = ImagePath::new(handler).map_err(form)?;
        if function.task.get(&path).is_some_and(is_executable) {
            return Ok(());
        }
        let wanted = format!("executable file `{handler}`");
        Err(FamilyError::Missing { handler: handler.to_owned(), wanted, found: self.found(function) })
    }
}

fn is_executable(node: &Node) -> bool {
    matches!(node, Node::File { executable: true, .. } | Node::Symlink { .. })
}

#[cfg(test)]
mod tests {
    use super::super::testing::tree;
    use super::*;

    #[test]
    fn the_binary_must_be_executable() {
        let (task, opt) = (tree(&["bin/main", "main"]), tree(&[]));
        let function = Function { task: &task, opt: &opt };
        Go.check("bin/main", &function).unwrap();
        let error = Go.check("main", &function).unwrap_err().to_string();
        assert!(error.ends_with("no executable file `main`; there is `bin/main`"), "{error}");
        assert!(Go.check("/main", &function).is_err());
    }
}
