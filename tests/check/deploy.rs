//! Where an image is.

use lambda_img::check::{Seen, Wishes};

use crate::fixture::Make::{Checked, Judged, Sound};
use crate::fixture::{Fixture, Make};
use crate::layout::umoci_config;

fn at(seen: &mut Seen, wishes: &mut Wishes, host: &str) {
    seen.reference = Some(format!("{host}/team/fn:v1").parse().unwrap());
    wishes.region = Some("eu-west-1".to_owned());
}

/// Where it should be.
const PRIVATE: Make = Judged(|seen, wishes| at(seen, wishes, "123456789012.dkr.ecr.eu-west-1.amazonaws.com"));

pub const FIXTURES: &[Fixture] = &[
    Fixture::new("ecr-private", Judged(|seen, wishes| at(seen, wishes, "public.ecr.aws")), PRIVATE),
    Fixture::new(
        "ecr-fips",
        Judged(|seen, wishes| at(seen, wishes, "123456789012.dkr.ecr-fips.eu-west-1.amazonaws.com")),
        PRIVATE,
    ),
    Fixture::new(
        "ecr-dual-stack",
        Judged(|seen, wishes| at(seen, wishes, "123456789012.dkr-ecr.eu-west-1.on.aws")),
        PRIVATE,
    ),
    Fixture::new(
        "ecr-region",
        Judged(|seen, wishes| at(seen, wishes, "123456789012.dkr.ecr.us-east-1.amazonaws.com")),
        PRIVATE,
    ),
    Fixture::new(
        "snapstart-label",
        Sound("--snapstart"),
        Checked(|place| {
            let label = "com.amazonaws.lambda.feature.snapstart=Allow";
            format!("{} --snapstart", umoci_config(place, &["--config.label", label]))
        }),
    ),
];

#[test]
fn each_check_finds_its_fault_and_nothing_else() {
    FIXTURES.iter().for_each(Fixture::hold);
}
