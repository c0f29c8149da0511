//! Entries that lie about what is in their layers: what is believed, for how long, and what finds it.

use serde_json::{Value, json};

use super::{build, config, digest, entry, gzip, place, put, put_config, reading, runs, writing};
use crate::harness::common::Place;
use crate::harness::emulator::Emulator;

/// Credentials as checks know them, in parts: this file holds none.
fn secret() -> String {
    let (id, key) = (["AKIA", "Q3EGRVZ7KDJ2XN5L"].concat(), ["wJalrXUtnFEMIK7MDENG", "bPxRfiCYzq83TkLm0PvR"]);
    format!("aws_access_key_id = {id}\naws_secret_access_key = {}\n", key.concat())
}

/// A build that finds the secret.
fn is_denied(place: &Place, machine: &str, options: &str) {
    let ran = place.run(&format!("build api --cache-dir {machine} {options}"));
    assert!(ran.code == Some(3) && ran.stderr.contains("secret"), "{options}: {ran:?}");
}

#[test]
fn what_others_say_of_a_layer_is_believed_only_with_the_entry_and_until_its_bytes_are_read() {
    let (place, registry) = (place(), Emulator::start(&[]));
    place.write("list", secret());
    let written =
        build(&place, "writer", &format!("{} --allow secret --allow start-format", writing(&registry)));
    let (tag, manifest) = entry(&registry);
    let mut lie = config(&registry, &manifest);
    assert_ne!(lie["checks"]["facts"], json!([]));
    lie["checks"]["facts"] = json!([]);
    put_config(&registry, &tag, &manifest, &lie.to_string());

    // Nothing needs the bytes: the writers of the repository decide.
    let cache = format!("--registry-cache {}/cache", registry.host);
    for _ in 0..2 {
        let believed = build(&place, "reader", &format!("{cache} --dry-run"));
        assert_eq!((digest(&believed), runs(&place)), (digest(&written), 1));
    }
    // None of it is left without the cache, whether the step runs here or not.
    is_denied(&place, "reader", "--dry-run --no-cache");
    is_denied(&place, "reader", "--dry-run");
    is_denied(&place, "reader", "--dry-run");
    is_denied(&place, "reader", &format!("{cache} --dry-run"));
    assert_eq!(runs(&place), 3);
    build(&place, "refreshing", &format!("{cache} --dry-run"));
    is_denied(&place, "refreshing", &format!("{cache} --dry-run --refresh make"));
    // A layer that is fetched is judged by its bytes.
    build(&place, "fetching", &format!("{cache} --dry-run"));
    is_denied(&place, "fetching", &format!("{cache} -o oci:out:v1"));
    let allowed = "--allow secret --allow start-format";
    let ran = build(&place, "allowing", &format!("{cache} -o oci:out:v1 {allowed}"));
    let warnings = ran.json()["warnings"].to_string();
    assert!(warnings.contains("checks see something else in `/var/task/list`"), "{ran:?}");
    // A layer that was packed here contradicts the entry of another machine, which is not used.
    let before = runs(&place);
    build(&place, "packing", "--dry-run --allow secret --allow start-format");
    is_denied(&place, "packing", &format!("{cache} --dry-run"));
    assert_eq!(runs(&place), before + 1);
    // Whoever takes it tells nobody else.
    let other = format!("{cache} --registry-cache-write {}/second", registry.host);
    build(&place, "telling", &format!("{cache} --dry-run"));
    build(&place, "telling", &format!("{other} --push --tag {}/fn:v2", registry.host));
    assert!(!registry.state().manifests.keys().any(|(repository, _)| repository == "second"));
}

/// A header and the content of a tar entry.
fn member(tar: &mut tar::Builder<Vec<u8>>, path: &str, mode: u32, kind: tar::EntryType, content: &[u8]) {
    let mut header = tar::Header::new_ustar();
    header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(315_532_800);
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_cksum();
    tar.append(&header, content).unwrap();
}

/// Makes the checksum of a header right.
fn set_checksum(header: &mut [u8]) {
    let mut whole = tar::Header::from_byte_slice(header).clone();
    whole.set_cksum();
    header.copy_from_slice(whole.as_bytes());
}

/// Puts the entry with another layer under its table: digests and sizes are those of the layer.
pub fn put_layer(
    registry: &Emulator,
    tag: &str,
    manifest: &Value,
    said: &Value,
    (tar, stored): (&[u8], &[u8]),
) {
    registry.add_blob("cache", stored);
    let digest = lambda_img::digest::Digest::of(stored).to_string();
    let (mut manifest, mut said) = (manifest.clone(), said.clone());
    manifest["layers"][0]["digest"] = digest.as_str().into();
    manifest["layers"][0]["size"] = stored.len().into();
    said["layer"]["digest"] = digest.into();
    said["layer"]["size"] = stored.len().into();
    said["layer"]["diffId"] = lambda_img::digest::Digest::of(tar).to_string().into();
    put_config(registry, tag, &manifest, &said.to_string());
}

