//! Builds and pushes that stop before they publish.

use crate::harness::common::Place;
use crate::harness::layout;

/// A sound image with a layer on top that Lambda refuses.
fn faulty() -> Place {
    let place = layout::sound();
    layout::add_layer(&place, "touch root/var/task/x; pack var/task/x");
    place
}

#[test]
fn a_build_stops_before_it_publishes_what_is_denied() {
    let place = faulty();
    let build = "build fn -r provided.al2023 -b oci:image:v1 --handler any -o oci:out/new:v1";
    let words = ["missing-parent  /var:", "nothing was published", "--allow"];
    place.refuses(3, &format!("{build} --all-layers"), &words);
    place.refuses(2, &format!("{build} --allow nothing"), &["no check `nothing`"]);
    // The base's layers are the base's business, unless one asks.
    place.run(build).digest();
    let allowed = place.run(&format!("{build} --all-layers --allow missing-parent")).digest();
    // What was found is kept, and found again.
    place.refuses(3, &format!("{build} --all-layers"), &words);
    assert_eq!(place.run(&format!("{build} --all-layers --allow missing-parent")).digest(), allowed);
    place.refuses(3, &format!("{build} --all-layers --no-cache"), &words);
}

#[test]
fn a_push_stops_before_it_asks_the_registry() {
    let place = faulty();
    // Nobody listens there.
    let push = "push oci:image:v1 127.0.0.1:9/team/fn:v1 --retries 0";
    place.refuses(3, push, &["missing-parent  /var:", "nothing was published", "--allow"]);
    place.refuses(1, &format!("{push} --allow missing-parent"), &["127.0.0.1:9"]);
}
