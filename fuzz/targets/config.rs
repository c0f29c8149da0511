//! Image configurations, and every check on them.

#![no_main]

use lambda_img::check::{Accepted, Document, Report, Seen, Wishes};
use lambda_img::image::ImageConfig;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = ImageConfig::parse(data.into()).map(|config| config.diff_ids());
    let seen = Seen { config: Document::new(data.into()), ..Seen::default() };
    Report::of(&seen, &Wishes::default(), &Accepted::default(), std::num::NonZeroUsize::MIN);
});
