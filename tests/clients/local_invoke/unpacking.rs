//! Images are unpacked into the cache: whole, inside of their directory, and with what their layers say.

use std::fs;
use std::os::unix::fs::MetadataExt;

use serde_json::{Value, json};
use tar::EntryType;

use super::{answer, as_nobody, invoke, python};
use crate::harness::common::{Place, must, until};
use crate::harness::layout::add_blob;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// What a layer has at a path.
enum Entry<'a> {
    File(&'a str),
    Link(&'a str),
    HardLink(&'a str),
    Device,
    Dir(u32),
}

/// A layer whose paths and targets are taken as they are.
fn layer(entries: &[(&str, Entry<'_>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, entry) in entries {
        let mut header = tar::Header::new_gnu();
        // The crate refuses `..`.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        let (kind, mode, target, content) = match entry {
            Entry::File(content) => (EntryType::Regular, 0o644, "", *content),
            Entry::Link(target) => (EntryType::Symlink, 0o777, *target, ""),
            Entry::HardLink(target) => (EntryType::Link, 0o644, *target, ""),
            Entry::Device => (EntryType::Block, 0o666, "", ""),
            Entry::Dir(mode) => (EntryType::Directory, *mode, "", ""),
        };
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn add(place: &Place, entries: &[(&str, Entry<'_>)]) {
    let tar = layer(entries);
    add_blob(place, LAYER, &tar, &tar);
}

const LOOKER: &str = r#"
import os
def handler(event, context):
    def text(path):
        try: return open(path).read()
        except OSError as error: return error.strerror
    return {
        "data": sorted(os.listdir("/data")), "mode": oct(os.stat("/data").st_mode & 0o7),"old": sorted(os.listdir("/old")), "gone": os.path.lexists("/gone"),
        "hard": text("/data/hard"), "out": text("/out/planted"), "etc": text("/etc/planted"),
        "device": os.path.lexists("/device"), "secret": text("/closed/file"), "inner": text("/closed/open/file"),
    }
"#;

#[test]
fn layers_are_applied_as_the_specification_says_and_lead_nowhere_else() {
    let place = python(LOOKER);
    must(&mut place.tool("build hello -o oci:image:v1"));
    let victim = place.dir("victim");
    let victim = victim.to_str().unwrap();
    assert!(victim.len() < 90, "{victim}");
    add(
        &place,
        &[
            ("data/a", Entry::File("a")),
            ("data/b", Entry::File("b")),
            ("old/x", Entry::File("x")),
            ("gone/y/z", Entry::File("z")),
            ("out", Entry::Link(victim)),
            ("up", Entry::Link("../../../../etc")),
            ("closed", Entry::Dir(0o700)),
            ("closed/file", Entry::File("secret")),
        ],
    );
    add(
        &place,
        &[
            ("data/.wh.a", Entry::File("")),
            ("old/new", Entry::File("")),
            ("old/.wh..wh..opq", Entry::File("")),
            (".wh.gone", Entry::File("")),
            ("data/hard", Entry::HardLink("data/b")),
            ("out/planted", Entry::File("inside")),
            ("up/planted", Entry::File("inside")),
            ("device", Entry::Device),
            ("closed/open/file", Entry::File("secret")),
        ],
    );
    let expected = json!({
        "mode": "0o5", "data": ["b", "hard"], "old": ["new"], "gone": false, "hard": "b", "out": "inside", "etc": "inside",
        "device": false, "secret": "Permission denied", "inner": "Permission denied",
    });
    assert_eq!(place.run("invoke oci:image:v1").json(), expected);
    let ran = as_nobody(&place, "invoke oci:image:v1");
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap(), expected, "{ran:?}");
    assert_eq!(fs::read_dir(victim).unwrap().count(), 0, "written outside");
    assert!(!std::path::Path::new("/etc/planted").exists());
}

#[test]
fn a_layer_that_leads_out_is_refused_and_leaves_nothing() {
    let place = Place::with_function();
    must(&mut place.tool("build fn -r provided.al2023 -b embedded -o oci:image:v1"));
    let index = fs::read(place.path("image/index.json")).unwrap();
    for (path, entry) in [
        ("../planted", Entry::File("")),
        ("var/../../planted", Entry::File("")),
        ("hard", Entry::HardLink("../../../etc/hostname-of-this-machine")),
    ] {
        fs::write(place.path("image/index.json"), &index).unwrap();
        add(&place, &[(path, entry)]);
        let ran = place.run("invoke oci:image:v1");
        assert!(ran.code == Some(1) || ran.code == Some(3), "{path}: {ran:?}");
        assert!(ran.stderr.contains(path), "{path}: {ran:?}");
        let left: Vec<_> = fs::read_dir(place.cache().join("roots")).unwrap().flatten().collect();
        let left: Vec<_> = left.iter().filter(|one| one.path().is_dir()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// An image on layers that were unpacked before has what it has without them; files are the same ones.
#[test]
fn images_share_the_layers_that_they_have_in_common() {
    let place = python("def handler(event, context):\n    return 'one'\n");
    assert_eq!(answer(&place, ""), "one");
    place.write("fn/app.py", "def handler(event, context):\n    return 'two'\n");
    assert_eq!(answer(&place, ""), "two");
    let of = |prefix: &str| -> Vec<_> {
        let roots = fs::read_dir(place.cache().join("roots")).unwrap().map(|entry| entry.unwrap().path());
        roots.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix)).collect()
    };
    let (images, stages) = (of("stored-"), of("stage-"));
    assert_eq!((images.len(), stages.len()), (2, 1));
    let python = |home: &std::path::PathBuf| fs::metadata(home.join("root/var/lang/bin/python3.11")).unwrap();
    assert_eq!(python(&images[0]).ino(), python(&images[1]).ino());

    // The same image, unpacked whole.
    must(&mut place.tool("build hello -o oci:image:v1"));
    let listing = |home: &std::path::Path| {
        let script = "cd \"$1\"/root && find . -printf '%p %y %m %U %G %l\\n' | sort && find . -type f -size +0 -printf '%p %T@\\n' | sort && find . -type f -exec sha256sum {} + | sort";
        must(place.program("bash").args(["-c", script, "bash"]).arg(home)).stdout
    };
    let all: Vec<_> = images.iter().map(|home| listing(home)).collect();
    must(&mut place.tool("cache prune"));
    assert_eq!(place.run("invoke oci:image:v1").stdout.trim(), "\"two\"");
    let whole = listing(&of("stored-")[0]);
    assert!(of("stage-").is_empty());
    let all: Vec<_> = all.iter().map(|listing| differing(listing, &whole)).collect();
    assert!(all.iter().any(Vec::is_empty), "{all:#?}");
}

/// The lines that are not in both.
fn differing<'a>(one: &'a str, other: &'a str) -> Vec<&'a str> {
    let sets = [one, other].map(|text| text.lines().collect::<std::collections::BTreeSet<_>>());
    sets[0].symmetric_difference(&sets[1]).copied().collect()
}

#[test]
fn an_image_that_was_unpacked_half_is_unpacked_again() {
    let place = python("def handler(event, context):\n    return 1\n");
    let mut child = place.tool("invoke hello").stderr(std::process::Stdio::null()).spawn().unwrap();
    let names = || -> Vec<_> {
        let roots = fs::read_dir(place.cache().join("roots")).into_iter().flatten().flatten();
        roots.map(|entry| entry.file_name().into_string().unwrap()).collect()
    };
    until("it is unpacked", || names().iter().any(|name| name.ends_with(".partial")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer(&place, ""), 1);
    assert!(names().iter().all(|name| !name.contains('.')), "{:?}", names());
}

#[test]
fn tmp_is_full_when_its_size_is_used() {
    let place = python(
        "import os\ndef handler(event, context):\n    with open('/tmp/file', 'wb') as file:\n\
         \x20       try: os.posix_fallocate(file.fileno(), 0, event << 20)\n\
         \x20       except OSError as error: return error.strerror\n\
         \x20   return os.stat('/tmp/file').st_size >> 20\n",
    );
    let seen = |options: &str| answer(&place, options);
    assert_eq!(seen("--event 600"), "No space left on device");
    assert_eq!(seen("--event 8"), 8);
    assert_eq!(seen("--event 1025 --tmp-size 1024"), "No space left on device");
    let ran = invoke(&place, "--tmp-size 511");
    assert_eq!(ran.code, Some(2), "{ran:?}");
}
