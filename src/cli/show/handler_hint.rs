//! A handler that nobody typed, and that is wrong: who looks for it finds it where settings have it.

use lambda_img::build::BuildError;
use lambda_img::family::FamilyError;

use super::error::CliError;
use crate::cli::settings::Origin;

impl CliError {
    /// The same, where a function is built whose handler is from `origin`: who reads of a handler that nobody typed
    /// looks for it there.
    pub fn of_function(self, handler: Option<&Origin>) -> Self {
        use FamilyError::{Form, Missing};
        let set = handler.filter(|origin| !matches!(origin, Origin::CommandLine | Origin::Default));
        match (self, set) {
            (CliError::Build(error), Some(origin))
                if matches!(error.root(), BuildError::Family(Missing { .. } | Form { .. })) =>
            {
                CliError::Handler(error, origin.clone())
            }
            (failure, _) => failure,
        }
    }
}
