//! A fixture: how to make an image that fails one check, and one that passes it.

use lambda_img::check::{Expectations, ImageView, Report};
use serde_json::Value;

use crate::harness::common::{Place, must};
use crate::harness::layout::{self, add_layer, change, umoci_config};
pub use crate::harness::suites::check::ids;

/// The sound image.
const IMAGE: &str = "oci:image:v1";

/// Two images for one check.
#[derive(Clone, Copy)]
pub struct Fixture {
    /// The check.
    pub id: &'static str,
    /// Makes the image that fails it, and nothing else.
    pub fails: Make,
    /// Makes one like it that passes every check.
    passes: Make,
}

/// How an image is made of the sound image `image:v1`, and looked at.
#[derive(Clone, Copy)]
pub enum Make {
    /// As it is, with these options of `lambda-img check`.
    Sound(&'static str),
    /// With another configuration, by umoci.
    Config(&'static [&'static str]),
    /// With one more layer, of a tar that GNU tar makes in a script: see [`add_layer`].
    Layer(&'static str),
    /// In other media types or compression, by skopeo.
    Copied(&'static str),
    /// With manifest and configuration changed by hand: no tool makes such.
    Changed(fn(&mut Value, &mut Value)),
    /// Otherwise: the arguments of `lambda-img check`.
    Checked(fn(&Place) -> String),
    /// What is seen of it and wanted of it, changed: where days and hosts matter.
    Judged(fn(&mut ImageView, &mut Expectations)),
}

impl Fixture {
    pub const fn new(id: &'static str, fails: Make, passes: Make) -> Self {
        Self { id, fails, passes }
    }

    /// Holds the check to both images.
    pub fn hold(&self) {
        let passed = self.passes.found();
        self.fails.hold(self.id);
        assert!(passed.is_empty(), "{}: what passes: {passed:?}", self.id);
    }
}

impl Make {
    /// Holds the image to fail that check and nothing else.
    pub fn hold(self, id: &str) {
        assert_eq!(self.found(), [id], "what fails");
    }

    /// The ids of all findings, each once.
    pub fn found(self) -> Vec<String> {
        let place = layout::sound();
        let arguments = match self {
            Make::Sound(options) => format!("{IMAGE} {options}"),
            Make::Config(options) => umoci_config(&place, options),
            Make::Layer(script) => add_layer(&place, script),
            Make::Copied(options) => {
                let mut skopeo = place.program("skopeo");
                skopeo.args(["--insecure-policy", "copy", "--quiet"]).args(options.split_whitespace());
                must(skopeo.args([IMAGE, "oci:copy:v1"]));
                "oci:copy:v1".to_owned()
            }
            Make::Changed(how) => {
                change(&place, how);
                IMAGE.to_owned()
            }
            Make::Checked(make) => make(&place),
            Make::Judged(change) => return judged(&place, change),
        };
        ids(&place, &arguments)
    }
}

fn judged(place: &Place, change: fn(&mut ImageView, &mut Expectations)) -> Vec<String> {
    let (mut seen, mut wishes) = (layout::seen(place), Expectations::default());
    change(&mut seen, &mut wishes);
    let report = Report::of(&seen, &wishes, &Default::default(), std::num::NonZeroUsize::MIN);
    let mut ids: Vec<_> = report.findings.iter().map(|finding| finding.check.id.to_owned()).collect();
    ids.dedup();
    ids
}
