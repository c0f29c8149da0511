//! The groups Start, Files and Secrets: for each check an image that fails it, and images that come near and
//! have no fault; through the library from a layer tar, and as umoci makes them.

mod image;
mod images;

use std::collections::BTreeSet;

use lambda_img::check::{CHECKS, Group, Level};
use serde_json::Value;

use crate::harness::common::Place;
use image::{Image, KEY};

/// What the groups of this suite find; on a layer alone, the others may miss manifest and digests.
fn found(image: Image) -> BTreeSet<&'static str> {
    let groups = [Group::Start, Group::Files, Group::Secrets];
    let findings = image.report().findings.into_iter().map(|one| one.check);
    findings.filter(|check| groups.contains(&check.group)).map(|check| check.id).collect()
}

#[test]
fn a_sound_image_has_no_finding() {
    assert_eq!(found(Image::new()), BTreeSet::new());
    assert_eq!(found(Image::new().on_unread_base()), BTreeSet::new());
}

#[test]
fn each_check_finds_its_fault_and_nothing_else() {
    let (mut tried, mut wrong) = (BTreeSet::new(), Vec::new());
    for (id, image) in images::failing() {
        let found = found(image);
        if found != BTreeSet::from([id]) {
            wrong.push(format!("{id}: {found:?}"));
        }
        tried.insert(id);
    }
    let groups = [Group::Start, Group::Files, Group::Secrets];
    let all: BTreeSet<_> =
        CHECKS.iter().filter(|check| groups.contains(&check.group)).map(|check| check.id).collect();
    assert_eq!(tried, all, "every check has a failing image");
    for (at, image) in images::passing().into_iter().enumerate() {
        let found = found(image);
        if !found.is_empty() {
            wrong.push(format!("passing image {at}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The same from outside, in images of umoci, with the checks of all groups. What is not known of a base that was
/// not read has no such image.
#[test]
fn the_same_is_found_in_what_umoci_makes() {
    let place = Place::new();
    let failing = images::failing().into_iter().map(|(id, image)| (Some(id), image));
    let all = failing.chain(images::passing().into_iter().map(|image| (None, image)));
    let mut wrong = Vec::new();
    for (id, image) in all.filter(|(_, image)| image.is_whole()) {
        let arguments = image.make(&place);
        let ran = place.run(&format!("check {arguments} --json"));
        let object: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let ids = object["findings"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap());
        // The calendar goes on.
        let ids: BTreeSet<_> =
            ids.filter(|id| !["runtime-ending", "runtime-deprecated"].contains(id)).collect();
        if ids != BTreeSet::from_iter(id) {
            wrong.push(format!("{id:?}: {ids:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_secret_is_ever_told() {
    let report = Image::new().task("key.pem", KEY.as_bytes()).report();
    let told = format!("{:?}", report.findings);
    assert!(told.contains("line 1") && !told.contains("q7Zt1Xb9"), "{told}");
    assert!(report.findings.iter().any(|one| one.level == Level::Deny));
}
