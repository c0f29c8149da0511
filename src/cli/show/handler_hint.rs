//! A wrong handler that comes from settings: the hint names the place that sets it.

use lambda_img::build::BuildError;
use lambda_img::family::FamilyError;

use super::error::CliError;

impl CliError {
    /// The same error, where settings name the handler of the function that was built: `origin` says where, so that
    /// the user looks for it there.
    pub fn of_function(self, origin: Option<String>) -> Self {
        use FamilyError::{Form, Missing};
        match (self, origin) {
            (CliError::Build(error), Some(origin))
                if matches!(error.root(), BuildError::Family(Missing { .. } | Form { .. })) =>
            {
                CliError::Handler(error, origin)
            }
            (error, _) => error,
        }
    }
}
