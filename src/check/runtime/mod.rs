//! The runtime and its base.
