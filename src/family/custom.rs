//! Custom runtimes: only the bootstrap knows what a handler is.

use super::{FamilyError, Function, Rules};

pub struct Custom;

impl Rules for Custom {
    /// The entry script wants one word; most bootstraps never look at it.
    fn default_handler(&self) -> Option<&'static str> {
        Some("handler")
    }

    fn form(&self) -> &'static str {
        "one word"
    }

    fn found(&self, _function: &Function<'_>) -> Vec<String> {
        Vec::new()
    }

    fn check(&self, handler: &str, _function: &Function<'_>) -> Result<(), FamilyError> {
        if handler.is_empty() {
            return Err(FamilyError::Form { handler: handler.to_owned(), form: self.form() });
        }
        Ok(())
    }
}
