//! Bases from registries: Debian's docker-registry filled by skopeo, and an emulator whose log is exact.

use crate::harness::common::seed;
use crate::harness::pulling::{PYTHON, Real, Shaped, TAG, User, mirror, noise, sound};
use crate::harness::relay::Relay;
use crate::harness::suites::pull_kills::*;
use lambda_img::arch::Arch;
use std::fs;

#[test]
fn killed_at_any_moment_it_ends_in_the_right_image_at_the_next_try() {
    let (real, shaped) = (Real::start(), Shaped::new(9, 4_000_000, &[]));
    shaped.copy("py-x86_64", &format!("{}/{PYTHON}:{TAG}", real.server.host));
    let relay = Relay::to(&real.server.host);
    let mirror = mirror(&relay.host);
    let args = ["build", "function", "-r", "python3.12", "-q", &mirror, "-o", "oci:out:v1"];
    let user = User::new();
    user.run(&args);
    let whole = relay.passed();
    let digest = sound(&user.path("out"), "v1", Arch::X86_64).digest;
    let moments = noise(seed("kills of pulls"), 50 * 4);
    let (mut early, mut partial) = (0, 0);
    for moment in moments.chunks(4) {
        let user = User::new();
        let moment = u32::from_le_bytes(moment.try_into().unwrap());
        early += usize::from(relay.kill_after(u64::from(moment) % whole, &mut user.command(&args)));
        user.cache_is_sound();
        let left = fs::read_dir(user.path("cache/partial")).map_or(0, Iterator::count);
        partial += left;
        relay.open();
        user.run(&args);
        let image = sound(&user.path("out"), "v1", Arch::X86_64);
        assert_eq!(image.digest, digest);
        assert_eq!(user.cache_is_sound(), CACHED);
        assert_eq!(fs::read_dir(user.path("cache/partial")).unwrap().count(), 0);
    }
    assert!(early >= 40 && partial > 0, "killed in time: {early}, partial downloads left: {partial}");
}
