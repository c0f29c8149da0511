//! Numbers of AWS that an image may not exceed.

/// "The maximum uncompressed image size, including all layers": 10 GB (Lambda developer guide,
/// "Creating images"), read as the larger of the two units.
pub const IMAGE_MAX: u64 = 10 << 30;

/// All variables of a function together: 4 KB (Lambda developer guide, "Quotas").
pub const ENVIRONMENT_MAX: usize = 4096;

/// AWS's advice for the bytes of a manifest (Lambda developer guide, "Creating images").
pub const MANIFEST_ADVICE: usize = 25_400;
