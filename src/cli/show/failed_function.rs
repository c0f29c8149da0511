//! A function that failed here.

/// A function that failed here, for the hint.
#[derive(Debug)]
pub struct FailedFunction {
    /// Its error and the end of its log.
    pub said: String,
    /// Whether the image has the program that is started.
    pub has_program: bool,
    /// Whether it ran in a sandbox.
    pub in_sandbox: bool,
    /// The command that checks its image.
    pub check: String,
}
