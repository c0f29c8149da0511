//! Pushes to Debian's docker-registry: what arrives, what is sent, what is left when it is cut short.

use crate::harness::common::{noise, seed};
use crate::harness::relay::Relay;
use crate::harness::suites::push::*;
use crate::harness::support::{output, program, scratch};
use std::fs::{self};
use std::process::Stdio;

#[test]
fn killed_pushes_end_in_the_right_image_when_run_again() {
    let dir = scratch();
    let (home, registry) = (dir.path(), Registry::plain(dir.path()));
    let function = function(home, 8 << 20);
    let made = output(build(home, &function).args(["-o", "oci:out:v1"]));
    let relay = Relay::to(&registry.host);
    let push = |name: &str| {
        let mut command = tool(home);
        command.args(["push", "oci:out:v1", &format!("{}/{name}:v1", relay.host)]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    assert!(push("whole").status().unwrap().success());
    let whole = relay.passed();
    let moments = noise(50 * 4, seed("kills of pushes"));
    let mut cut = 0;
    for (round, moment) in moments.chunks(4).enumerate() {
        let moment = u64::from(u32::from_le_bytes(moment.try_into().unwrap()));
        // Half of them anywhere, half at the end, where configuration and manifest go.
        let bytes = if round % 2 == 0 { moment % whole } else { whole - 1 - moment % 8192 };
        let name = format!("fn{round}");
        cut += usize::from(relay.kill_after(bytes, &mut push(&name)));
        relay.open();
        let again = output(tool(home).args(["push", "oci:out:v1", &format!("{}/{name}:v1", relay.host)]));
        assert_eq!(digest(&again), digest(&made));
        let verified = tool(home).args(["cache", "verify"]).output().unwrap();
        assert!(text(&verified.stderr).ends_with(" files are intact, 0 were corrupt\n"), "{verified:?}");
        let turns = fs::read_dir(home.join("cache/turns")).unwrap().count();
        assert_eq!(turns, 0, "left behind");
        let pull = format!("oci:{}:{name}", home.join("pulled").display());
        output(program("skopeo").args([
            "copy",
            "-q",
            "--preserve-digests",
            "--src-tls-verify=false",
            &format!("docker://{}", again.trim()),
            &pull,
        ]));
    }
    assert!(cut >= 40, "only {cut} of 50 pushes were cut short");
}
