//! What an error was caused by.

use std::error::Error;
use std::io;

/// The first error of this type in the causes: an [`io::Error`] hides what it carries.
pub fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => cause(carried),
        None => cause(error.source()?),
    }
}
