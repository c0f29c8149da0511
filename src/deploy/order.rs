//! `Order`: an image, the function that gets it, and how.

use std::time::Duration;

use super::target::Target;

/// An image, and the function that gets it.
pub struct Order {
    /// The function.
    pub target: Target,
    /// The image, `REGISTRY/REPOSITORY@sha256:…`.
    pub image: String,
    /// Whether to publish a version, also without an alias.
    pub publish: bool,
    /// The alias that is moved to the new version.
    pub alias: Option<String>,
    /// An event that the new version must answer before the alias is moved.
    pub event: Option<Vec<u8>>,
    /// How invocations move to the new version; at once by default.
    pub shift: Option<Shift>,
    /// Whether the image gets the tag that says that the alias uses it.
    pub tag_in_use: bool,
    /// The ARN of the role with which a function that does not exist is created; without one, it is not.
    pub role: Option<String>,
    /// The longest time to wait for one state of Lambda.
    pub wait: Duration,
}

/// How invocations move to the new version.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// The part of the invocations that it gets first, from 0 to 1.
    pub weight: f64,
    /// How long.
    pub period: Duration,
    /// CloudWatch alarms that stop it.
    pub alarms: Vec<String>,
}

impl Order {
    /// The digest of the image, `sha256:…`.
    pub fn digest(&self) -> &str {
        self.image.split_once('@').map_or("", |(_, digest)| digest)
    }
}
