//! Whatever bytes an image has, checks answer: no panic, no endless reading, no memory without bounds.

use std::io::{self, Read};
use std::sync::Arc;

use lambda_img::check::{Document, ImageView, LayerView, NotRead, Report};
use lambda_img::survey::{Survey, probes};
use proptest::prelude::*;
use serde_json::Value;

use crate::harness::common::cases;
use crate::harness::documents::json_of_images;
use crate::harness::layout::{self, GZIP, add_blob, gzip};
use crate::harness::tars::{header, tar, with_path};
use crate::harness::zips;

fn survey(bytes: &[u8]) -> Survey {
    Survey::read(bytes, probes::ALL).unwrap()
}

/// Zeros without end behind some bytes; counts what is read of it.
struct Endless<'a> {
    head: &'a [u8],
    read: u64,
}

impl Read for Endless<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.read += buf.len() as u64;
        assert!(self.read < 1 << 30, "it reads on and on");
        if self.head.is_empty() {
            buf.fill(b'x');
            return Ok(buf.len());
        }
        self.head.read(buf)
    }
}

#[test]
fn names_of_gigabytes_are_not_read() {
    for kind in [
        tar::EntryType::GNULongName,
        tar::EntryType::GNULongLink,
        tar::EntryType::XHeader,
        tar::EntryType::XGlobalHeader,
    ] {
        let mut bytes = header(kind, 5 << 30);
        bytes.extend(b"x".repeat(1024));
        assert!(survey(&bytes).damage.unwrap().contains("extended header"), "{kind:?}");
    }
}

#[test]
fn the_sum_of_a_header_is_held_to() {
    let mut bytes = header(tar::EntryType::Regular, 0);
    bytes[0] ^= 1;
    assert!(survey(&bytes).damage.unwrap().contains("not a tar header"));
}

#[test]
fn what_ends_early_is_told() {
    let mut whole = header(tar::EntryType::Regular, 1000);
    whole.extend([0; 1024]);
    whole.extend([0; 1024]);
    assert_eq!(survey(&whole).damage, None);
    assert!(survey(&whole[..300]).damage.unwrap().contains("inside a header"));
    assert!(survey(&whole[..700]).damage.unwrap().contains("inside a file"));
    // No end at all: every reader takes that.
    assert_eq!(survey(&whole[..512 + 1024]).damage, None);
}

#[test]
fn malformed_records_are_damage() {
    for record in
        ["x", "5 a=b", "999999999999999999999 a=b\n", "0 a=b\n", "7 size\n", "12 size=many\n", "-5 a=b\n"]
    {
        let mut bytes = header(tar::EntryType::XHeader, record.len() as u64);
        bytes.extend(record.as_bytes());
        bytes.resize(1024, 0);
        bytes.extend(header(tar::EntryType::Regular, 0));
        assert!(survey(&bytes).damage.is_some(), "{record}");
    }
}

fn judged(seen: &ImageView) -> Report {
    Report::of(seen, &Default::default(), &Default::default(), std::num::NonZeroUsize::MIN)
}

proptest! {
    #![proptest_config(cases("hostile bytes", 300))]

    #[test]
    fn any_bytes_make_a_survey(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        survey(&bytes);
    }

    #[test]
    fn any_change_of_a_tar_makes_a_survey(at in 0..3072_usize, with in any::<u8>(), more in 0..3072_usize, and in any::<u8>()) {
        let mut bytes = header(tar::EntryType::XHeader, 18);
        bytes.extend(b"18 path=var/task/\n");
        bytes.resize(1024, 0);
        bytes.extend(header(tar::EntryType::GNUSparse, 100));
        bytes.resize(2048, b'#');
        bytes.extend(header(tar::EntryType::Link, 0));
        bytes.resize(3072, 0);
        bytes[at] = with;
        bytes[more] = and;
        let survey = Arc::new(survey(&bytes));
        let layer = LayerView { descriptor: Value::Null, of_base: false, survey: Ok(survey) };
        judged(&ImageView { layers: vec![layer], ..ImageView::default() });
    }

    #[test]
    fn any_manifest_and_configuration_are_judged(manifest in json_of_images(), config in json_of_images(), index in json_of_images()) {
        let document = |value: &Value| Document::new(serde_json::to_vec(value).unwrap().into());
        let layers = manifest["layers"].as_array().cloned().unwrap_or_default().into_iter();
        let layers = layers.map(|descriptor| LayerView { descriptor, of_base: false, survey: Err(NotRead::Base) });
        judged(&ImageView {
            index: Some(document(&index)), layers: layers.collect(), manifest: Some(document(&manifest)),
            config: document(&config), ..ImageView::default()
        });
    }
}

#[test]
fn a_name_without_end_is_left() {
    let head = header(tar::EntryType::GNULongName, u64::from(u32::MAX));
    let mut endless = Endless { head: &head, read: 0 };
    // The rest of the stored bytes is still hashed: a source that ends is what a blob is.
    let survey = Survey::read((&mut endless).take(8 << 20), probes::ALL).unwrap();
    assert!(survey.damage.is_some() && survey.entries.is_empty());
}

