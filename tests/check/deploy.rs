//! Where an image is.

use lambda_img::check::{Seen, Wishes};

use crate::fixture::Make::{Checked, Judged};
use crate::fixture::{Fixture, Make};
use crate::layout::umoci_config;

const fn fixture(id: &'static str, fails: Make, passes: Make) -> Fixture {
    Fixture { id, fails, passes }
}

fn at(seen: &mut Seen, wishes: &mut Wishes, host: &str) {
    seen.reference = Some(format!("{host}/team/fn:v1").parse().unwrap());
    wishes.region = Some("eu-west-1".to_owned());
}

/// Where it should be.
const PRIVATE: Make = Judged(|seen, wishes| at(seen, wishes, "123456789012.dkr.ecr.eu-west-1.amazonaws.com"));

pub const FIXTURES: &[Fixture] = &[
    fixture("ecr-private", Judged(|seen, wishes| at(seen, wishes, "public.ecr.aws")), PRIVATE),
    fixture(
        "ecr-fips",
        Judged(|seen, wishes| at(seen, wishes, "123456789012.dkr.ecr-fips.eu-west-1.amazonaws.com")),
        PRIVATE,
    ),
    fixture(
        "ecr-region",
        Judged(|seen, wishes| at(seen, wishes, "123456789012.dkr.ecr.us-east-1.amazonaws.com")),
        PRIVATE,
    ),
    fixture(
        "snapstart-label",
        Checked(|_| "oci:image:v1 --snapstart".to_owned()),
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
