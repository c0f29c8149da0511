//! What was pushed: in the objects of `build` and of `push`.

use lambda_img::publish::registry;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Pinned, Version};

/// One image in one repository.
#[derive(Serialize, JsonSchema)]
pub struct Pushed<'a> {
    reference: Pinned,
    /// Those that name it there now.
    tags: &'a [String],
    /// Whether all of it, tags too, was there before.
    already_published: bool,
    blobs: Blobs,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Blobs {
    present: usize,
    mounted: usize,
    sent: usize,
    sent_bytes: u64,
}

/// With exit code 1: a push stopped on its way. What is in `pushed` stays.
#[derive(Serialize, JsonSchema)]
pub struct Stopped<'a> {
    version: Version<1>,
    #[serde(flatten)]
    reached: Reached<'a>,
}

/// Where a push stopped on its way.
#[derive(Serialize, JsonSchema)]
pub struct Reached<'a> {
    /// This stays.
    pushed: Vec<Pushed<'a>>,
    not_pushed: Vec<String>,
}

impl<'a> Pushed<'a> {
    pub fn all(pushed: impl IntoIterator<Item = &'a registry::Pushed>) -> Vec<Self> {
        pushed.into_iter().map(Self::from).collect()
    }
}

impl<'a> From<&'a registry::Pushed> for Pushed<'a> {
    fn from(pushed: &'a registry::Pushed) -> Self {
        let registry::Pushed { pinned, tags, already, blobs, .. } = pushed;
        Self {
            reference: Pinned(pinned.to_string()),
            tags,
            already_published: *already,
            blobs: Blobs {
                present: blobs.present,
                mounted: blobs.mounted,
                sent: blobs.sent,
                sent_bytes: blobs.bytes,
            },
        }
    }
}

impl<'a> From<&'a registry::Stopped> for Stopped<'a> {
    fn from(stopped: &'a registry::Stopped) -> Self {
        Self { version: Version, reached: stopped.into() }
    }
}

impl<'a> From<&'a registry::Stopped> for Reached<'a> {
    fn from(stopped: &'a registry::Stopped) -> Self {
        Self {
            pushed: Pushed::all(&stopped.pushed),
            not_pushed: stopped.left.iter().map(ToString::to_string).collect(),
        }
    }
}
