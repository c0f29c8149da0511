//! Where an image is.

use lambda_img::check::{Expectations, ImageView};

use super::fixture::Make::{Checked, Judged, Sound};
use super::fixture::{Fixture, Make};
use crate::harness::helpers::docker_registry;
use crate::harness::layout::{self, umoci_config};

fn at(seen: &mut ImageView, wishes: &mut Expectations, host: &str) {
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

#[test]
fn of_an_image_in_a_registry_only_what_is_needed_is_read() {
    let place = layout::sound();
    // A base that the tool did not make.
    layout::change(&place, |_, config| config["history"] = serde_json::json!(null));
    let server = docker_registry(&place.dir("registry"), "", "");
    let (host, cache) = (&server.host, "--cache-dir cache");
    place.run(&format!("push oci:image:v1 {host}/base:v1 {cache}"));
    let build = format!("build fn -r provided.al2023 --handler any -b {host}/base:v1 {cache}");
    let ran = place.run(&format!("{build} -t {host}/team/fn:v1 --push"));
    assert_eq!(ran.code, Some(0), "{ran:?}");

    std::fs::remove_dir_all(place.path("cache")).unwrap();
    let layers = |options: &str| {
        let object = place.run(&format!("check {host}/team/fn:v1 {cache} --json {options}")).json();
        assert_eq!((&object["denied"], &object["warnings"]), (&0.into(), &0.into()), "{object}");
        (object["layers"]["read"].as_u64().unwrap(), object["layers"]["all"].as_u64().unwrap())
    };
    let (read, all) = layers("");
    assert!(read < all, "{read} of {all}");
    assert_eq!(layers("--all-layers"), (all, all));
    assert_eq!(layers("--check-base-update"), (read, all));

    // The tag of the base moves.
    umoci_config(&place, &["--config.label", "patched=yes"]);
    place.run(&format!("push oci:image:v1 {host}/base:v1 {cache}"));
    let ids = super::fixture::ids(&place, &format!("{host}/team/fn:v1 {cache} --check-base-update"));
    assert_eq!(ids, ["base-moved"]);

    // The same image by the names that it could have in ECR.
    let mirrored = |ecr: &str, options: &str| {
        let mirror = format!("--registry-mirror {ecr}={host}");
        super::fixture::ids(&place, &format!("{ecr}/team/fn:v1 {mirror} {cache} {options}"))
    };
    let private = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    assert!(mirrored(private, "--region eu-west-1").is_empty());
    assert_eq!(mirrored(private, "--region us-east-1"), ["ecr-region"]);
    assert_eq!(mirrored("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", ""), ["ecr-fips"]);
    assert_eq!(mirrored("public.ecr.aws", ""), ["ecr-private"]);
}