#[test]
fn links_in_circles_end() {
    let place = layout::sound();
    layout::add_layer(&place, "ln -s b root/var/task/a; ln -s a root/var/task/b; pack var");
    layout::umoci_config(&place, &["--config.workingdir", "/var/task/a"]);
    assert!(super::fixture::ids(&place, "oci:image:v1").contains(&"workdir".to_owned()));
}

/// Puts a layer of these entries on top of the sound image.
fn layer_of(entries: impl IntoIterator<Item = Vec<u8>>) -> crate::harness::common::Place {
    let place = layout::sound();
    let tar = tar(entries);
    let stored = gzip(&place, &tar);
    add_blob(&place, GZIP, &stored, &tar);
    place
}

#[test]
fn paths_of_thousands_of_components_take_no_memory() {
    for (bytes, components, word) in
        [(16_000, 5000, "a path of 16000 bytes"), (4000, 2000, "more than 256 directories deep")]
    {
        let place =
            layer_of((0..50).map(|at| with_path(&zips::path(&format!("{at:02}"), bytes, components))));
        for command in ["check oci:image:v1", "inspect oci:image:v1"] {
            let (peak, ran) = place.measured(command);
            assert!(peak < 128, "{peak} MiB for {command}");
            assert_ne!(ran.code, Some(0), "{ran:?}");
            assert!(ran.stderr.contains(word) || ran.stdout.contains(word), "{ran:?}");
        }
        let build = "build fn -r provided.al2023 -b oci:image:v1 --handler any --all-layers -o oci:out/image";
        place.refuses_cheaply(3, build, &[word]);
    }
}

#[test]
fn many_deep_paths_take_no_more_memory_than_their_names() {
    // 20 MB of names, which lack 1.2 million directories: 2.4 GB, each written out.
    let place = layer_of((0..5000).map(|at| with_path(&zips::path(&format!("{at:04}"), 4000, 250))));
    for command in ["check oci:image:v1", "inspect oci:image:v1"] {
        let (peak, ran) = place.measured(command);
        assert!(peak < 256, "{peak} MiB for {command}");
        let told = ran.stderr + &ran.stdout;
        assert!(told.contains("has files in it, but no entry for the directory before them"), "{told}");
    }
}

#[test]
fn names_of_a_layer_have_a_limit_together() {
    let name = |at: usize| with_path(&zips::path(&format!("{at:06}"), 4096, 20));
    let tar = tar((0..33_000).map(name));
    let survey = Survey::read(&tar[..], &[]).unwrap();
    assert!(survey.damage.unwrap().contains("134217728 bytes"));
    assert_eq!(survey.entries.len(), (128 << 20) / 4096);
    let records: String = (0..1001).map(|at| format!("12 key{at:04}=\n")).collect();
    let mut bytes = header(tar::EntryType::XHeader, records.len() as u64);
    bytes.extend(records.as_bytes());
    assert!(survey_of_padded(bytes).damage.unwrap().contains("more than 1000 PAX records"));
}

#[test]
fn a_layer_that_is_named_again_is_read_once_and_its_keys_take_no_memory() {
    let records = (0..990).map(|at| format!("921 SCHILY.xattr.{at:03}{}=\n", "k".repeat(899)));
    let records = records.collect::<String>();
    let mut entry = header(tar::EntryType::XHeader, records.len() as u64);
    entry.extend(records.as_bytes());
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry.extend(header(tar::EntryType::Regular, 0));
    let tar = tar(std::iter::repeat_n(entry, 20));
    let read = survey(&tar);
    assert_eq!(read.damage, None);
    let kept = |entry: &lambda_img::survey::Entry| entry.pax.iter().map(String::len).sum::<usize>();
    assert!(read.entries.len() == 20 && read.entries.iter().all(|entry| kept(entry) < 1024));
    assert!(read.entries[0].xattrs().next().is_some());
    // 18 MB, forty times.
    let place = layout::sound();
    let stored = gzip(&place, &tar);
    (0..40).for_each(|_| add_blob(&place, GZIP, &stored, &tar));
    let (peak, ran) = place.measured("inspect oci:image:v1");
    assert!(ran.code == Some(0) && peak < 64, "{peak} MiB: {ran:?}");
}

fn survey_of_padded(mut bytes: Vec<u8>) -> Survey {
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    survey(&bytes)
}

#[test]
fn hard_links_to_nothing_are_told_in_one_pass() {
    let link = |at: usize| {
        let mut header = tar::Header::new_gnu();
        header.set_path(format!("var/task/{at}")).unwrap();
        header.set_entry_type(tar::EntryType::Link);
        header.set_link_name(format!("gone/{at}")).unwrap();
        header.set_size(0);
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let survey = survey(&tar((0..60_000).map(link)));
    let layer = LayerView { descriptor: Value::Null, of_base: false, survey: Ok(Arc::new(survey)) };
    let report = judged(&ImageView { layers: vec![layer], ..ImageView::default() });
    let lost: Vec<_> = report.findings.iter().filter(|one| one.check.id == "hard-link-target").collect();
    assert_eq!(lost.len(), 11);
    assert!(lost.iter().any(|one| one.fault.message == "59990 more findings of this kind"));
}
