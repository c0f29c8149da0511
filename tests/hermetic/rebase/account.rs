//! `rebase --account`: the images that functions use, of which those are rebased that are on a known base.

use serde_json::{Value, json};

use super::{ALLOWED, Base, FUNCTION};
use crate::harness::common::{Place, Ran, run};
use crate::harness::emulator::Emulator;
use crate::harness::lambda::{Function, Lambda};

const HOST: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

struct Site {
    place: Place,
    registry: Emulator,
    lambda: Lambda,
    /// Where images are, as Lambda calls them, by their tags.
    images: Vec<(&'static str, String)>,
}

impl Site {
    /// Functions on an old base: `orders` with the alias `live`, `billing` with the same image; `web` on the new base;
    /// `foreign` on one that is not known, and `zip`. `retired` is the image of a version that no alias names.
    fn new() -> Self {
        let (place, registry, lambda) = (Place::new(), Emulator::start(&[]), Lambda::start());
        place.write("fn/app.py", "def handler(event, context):\n    return event\n");
        let base = format!("{}/lambda/python:3.12", registry.host);
        let mut images = Vec::new();
        let mut build = |tag: &'static str, base: &str| {
            let options = format!("-r python3.12 -b {base} --env TAG={tag} --push");
            let ran = place.run(&format!("build {FUNCTION} {options} -t {}/fn:{tag}", registry.host));
            images.push((tag, format!("{HOST}/fn@{}", ran.digest())));
        };
        let push = |tag: &str| {
            place.run(&format!("push oci:bases:{tag} {base} --allow {ALLOWED}")).digests();
        };
        Base::python().make(&place, "python3.12", "old");
        Base::python().with("usr/lib64/data", "patched").make(&place, "python3.12", "new");
        push("old");
        build("orders", &base);
        build("retired", &base);
        build("foreign", "oci:bases:old");
        push("new");
        build("web", &base);
        let site = Self { place, registry, lambda, images };
        let image = |tag: &str| site.image(tag);
        let mut orders = Function::aliased(&image("orders"), "live");
        orders.versions.push((image("retired"), 0));
        site.lambda.add("orders", orders);
        site.lambda.add("billing", Function::with(&image("orders")));
        site.lambda.add("web", Function::with(&image("web")));
        site.lambda.add("foreign", Function::with(&image("foreign")));
        site.lambda.add("zip", Function { package: "Zip", ..Function::with("sha256:1") });
        site
    }

    fn image(&self, tag: &str) -> String {
        self.images.iter().find(|(one, _)| *one == tag).unwrap().1.clone()
    }

    fn rebase(&self, options: &str) -> Ran {
        let mirror = format!("--registry-mirror {HOST}={}", self.registry.host);
        let mut tool =
            self.place.tool(&format!("rebase --account {HOST} {mirror} --allow {ALLOWED} {options}"));
        tool.env("AWS_ENDPOINT_URL", &self.lambda.url).env("HOME", self.place.path(""));
        tool.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
        run(&mut tool)
    }
}

#[test]
fn what_functions_use_is_planned_and_pushed() {
    let site = Site::new();
    let before = site.registry.state().manifests.len();
    let ran = site.rebase("--json");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    let of = |tag: &str| {
        let image = site.image(tag);
        said["images"].as_array().unwrap().iter().find(|one| one["image"] == image.as_str()).cloned()
    };
    assert_eq!(said["images"].as_array().unwrap().len(), 3, "{said:#}");
    assert_eq!(of("retired"), None);
    let orders = of("orders").unwrap();
    let used = ["billing:$LATEST", "orders:$LATEST", "orders:1 (live)"];
    let used: Vec<_> = used.iter().map(|one| format!("123456789012/{one}")).collect();
    assert_eq!(orders["used_by"], json!(used));
    assert_eq!(orders["plan"]["rebased"]["refused"], false);
    assert!(of("web").unwrap()["plan"]["rebased"].is_null());
    let foreign = of("foreign").unwrap();
    assert!(foreign["error"].is_null() && foreign["left_out"].is_string(), "{foreign:#}");
    // A plan pushes nothing and changes no function.
    assert_eq!(site.registry.state().manifests.len(), before);

    let ran = site.rebase(&format!("--push --repository {}/patched", site.registry.host));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    for line in ["  used by: 123456789012/billing:$LATEST, ", "  left out: the new base of image "] {
        assert!(ran.stderr.contains(line), "{line}: {ran:?}");
    }
    assert!(site.lambda.changes().is_empty());
    let digest = orders["plan"]["rebased"]["digest"].as_str().unwrap();
    assert_eq!(ran.stdout, format!("{}/patched@{digest}\n", site.registry.host));
    assert!(ran.stderr.contains("/patched:rebased-"), "{ran:?}");
    // Of another runtime, all are left out.
    let ran = site.rebase(&format!("--runtime ruby3.4 --to {}/lambda/python:3.12", site.registry.host));
    assert_eq!((ran.code, ran.stdout.matches("left out: ").count()), (Some(0), 3), "{ran:?}");
}

#[test]
fn an_account_is_named_by_its_registry() {
    let place = Place::new();
    place.refuses(2, "rebase --account 123456789012", &["is not a registry of Amazon ECR", "eu-west-1"]);
    place.refuses(2, &format!("rebase --account {HOST} --offline"), &["rebase"]);
    place.refuses(2, "rebase", &["IMAGE"]);
}
