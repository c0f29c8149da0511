//! Whose the cache is, and what a record in it may say: nothing that it was not sealed for.

use crate::harness::common::{run, snapshot};
use crate::harness::suites::rebuild_trust::*;

#[test]
fn in_a_sticky_directory_everybody_has_a_cache_of_his_own() {
    let place = place();
    place.dir("tmp");
    mode(&place, "tmp", 0o1777);
    mode(&place, "out", 0o777);
    let tool = place.copied_tool();
    let build = |user: u32, dir: &str| {
        let mut command = place.program("setpriv");
        let id = user.to_string();
        command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]).arg(&tool);
        command.args("build fn -r provided.al2023 -b embedded --allow start-format --cache-dir".split(' '));
        let ran = run(command.arg(dir).args(["-o", &format!("oci:out/{user}")]));
        (ran.digest(), ran.stderr.contains("warning: the cache"))
    };
    // Whoever comes second, root too, does not use what the first one made.
    let (first, warned) = build(1000, "tmp/cache");
    assert!(!warned && place.path("tmp/cache/layers").is_dir());
    let before = snapshot(&place.path("tmp/cache"));
    for user in [1001, 0] {
        assert_eq!(build(user, "tmp/cache"), (first.clone(), true), "{user}");
    }
    assert_eq!(snapshot(&place.path("tmp/cache")), before);
    // What root has is as good as one's own.
    assert_eq!(build(0, "tmp/roots"), (first.clone(), false));
    mode(&place, "tmp/roots", 0o755);
    assert_eq!(build(1000, "tmp/roots"), (first, false));
}
