//! The runtime and its base, on days that a test chooses.

use lambda_img::check::{BaseNow, Expectations, Report};
use lambda_img::date::Date;
use lambda_img::digest::Digest;
use lambda_img::runtime;
use serde_json::json;

use super::fixture::Fixture;
use super::fixture::Make::{Checked, Judged};
use crate::harness::common::Place;
use crate::harness::layout::{program, with_config};

/// An image that starts something called as AWS's entry script is.
pub fn under_the_entry_script(place: &Place, path: &str) -> String {
    place.script("entry", program(62));
    let build = "build fn -r provided.al2023 -b embedded --handler any --add entry:/lambda-entrypoint.sh \
                 --entrypoint /lambda-entrypoint.sh -o oci:own:v1";
    place.run(&format!("{build} --env PATH={path}")).digest();
    "oci:own:v1 --runtime provided.al2023".to_owned()
}

fn base(now: &[u8]) -> Option<BaseNow> {
    let name = "public.ecr.aws/lambda/provided:al2023".to_owned();
    Some(BaseNow { name, built_on: Digest::of(b"then"), now: Digest::of(now) })
}

pub const FIXTURES: &[Fixture] = &[
    Fixture::new(
        "runtime-deprecated",
        Judged(|seen, wishes| {
            seen.profile = Some(runtime::profile("provided.al2").unwrap());
            wishes.today = Some(date(2026, 7, 31));
        }),
        Judged(|seen, wishes| {
            seen.profile = Some(runtime::profile("provided.al2").unwrap());
            wishes.today = Some(date(2025, 7, 31));
        }),
    ),
    Fixture::new(
        "runtime-ending",
        Judged(|seen, wishes| {
            seen.profile = Some(runtime::profile("provided.al2").unwrap());
            wishes.today = Some(date(2026, 2, 1)); // 180 days
        }),
        Judged(|seen, wishes| {
            seen.profile = Some(runtime::profile("provided.al2").unwrap());
            wishes.today = Some(date(2026, 1, 31)); // 181 days
        }),
    ),
    Fixture::new(
        "runtime-architecture",
        Judged(|seen, _| seen.profile = Some(runtime::profile("provided").unwrap()).filter(|_| arm(seen))),
        Judged(|seen, _| seen.profile = Some(runtime::profile("provided").unwrap())),
    ),
    Fixture::new(
        "base-moved",
        Judged(|_, wishes| wishes.base = base(b"now")),
        Judged(|_, wishes| wishes.base = base(b"then")),
    ),
    Fixture::new(
        "base-config",
        Checked(|place| under_the_entry_script(place, "/usr/bin:/bin")),
        Checked(|place| {
            under_the_entry_script(place, "/mine:/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin")
        }),
    ),
];

/// Calls the image one for arm64, and says nothing of what is in it.
fn arm(seen: &mut lambda_img::check::ImageView) -> bool {
    with_config(seen, |config| config["architecture"] = json!("arm64"));
    for layer in &mut seen.layers {
        layer.survey = Err(lambda_img::check::NotRead::Base);
    }
    true
}

#[test]
fn each_check_finds_its_fault_and_nothing_else() {
    FIXTURES.iter().for_each(Fixture::hold);
}

#[test]
fn an_end_is_told_more_urgently_as_it_comes_nearer() {
    let place = crate::harness::layout::sound();
    let mut seen = crate::harness::layout::seen(&place);
    seen.profile = Some(runtime::profile("provided.al2").unwrap());
    // Its last day is 2026-07-31.
    for (day, words) in [
        (date(2026, 5, 2), "in 90 days: at most 90 days are left"),
        (date(2026, 5, 1), "in 91 days: at most 180 days are left"),
        (date(2026, 7, 1), "in 30 days: at most 30 days are left"),
        (date(2026, 7, 2), "in 29 days: at most 30 days are left"),
    ] {
        let wishes = Expectations { today: Some(day), ..Expectations::default() };
        let report = Report::of(&seen, &wishes, &Default::default(), std::num::NonZeroUsize::MIN);
        let told: Vec<_> = report.findings.iter().map(|finding| finding.fault.message.as_str()).collect();
        assert!(told.len() == 1 && told[0].contains(words), "{day}: {told:?}");
    }
}

fn date(year: u16, month: u8, day: u8) -> Date {
    Date::new(year, month, day).unwrap()
}
