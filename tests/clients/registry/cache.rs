//! Debian's docker-registry, with passwords, as the cache that machines share.

use std::fs::{self, File};

use crate::harness::common::{Place, must};
use crate::harness::helpers::{docker_registry, program};
use crate::harness::suites::steps::with_step;

fn build(place: &Place, machine: &str, password: &str, options: &str) -> (String, String) {
    place.write("password", password);
    let mut command =
        place.tool(&format!("build api --cache-dir {machine} --username user --password-stdin {options}"));
    let ran = must(command.stdin(File::open(place.path("password")).unwrap()));
    (ran.digest(), ran.stderr)
}

#[test]
fn a_registry_with_passwords_is_a_cache() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = program("htpasswd", "apt-get install apache2-utils");
    let file = folder.path().join("htpasswd");
    fs::write(&file, made.args(["-Bbn", "user", "hunter2"]).output().unwrap().stdout).unwrap();
    let auth = format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", file.display());
    let server = docker_registry(folder.path(), "", &auth);
    let place =
        with_step("name = \"make\"\nrun = \"echo ran >>runs; cp list {out}/list\"\ninputs = [\"list\"]");
    place.write("list", "one");
    place.dir(".git");
    let runs = || fs::read_to_string(place.path("runs")).unwrap().lines().count();
    let reading = format!("--registry-cache {}/team/cache", server.host);

    // The login of the push is also that of a cache in the same registry.
    let both =
        format!("{reading} --registry-cache-write {0}/team/cache --push --tag {0}/team/fn:v1", server.host);
    let (digest, told) = build(&place, "first", "hunter2", &both);
    assert!(told.contains("0 steps and 0 layers taken, 1 written"), "{told}");
    // A build that pushes nothing logs in to the cache, and fetches the layer from it.
    let (again, told) = build(&place, "second", "hunter2", &format!("{reading} -o oci:out:v1"));
    assert_eq!((&again, runs()), (&digest, 1), "{told}");
    assert!(told.contains("1 step and 0 layers taken, 0 written"), "{told}");
    // A login that is not accepted: one warning, and the step runs.
    let (alone, told) = build(&place, "third", "wrong", &format!("{reading} -o oci:alone:v1"));
    assert_eq!((&alone, runs()), (&digest, 2), "{told}");
    assert_eq!(told.matches("is not asked any more").count(), 1, "{told}");
}