#[test]
fn a_layer_that_is_fetched_is_held_to_its_table() {
    use tar::EntryType::{Directory, Regular, Symlink};
    let (place, registry) = (place(), Emulator::start(&[]));
    let good = digest(&build(&place, "first", &writing(&registry)));
    let (tag, manifest) = entry(&registry);
    let said = config(&registry, &manifest);
    let unchecked = {
        let mut said = said.clone();
        said["checks"] = Value::Null;
        said
    };
    let layer = |path: &str, mode: u32, kind, content: &[u8]| {
        let mut tar = tar::Builder::new(Vec::new());
        member(&mut tar, "var/", 0o755, Directory, b"");
        member(&mut tar, "var/task/", 0o755, Directory, b"");
        member(&mut tar, path, mode, kind, content);
        tar.into_inner().unwrap()
    };
    let file = "its layer does not have `/";
    let mut bomb = layer("var/task/list", 0o644, Regular, b"one");
    let most = bomb.len();
    bomb.resize(64 << 20, 0);
    let good_layer = layer("var/task/list", 0o644, Regular, b"one");
    // What a survey does not tell: the header of `list` is the third one, and the fourth record is its content.
    let changed = |at: usize, bytes: &[u8]| {
        let mut tar = good_layer.clone();
        tar[at..at + bytes.len()].copy_from_slice(bytes);
        set_checksum(&mut tar[1024..1536]);
        tar
    };
    // A header that holds for all that follows has the place of the end.
    let mut global = tar::Header::new_ustar();
    let record = b"13 uid=1000\n";
    global.set_entry_type(tar::EntryType::XGlobalHeader);
    global.set_size(record.len() as u64);
    global.set_cksum();
    let mut record = record.to_vec();
    record.resize(512, 0);
    let global = [&good_layer[..1024], global.as_bytes(), &record, &good_layer[1024..2048]].concat();
    let stored = "its layer does not store `/var/task/list` as layers are stored";
    let layers = [
        (changed(1024 + 265, b"evil"), stored),
        (changed(1536 + 100, b"evil"), stored),
        (global, stored),
        (layer("var/task/.wh.bootstrap", 0o644, Regular, b"one"), file),
        (layer("../../etc/cron.d/x", 0o644, Regular, b"one"), file),
        (layer("var/task/list", 0o4755, Regular, b"one"), file),
        (layer("var/task/list", 0o644, Symlink, b""), file),
        (layer("var/task/other", 0o644, Regular, b"one"), file),
        (bomb, "it unpacks to more than"),
    ];
    let options = format!("--registry-cache {}/cache", registry.host);
    for (at, (tar, words)) in layers.iter().enumerate() {
        for (with, said) in [("checked", &said), ("unchecked", &unchecked)] {
            // The paths are compared whatever is said of the files.
            if with == "unchecked" && at != 3 {
                continue;
            }
            put_layer(&registry, &tag, &manifest, said, (tar, &gzip(tar)));
            let before = runs(&place);
            let ran = build(&place, &format!("{with}-{at}"), &format!("{options} -o oci:out-{with}-{at}:v1"));
            assert_eq!((digest(&ran), runs(&place)), (good.clone(), before + 1), "{words}: {ran:?}");
            let warnings = ran.json()["warnings"].to_string();
            assert!(warnings.contains(words) && warnings.contains("is not used"), "{words}: {ran:?}");
        }
    }
    assert_eq!(said["layer"]["tarSize"], most);
}

#[test]
fn a_table_of_no_layer_is_refused_before_anything_is_fetched() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let good = digest(&build(&place, "first", &writing(&registry)));
    let (tag, manifest) = entry(&registry);
    let said = config(&registry, &manifest);
    let rows: [(&str, Value); 3] = [
        ("up", json!({"path": "var/task/../list", "size": 3})),
        ("whiteout", json!({"path": "var/task/.wh.list", "size": 3})),
        ("set-id", json!({"path": "var/task/list", "size": 3, "mode": 2541})),
    ];
    for (at, (what, row)) in rows.into_iter().enumerate() {
        let mut lie = said.clone();
        lie["files"][2] = row;
        put_config(&registry, &tag, &manifest, &lie.to_string());
        let before = runs(&place);
        registry.log();
        let ran = build(
            &place,
            &format!("reader-{at}"),
            &format!("{} --dry-run", reading(&registry).split(" --push").next().unwrap()),
        );
        assert_eq!((digest(&ran), runs(&place)), (good.clone(), before + 1), "{what}: {ran:?}");
        assert!(ran.json()["warnings"].to_string().contains("is not used"), "{what}: {ran:?}");
        let layer = manifest["layers"][0]["digest"].as_str().unwrap();
        assert!(!registry.log().iter().any(|line| line.contains(layer)), "{what}");
    }
    put(&registry, &tag, &manifest);
}

#[test]
fn a_size_that_an_entry_lies_about_is_in_no_image() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let good = digest(&build(&place, "first", &writing(&registry)));
    let (tag, manifest) = entry(&registry);
    let said = config(&registry, &manifest);
    let real = said["layer"]["size"].as_u64().unwrap();
    for (at, size) in [real - 1, real + 1000].into_iter().enumerate() {
        let (mut lie, mut manifest) = (said.clone(), manifest.clone());
        lie["layer"]["size"] = size.into();
        manifest["layers"][0]["size"] = size.into();
        put_config(&registry, &tag, &manifest, &lie.to_string());
        // A repository that has the layer, and one to which it is mounted.
        for repository in ["fn".to_owned(), format!("other-{at}")] {
            let before = runs(&place);
            let options =
                format!("--registry-cache {0}/cache --push --tag {0}/{repository}:v{at}", registry.host);
            let ran = build(&place, &format!("{repository}-{at}"), &options);
            assert_eq!((digest(&ran), runs(&place)), (good.clone(), before + 1), "{size}: {ran:?}");
            let words = format!("its layer has {real} bytes, not {size} as it says");
            assert!(ran.json()["warnings"].to_string().contains(&words), "{words}: {ran:?}");
        }
    }
    // A true size is asked for once.
    put(&registry, &tag, &manifest);
    registry.log();
    for target in ["once", "twice"] {
        let options = format!("--registry-cache {0}/cache --push --tag {0}/{target}:v1", registry.host);
        assert_eq!(digest(&build(&place, "warm", &options)), good);
    }
    assert_eq!(registry.state().count(" bytes=0-0"), 1);
}
