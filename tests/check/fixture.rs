//! A fixture: how to make an image that fails one check, and one that passes it.

use lambda_img::check::{Report, Seen, Wishes};

use crate::common::Place;
use crate::layout;

/// Two images for one check.
#[derive(Clone, Copy)]
pub struct Fixture {
    /// The check.
    pub id: &'static str,
    /// Makes the image that fails it, and nothing else.
    pub fails: Make,
    /// Makes one like it that passes every check.
    pub passes: Make,
}

/// How an image is made and looked at.
#[derive(Clone, Copy)]
pub enum Make {
    /// In a place with a sound image `image:v1`: the arguments of `lambda-img check`.
    Checked(fn(&Place) -> String),
    /// What is seen of the sound image and wanted of it, changed: where days and hosts matter.
    Judged(fn(&mut Seen, &mut Wishes)),
}

impl Fixture {
    /// Holds the check to both images.
    pub fn hold(&self) {
        let (failed, passed) = (found(self.fails), found(self.passes));
        let mut ids: Vec<_> = failed.iter().map(String::as_str).collect();
        ids.dedup();
        assert_eq!(ids, [self.id], "what fails");
        assert!(passed.is_empty(), "{}: what passes: {passed:?}", self.id);
    }
}

/// The ids of all findings.
pub fn found(make: Make) -> Vec<String> {
    let place = layout::sound();
    match make {
        Make::Checked(make) => {
            let arguments = make(&place);
            ids(&place, &arguments)
        }
        Make::Judged(change) => {
            let (mut seen, mut wishes) = (layout::seen(&place), Wishes::default());
            change(&mut seen, &mut wishes);
            let report = Report::of(&seen, &wishes, &Default::default());
            report.findings.iter().map(|finding| finding.check.id.to_owned()).collect()
        }
    }
}

/// The ids that `lambda-img check` finds; its exit code must be that of their levels.
pub fn ids(place: &Place, arguments: &str) -> Vec<String> {
    let ran = place.run(&format!("check {arguments} --json"));
    let object: serde_json::Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{arguments}: {error}: {ran:?}"));
    let denied = object["denied"].as_u64().unwrap();
    assert_eq!(ran.code, Some(if denied > 0 { 3 } else { 0 }), "{ran:?}");
    let findings = object["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}
