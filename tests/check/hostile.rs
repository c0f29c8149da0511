//! Whatever bytes an image has, checks answer: no panic, no endless reading, no memory without bounds.

use std::io::{self, Read};
use std::sync::Arc;

use lambda_img::check::{Document, Report, Seen, SeenLayer, Unread};
use lambda_img::survey::{Survey, probes};
use proptest::prelude::*;
use serde_json::Value;

use crate::documents::json_of_images;
use crate::layout;

fn survey(bytes: &[u8]) -> Survey {
    Survey::read(bytes, probes::ALL).unwrap()
}

/// A header of GNU tar with this type and size, and a right sum.
fn header(kind: tar::EntryType, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path("var/task/file").unwrap();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header.as_bytes().to_vec()
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
    assert!(survey(&bytes).damage.unwrap().contains("no header"));
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

fn judged(seen: &Seen) -> Report {
    Report::of(seen, &Default::default(), &Default::default(), std::num::NonZeroUsize::MIN)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

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
        let layer = SeenLayer { descriptor: Value::Null, of_base: false, survey: Ok(survey) };
        judged(&Seen { layers: vec![layer], ..Seen::default() });
    }

    #[test]
    fn any_manifest_and_configuration_are_judged(manifest in json_of_images(), config in json_of_images(), index in json_of_images()) {
        let document = |value: &Value| Document::new(serde_json::to_vec(value).unwrap().into());
        let layers = manifest["layers"].as_array().cloned().unwrap_or_default().into_iter();
        let layers = layers.map(|descriptor| SeenLayer { descriptor, of_base: false, survey: Err(Unread::Base) });
        judged(&Seen {
            index: Some(document(&index)), layers: layers.collect(), manifest: Some(document(&manifest)),
            config: document(&config), ..Seen::default()
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
    assert!(crate::fixture::ids(&place, "oci:image:v1").contains(&"workdir".to_owned()));
}
