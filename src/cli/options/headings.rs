//! The headings of `--help`. An option has its heading itself: the heading of a group would also hold for every option
//! that is declared after the group.

/// What the function is.
pub const FUNCTION: &str = "Function";

/// What the image contains.
pub const IMAGE: &str = "Image";

/// Where the image goes.
pub const OUTPUT: &str = "Output and push";

/// What is checked before an image is published.
pub const CHECKS: &str = "Checks";

/// How registries are reached.
pub const REGISTRIES: &str = "Registries";

/// What is cached, and how much runs at once.
pub const CACHE: &str = "Cache and parallel work";

/// Which functions are built, and what later CI steps get.
pub const FLEET: &str = "Many functions and CI";

/// How an image comes to a Lambda function.
pub const DEPLOYMENT: &str = "Deployment";

/// The same as [`FUNCTION`] and [`IMAGE`], in commands that build a function only to look at its image.
pub const FUNCTION_THAT_IS_BUILT: &str = "Function that is built";

/// How Lambda is told to run a function.
pub const CONFIGURATION: &str = "Configuration in Lambda";
