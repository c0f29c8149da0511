//! Image configurations, and every check on them.

#![no_main]

use lambda_img::check::{Policy, Document, Report, ImageView, Expectations};
use lambda_img::image::ImageConfig;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = ImageConfig::parse(data.into()).map(|config| config.diff_ids());
    let seen = ImageView { config: Document::new(data.into()), ..ImageView::default() };
    Report::of(&seen, &Expectations::default(), &Policy::default(), std::num::NonZeroUsize::MIN);
});
