//! The parts of a function that become layers of their own.

/// What a layer holds, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LayerRole {
    /// `/opt`: Lambda layers and extensions.
    LambdaLayers,
    /// The custom runtime.
    Bootstrap,
    /// What `--add` names.
    Added,
    /// What a step made.
    Step,
    /// What the family's package manager put there.
    Dependencies,
    /// The rest of the function.
    Code,
    /// All of it, unsplit.
    Function,
}

impl LayerRole {
    /// Its name in reports and in the image's history.
    pub fn name(self) -> &'static str {
        match self {
            LayerRole::LambdaLayers => "Lambda layers",
            LayerRole::Bootstrap => "bootstrap",
            LayerRole::Added => "added files",
            LayerRole::Step => "step",
            LayerRole::Dependencies => "dependencies",
            LayerRole::Code => "code",
            LayerRole::Function => "function",
        }
    }
}
