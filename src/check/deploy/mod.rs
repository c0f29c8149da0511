//! Where the image is.
