//! The databases of a base's package managers: the lists of dpkg and RPM equal ours.

use std::collections::BTreeSet;
use std::fs;

use super::{FUNCTION, component, function, listed, named, warned};
use crate::harness::common::{Place, must};
use crate::harness::support::output;

fn set(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn dpkg_query_is_the_list() {
    let place = function();
    let status = fs::read("/var/lib/dpkg/status").unwrap();
    place.write("root/status", status);
    place.write("root/os-release", "PRETTY_NAME=\"Debian\"\nID=debian\nVERSION_ID=\"12\"\n");
    let format = "${db:Status-Status} ${Package} ${Version}\\n";
    let theirs = output(place.program("dpkg-query").args(["-W", "-f", format]));
    let theirs: BTreeSet<_> =
        theirs.lines().filter_map(|line| line.strip_prefix("installed ")).map(str::to_owned).collect();
    let add = "--add root/status:/var/lib/dpkg/status --add root/os-release:/etc/os-release";
    let ours = listed(&place, &format!("{FUNCTION} {add}"));
    assert!(theirs.len() > 100);
    assert_eq!(named(&ours, "deb"), theirs);
    let system =
        ours["components"].as_array().unwrap().iter().find(|one| one["type"] == "operating-system").unwrap();
    assert_eq!((&system["name"], &system["version"]), (&"debian".into(), &"12".into()));
    let bash = ours["components"].as_array().unwrap().iter().find(|one| one["name"] == "bash").unwrap();
    let purl = bash["purl"].as_str().unwrap();
    assert!(purl.starts_with("pkg:deb/debian/bash@") && purl.contains("distro=debian-12"), "{purl}");
}

/// A database of RPM with 60 packages, whose descriptions do not fit into a page.
fn rpm_database(place: &Place) -> String {
    let text = "lorem ipsum dolor ".repeat(600);
    let mut specs = Vec::new();
    for number in 0..60 {
        let epoch = if number == 7 { "Epoch: 3\n" } else { "" };
        let spec = format!(
            "Name: package-{number}\nVersion: 1.{number}\nRelease: 1.amzn2023\n{epoch}Summary: x\nLicense: MIT\nBuildArch: \
             noarch\n%description\n{text}\n%files\n"
        );
        specs.push(place.write(&format!("specs/{number}.spec"), spec));
    }
    let top = format!("_topdir {}", place.path("rpmbuild").display());
    must(
        place
            .program("rpmbuild")
            .args(["--quiet", "-bb", "--define", &top, "--define", "_build_id_links none"])
            .args(specs),
    );
    let rpm = |arguments: &str| {
        let define = "--define '_db_backend sqlite' --define '_pkgverify_level none'";
        let script = format!("rpm --dbpath $PWD/rpmdb {define} {arguments}");
        output(place.program("bash").args(["-c", &script]))
    };
    rpm("--justdb --nodeps --ignoreos --ignorearch -i rpmbuild/RPMS/noarch/*.rpm");
    rpm("-qa --qf '%{NAME} %{VERSION}-%{RELEASE}\\n'")
}

#[test]
fn rpm_query_is_the_list() {
    let place = function();
    let theirs = set(&rpm_database(&place));
    assert_eq!(theirs.len(), 60);
    place.write("root/os-release", "ID=\"amzn\"\nVERSION_ID=\"2023\"\n");
    let add = "--add rpmdb/rpmdb.sqlite:/var/lib/rpm/rpmdb.sqlite --add root/os-release:/usr/lib/os-release";
    let ours = listed(&place, &format!("{FUNCTION} {add}"));
    assert_eq!(named(&ours, "rpm"), theirs);
    let purl = "pkg:rpm/amzn/package-7@1.7-1.amzn2023?arch=noarch&distro=amzn-2023&epoch=3&upstream=package-7-1.7-1.amzn2023.src.rpm";
    let one = component(&ours, purl);
    assert_eq!(
        (&one["licenses"][0]["expression"], &one["hashes"][0]["alg"]),
        (&"MIT".into(), &"SHA-256".into())
    );
    // Cut short, it is named, and what was read before is listed.
    let bytes = fs::read(place.path("rpmdb/rpmdb.sqlite")).unwrap();
    place.write("rpmdb/rpmdb.sqlite", &bytes[..bytes.len() / 2]);
    let (cut, warnings) = warned(&place, &format!("{FUNCTION} {add}"));
    assert!(named(&cut, "rpm").is_subset(&theirs));
    assert!(warnings[0].contains("/var/lib/rpm/rpmdb.sqlite`: its database cannot be read"), "{warnings:?}");
    // Amazon Linux 2 has it as Berkeley DB.
    let (_, warnings) = warned(&place, &format!("{FUNCTION} --add rpmdb/rpmdb.sqlite:/var/lib/rpm/Packages"));
    assert!(warnings[0].contains("in an older form than SQLite, which is not read"), "{warnings:?}");
}
