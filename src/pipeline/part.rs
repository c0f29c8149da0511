//! The parts of a function that become layers of their own.

/// What a layer holds, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `/opt`: Lambda layers and extensions.
    LambdaLayers,
    /// The custom runtime.
    Bootstrap,
    /// What `--add` names.
    Added,
    /// What the family's package manager put there.
    Dependencies,
    /// The rest of the function.
    Code,
    /// All of it, unsplit.
    Function,
}

impl Part {
    /// Its name in reports and in the image's history.
    pub fn name(self) -> &'static str {
        match self {
            Part::LambdaLayers => "Lambda layers",
            Part::Bootstrap => "bootstrap",
            Part::Added => "added files",
            Part::Dependencies => "dependencies",
            Part::Code => "code",
            Part::Function => "function",
        }
    }
}
