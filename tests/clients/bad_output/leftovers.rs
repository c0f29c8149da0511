//! What a killed process leaves goes with the next one, and nothing else does.

use super::BUILD;
use crate::harness::common::{Place, noise, run};

#[test]
fn a_cache_on_a_full_disk_holds_no_part_of_a_layer() {
    let place = Place::with_function();
    place.write("fn/noise", noise(4 << 20, 1));
    place.dir("cache");
    let script = "mount -t tmpfs -o size=2m,mode=0700 none cache || exit 99
        \"$@\" || exit
        find cache/partial -type f | sed 's/^/left: /' >&2
        find cache -size +1000k | sed 's/^/left: /' >&2";
    let mut command = place.program("unshare");
    command.args(["--mount", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_lambda-img")]);
    command.args(BUILD.split_whitespace()).args(["-o", "oci:out/image", "--cache-dir", "cache"]);
    let ran = run(&mut command);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!ran.stderr.contains("left: "), "{}", ran.stderr);
}
