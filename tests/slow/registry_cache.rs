//! A machine that is killed while it writes to the registry cache leaves nothing that another one could take for whole.

use std::process::Stdio;

use crate::harness::common::{must, noise, until};
use crate::harness::emulator::Emulator;
use crate::harness::suites::steps::with_step;

/// How often a machine is killed: at each of its requests, and again.
const KILLS: usize = 50;

#[test]
fn a_write_that_is_killed_at_any_moment_leaves_no_broken_entry() {
    let place = with_step("name = \"make\"\nrun = \"cp list {out}/list\"\ninputs = [\"list\"]");
    place.write("list", noise(300_000, 1));
    place.dir(".git");
    let alone = must(&mut place.tool("build api --cache-dir alone -o oci:alone-out:v1")).digest();
    let registry = Emulator::start(&[]);
    let requests = || registry.state().count("/v2/cache");
    let build = |machine: &str, repository: &str, write: &str| {
        let cache = format!("{}/{repository}", registry.host);
        let write = if write.is_empty() { String::new() } else { format!("{write} {cache}") };
        place.tool(&format!(
            "build api --cache-dir {machine} --registry-cache {cache} {write} -o oci:{machine}-out:v1"
        ))
    };
    must(&mut build("whole", "cache-whole", "--registry-cache-write"));
    let all = requests();
    assert!(all >= 5, "{all} requests");
    let (mut killed, mut taken) = (0, 0);
    for moment in 0..KILLS {
        let (repository, machine) = (format!("cache-{moment}"), format!("writer-{moment}"));
        registry.log();
        let mut writer = build(&machine, &repository, "--registry-cache-write");
        let mut writer = writer.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("the request", || requests() > moment % all || writer.try_wait().unwrap().is_some());
        writer.kill().unwrap();
        killed += usize::from(!writer.wait().unwrap().success());
        // Another machine takes the whole entry, or makes it: its bytes are read.
        let reader = must(&mut build(&format!("reader-{moment}"), &repository, ""));
        assert_eq!(reader.digest(), alone, "moment {moment}");
        assert!(!reader.stderr.contains("warning"), "moment {moment}: {reader:?}");
        taken += usize::from(reader.stderr.contains("1 step and 0 layers taken"));
    }
    assert!(killed > KILLS / 2, "only {killed} of {KILLS} were killed while they wrote");
    assert!(taken < KILLS, "no write was cut off");
}
