//! What a script is started with.

use serde::{Deserialize, Serialize};

/// What a script is started with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The program. Empty where the line names none, which the kernel refuses.
    pub interpreter: String,
    /// All that follows it, as one argument.
    pub argument: Option<String>,
    /// Whether the line ends in CR LF: the CR then is the last letter of the program or the argument.
    pub carriage: bool,
    /// Whether the line is longer than the kernel looks.
    pub cut: bool,
}
