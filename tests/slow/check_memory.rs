//! However large an image is, checking it takes little memory.

use crate::harness::common::{blob, must};
use crate::harness::layout::{self, GZIP, add_blob};
use crate::harness::suites::check::ids;

/// The most that a check may hold at one time, in KiB: 200 MiB.
const PEAK_MAX: u64 = 200 << 10;

#[test]
fn an_image_of_300_mb_is_checked_in_less_than_200_mib() {
    let place = layout::sound();
    // One large file, many small ones, and a jar whose end is looked at: in two layers, read at one time.
    let large = "seq 17000000 > root/var/task/numbers; pack var";
    let many = "rm root/var/task/numbers; seq 17000000 | split -a 5 -l 1000 - root/var/task/part; \
                head -c 20000000 /dev/zero > root/var/task/zeros.jar; pack var";
    let mut sizes = Vec::new();
    for script in [large, many] {
        let tar = layout::tar(&place, script);
        must(place.program("gzip").args(["-1", "-kf", "layer.tar"]));
        add_blob(&place, GZIP, &std::fs::read(place.path("layer.tar.gz")).unwrap(), &tar);
        sizes.push(tar.len());
    }
    assert!(sizes.iter().sum::<usize>() > 300_000_000, "{sizes:?}");
    let mut time = place.program("/usr/bin/time");
    time.args(["-f", "%M", "-o", "peak", env!("CARGO_BIN_EXE_lambda-img")]);
    must(time.args(["check", "oci:image:v1", "--jobs", "2"]));
    let peak: u64 = std::fs::read_to_string(place.path("peak")).unwrap().trim().parse().unwrap();
    assert!(peak < PEAK_MAX, "{peak} KiB");
    // It was read: a layer less is told.
    let image = place.unjudged("image", "v1");
    std::fs::remove_file(blob(&image.layout, image.layers.last().unwrap())).unwrap();
    assert_eq!(ids(&place, "oci:image:v1"), ["blob-missing", "large-file"]);
}
