//! Adds to an error about the handler the place in the settings that sets it.

use lambda_img::build::{BuildError, FunctionError};
use lambda_img::family::FamilyError;

use super::error::CliError;

impl CliError {
    /// The same error, where settings name the handler of the function that was built: `origin` says where, so that
    /// the user looks for it there.
    pub fn of_function(self, origin: Option<String>) -> Self {
        match (self, origin) {
            (CliError::Build(error), Some(origin)) if is_about_the_handler(error.root()) => {
                CliError::Handler(error, origin)
            }
            (error, _) => error,
        }
    }
}

fn is_about_the_handler(error: &BuildError) -> bool {
    use FamilyError::{Form, Missing};
    matches!(error, BuildError::Function(FunctionError::Family(Missing { .. } | Form { .. })))
}
