//! The tars of layers, as GNU tar makes them with its options.

use std::fs;

use super::fixture::Make::{Checked, Layer};
use super::fixture::{Fixture, Make};
use crate::harness::common::{Place, must};
use crate::harness::layout::{GZIP, add_blob, gzip, tar};

/// A file and a hard link to it, packed so.
macro_rules! linked {
    ($pack:literal) => {
        concat!("echo x > root/var/task/a; ln root/var/task/a root/var/task/b; ", $pack)
    };
}

/// Adds a layer of a tar whose compressed bytes `change` makes.
fn stored(place: &Place, change: impl FnOnce(&Place, &[u8]) -> Vec<u8>) -> String {
    let tar = tar(place, "seq 100000 > root/var/task/numbers; pack var");
    let bytes = change(place, &tar);
    add_blob(place, GZIP, &bytes, &tar);
    "oci:image:v1".to_owned()
}

pub const FIXTURES: &[Fixture] = &[
    Fixture::new(
        "missing-parent",
        Layer("touch root/var/task/x; pack var/task/x"),
        Layer("touch root/var/task/x; pack var"),
    ),
    Fixture::new(
        "layer-damaged",
        Checked(|place| {
            stored(place, |place, tar| {
                let whole = gzip(place, tar);
                whole[..whole.len() / 2].to_vec()
            })
        }),
        Checked(|place| stored(place, gzip)),
    ),
    Fixture::new(
        "duplicate-entry",
        Layer("touch root/var/task/x; pack var; tar -C root -rf layer.tar var/task/x"),
        Layer("touch root/var/task/x; pack var; tar -C root -uf layer.tar --no-recursion var/task/x"),
    ),
    Fixture::new(
        "hard-link-target",
        Layer(linked!("pack var; tar --delete -f layer.tar var/task/a")),
        Layer(linked!("pack --hard-dereference var")),
    ),
    Fixture::new(
        "hard-link",
        Layer(linked!("pack var")),
        // As in Debian's perl.
        Layer(
            "mkdir -p root/usr/bin; rmdir root/var/task root/var; echo x > root/usr/bin/perl; ln root/usr/bin/perl root/usr/bin/perl5; pack usr",
        ),
    ),
    Fixture::new(
        "device",
        Layer("mkfifo root/var/task/pipe; mknod root/var/task/null c 1 3; pack var"),
        Layer("mkdir root/dev; mknod root/dev/null c 1 3; pack dev"),
    ),
    Fixture::new(
        "set-id",
        Layer("echo x > root/var/task/tool; chmod 4755 root/var/task/tool; pack var"),
        Layer("mkdir -p root/usr/bin; echo x > root/usr/bin/su; chmod 4755 root/usr/bin/su; pack usr"),
    ),
    Fixture::new(
        "xattr",
        Layer(
            "touch root/var/task/x; pack --format=pax --pax-option=SCHILY.xattr.user.note:=y --no-recursion var var/task var/task/x",
        ),
        Layer("touch root/var/task/x; pack --format=pax --pax-option=comment:=y var"),
    ),
    Fixture::new(
        "tar-kind",
        Layer("truncate -s 1M root/var/task/holes; pack --format=gnu --sparse var"),
        Layer("truncate -s 1M root/var/task/holes; pack --format=gnu var"),
    ),
    Fixture::new(
        "entry-path",
        Layer("touch root/var/task/x; pack -P --transform='s,^,/,' var"),
        Layer("touch root/var/task/x; pack ."),
    ),
    Fixture::new(
        "whiteout",
        Layer("touch root/var/task/.wh.app.txt; pack var"),
        // What a layer below has outside the function, and may go.
        Layer("mkdir root/etc; touch root/etc/.wh.nsswitch.conf; pack etc"),
    ),
    Fixture::new(
        "gzip-members",
        Checked(|place| {
            stored(place, |place, tar| {
                let (a, b) = tar.split_at(tar.len() / 2);
                [gzip(place, a), gzip(place, b)].concat()
            })
        }),
        Checked(|place| {
            stored(place, |place, tar| {
                // A member with a name in its header.
                let path = place.write("named", tar);
                must(place.program("gzip").args(["--name", "-9"]).arg(path));
                fs::read(place.path("named.gz")).unwrap()
            })
        }),
    ),
    Fixture::new(
        "trailing-garbage",
        Checked(|place| stored(place, |place, tar| [gzip(place, tar), b"\0\0garbage".to_vec()].concat())),
        Checked(|place| stored(place, gzip)),
    ),
];

/// More ways to the same faults.
const VARIANTS: &[(&str, Make)] = &[
    (
        "missing-parent",
        Layer("mkdir -p root/opt/x; touch root/opt/x/y; pack --no-recursion var var/task opt opt/x/y"),
    ),
    ("missing-parent", Layer("touch root/var/task/x; pack --no-recursion var var/task/x var/task")),
    (
        "duplicate-entry",
        Layer(
            "touch root/var/task/x; pack var; tar -C root -rf layer.tar var/task/x; tar -C root -rf layer.tar var/task/x",
        ),
    ),
    ("device", Layer("mkfifo root/var/task/pipe; pack var")),
    ("set-id", Layer("echo x > root/var/task/x; chmod 2755 root/var/task/x; pack var")),
    ("tar-kind", Layer("pack --label=name var")),
    ("tar-kind", Layer("truncate -s 1M root/var/task/holes; pack --format=pax --sparse var")),
    ("whiteout", Layer("touch root/var/task/.wh.nothing; pack var")),
    (
        "trailing-garbage",
        Checked(|place| {
            let tar = [tar(place, "pack var"), b"behind the end".to_vec()].concat();
            add_blob(place, GZIP, &gzip(place, &tar), &tar);
            "oci:image:v1".to_owned()
        }),
    ),
    (
        "layer-damaged",
        Checked(|place| {
            stored(place, |place, tar| {
                let whole = gzip(place, tar);
                whole[..whole.len() - 1].to_vec()
            })
        }),
    ),
];

#[test]
fn each_fault_is_found_however_it_came() {
    for (id, make) in VARIANTS {
        make.hold(id);
    }
}

#[test]
fn each_check_finds_its_fault_and_nothing_else() {
    FIXTURES.iter().for_each(Fixture::hold);
}
