//! A handler that nobody typed, and that is wrong: who looks for it finds it where settings have it.

use lambda_img::build::{BuildError, FunctionError};
use lambda_img::family::FamilyError;

use super::error::CliError;
use crate::cli::settings::Origin;

impl CliError {
    /// The same, where a function is built whose handler is from `origin`: who reads of a handler that nobody typed
    /// looks for it there.
    pub fn of_function(self, handler: Option<&Origin>) -> Self {
        let set = handler.filter(|origin| !matches!(origin, Origin::CommandLine | Origin::Default));
        match (self, set) {
            (CliError::Build(error), Some(origin)) if is_about_the_handler(error.root()) => {
                CliError::Handler(error, origin.clone())
            }
            (failure, _) => failure,
        }
    }
}

fn is_about_the_handler(error: &BuildError) -> bool {
    use FamilyError::{Form, Missing};
    matches!(error, BuildError::Function(FunctionError::Family(Missing { .. } | Form { .. })))
}
