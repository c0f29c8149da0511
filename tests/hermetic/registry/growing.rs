//! Blobs that are sent while they are being made.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use lambda_img::digest::Digest;
use lambda_img::progress::Meter;
use lambda_img::reference::Reference;
use lambda_img::registry::{EarlyUpload, PushResult, Registries};
use lambda_img::store::OpenFile;
use lambda_img::store::growing::Growing;

use super::{CONFIG, chain, image, reference, registries};
use crate::harness::emulator::{Emulator, Fault, Quirk};

const LAYER: &[u8] = b"the bytes of a layer";
/// Of these no other blob has as many.
const HALF: usize = 10;

/// A layer that is on its way into a repository, half of it written.
struct Way {
    file: std::fs::File,
    growing: Arc<Growing>,
    upload: EarlyUpload,
    target: Reference,
    registries: Registries,
}

fn registry(quirks: &[Quirk]) -> Emulator {
    let emulator = Emulator::start(quirks);
    for (bytes, name) in [(LAYER, "layer"), (CONFIG, "config"), (&image(&[LAYER]).manifest, "manifest")] {
        emulator.name(bytes, name);
    }
    emulator
}

impl Way {
    fn begin(emulator: &Emulator) -> Self {
        let registries = registries();
        let target = reference(format!("{}/f:v1", emulator.host));
        let file = tempfile::tempfile().unwrap();
        let growing = Growing::new(Arc::new(OpenFile::new(file.try_clone().unwrap())));
        let early = registries.early_push(&target);
        let upload = early.send_growing(&growing, 1 << 20, &Meter::default());
        let mut way = Self { file, growing, upload, target, registries };
        way.write(&LAYER[..HALF], 1);
        way
    }

    /// Writes a piece that makes so many bytes of the tar, and clears it.
    fn write(&mut self, bytes: &[u8], tar: u64) {
        self.file.write_all(bytes).unwrap();
        let end = if tar == 1 { HALF } else { LAYER.len() };
        self.growing.written(tar, end as u64);
        self.growing.clear(tar);
    }

    /// Makes the layer whole, and pushes its image.
    fn end(mut self) -> Result<PushResult, String> {
        self.write(&LAYER[HALF..], 2);
        self.growing.finish(LAYER.len() as u64);
        self.upload.finish(Digest::of(LAYER));
        let pushed = self.registries.push(&image(&[LAYER]), &self.target, None);
        pushed.map_err(|error| chain(&error))
    }
}

#[test]
fn a_layer_is_sent_while_it_grows_and_ended_by_its_digest() {
    let emulator = registry(&[]);
    let way = Way::begin(&emulator);
    emulator.wait_for("POST /v2/f/blobs/uploads/");
    let pushed = way.end().unwrap();
    assert_eq!((pushed.blobs.sent, pushed.blobs.bytes), (2, (LAYER.len() + CONFIG.len()) as u64));
    let (mut layer, rest): (Vec<_>, Vec<_>) = emulator
        .log()
        .into_iter()
        .partition(|line| line.contains("uploads/1") || line.contains("<layer>") || line.contains("[20]"));
    // The rest of the bytes and the question whether they are there already go at the same time.
    layer.sort();
    let expected = [
        "HEAD /v2/f/blobs/<layer>",
        "PATCH /v2/f/blobs/uploads/1 [20]",
        "PUT /v2/f/blobs/uploads/1?digest=<layer>",
    ];
    assert_eq!(layer, expected);
    assert_eq!(rest.iter().filter(|line| line.starts_with("POST")).count(), 2, "{rest:#?}");
}

#[test]
fn what_the_registry_has_already_is_not_sent_to_its_end() {
    let emulator = registry(&[]);
    emulator.add_blob("f", LAYER);
    let way = Way::begin(&emulator);
    emulator.wait_for("POST /v2/f/blobs/uploads/");
    let pushed = way.end().unwrap();
    assert_eq!((pushed.blobs.present, pushed.blobs.sent), (1, 1));
    emulator.wait_for("DELETE /v2/f/blobs/uploads/1");
    assert!(!emulator.log().iter().any(|line| line.starts_with("PUT /v2/f/blobs/uploads/1")));
}

#[test]
fn a_layer_that_is_given_up_is_not_published() {
    let emulator = registry(&[]);
    let way = Way::begin(&emulator);
    emulator.wait_for("POST /v2/f/blobs/uploads/");
    let Way { growing, upload, .. } = way;
    growing.give_up();
    drop(upload);
    emulator.wait_for("DELETE /v2/f/blobs/uploads/1");
    assert!(emulator.state().blobs.is_empty());
}

#[test]
fn whatever_befalls_an_early_upload_the_layer_arrives() {
    let answer = |status: u16, code: &str| {
        let body = format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#);
        Fault::Answer(status, vec![("retry-after", "0".into())], body.into_bytes())
    };
    let located = Fault::Answer(202, vec![("location", "http://r.example/x".into())], vec![]);
    let cases = [
        ("POST", answer(429, "TOOMANYREQUESTS")),
        ("POST", answer(503, "UNKNOWN")),
        ("POST", answer(405, "UNSUPPORTED")),
        ("POST", Fault::Drop),
        ("POST", located),
        ("PATCH /v2/f/blobs/uploads/1", Fault::Drop),
        ("PATCH /v2/f/blobs/uploads/1", Fault::Stall(Duration::from_secs(20))),
        ("PATCH /v2/f/blobs/uploads/1", answer(401, "UNAUTHORIZED")),
        ("PATCH /v2/f/blobs/uploads/1", answer(404, "BLOB_UPLOAD_UNKNOWN")),
        ("PATCH /v2/f/blobs/uploads/1", answer(405, "UNSUPPORTED")),
        ("PATCH /v2/f/blobs/uploads/1", answer(411, "SIZE_INVALID")),
        ("PATCH /v2/f/blobs/uploads/1", answer(413, "SIZE_INVALID")),
        ("PATCH /v2/f/blobs/uploads/1", answer(416, "BLOB_UPLOAD_INVALID")),
        ("PATCH /v2/f/blobs/uploads/1", answer(429, "TOOMANYREQUESTS")),
        ("PATCH /v2/f/blobs/uploads/1", answer(500, "UNKNOWN")),
        ("PATCH /v2/f/blobs/uploads/1", answer(501, "UNSUPPORTED")),
        ("PUT /v2/f/blobs/uploads/1", Fault::Drop),
        ("PUT /v2/f/blobs/uploads/1", answer(400, "DIGEST_INVALID")),
        ("PUT /v2/f/blobs/uploads/1", answer(404, "BLOB_UPLOAD_UNKNOWN")),
        ("PUT /v2/f/blobs/uploads/1", answer(416, "BLOB_UPLOAD_INVALID")),
        ("PUT /v2/f/blobs/uploads/1", answer(429, "TOOMANYREQUESTS")),
        ("PUT /v2/f/blobs/uploads/1", answer(500, "UNKNOWN")),
    ];
    for (line, fault) in cases {
        let emulator = registry(&[]);
        emulator.fault(line, 1, fault);
        let way = Way::begin(&emulator);
        emulator.wait_for("POST /v2/f/blobs/uploads/");
        let pushed = way.end();
        let log = emulator.log();
        assert_eq!(pushed.map(|pushed| pushed.blobs.sent), Ok(2), "{line}: {log:#?}");
        assert_eq!(emulator.state().rules_left(), 0, "{line}: {log:#?}");
        let there = |bytes: &[u8]| emulator.state().blobs.values().any(|blob| blob == bytes);
        assert!(there(LAYER) && there(CONFIG), "{line}: {log:#?}");
    }
}

#[test]
fn ecr_s_ways_and_parts_hold_for_layers_that_grow() {
    for quirks in [
        &[Quirk::PatchAnswers201, Quirk::RangeIsStuckAtFirstChunk, Quirk::UploadLocationIsRelative][..],
        &[Quirk::EmptyPutAnswers500Once],
        // Refused while it grows, and then in one piece: parts of 10 MiB are taken.
        &[Quirk::WholeBlobsAreRefused, Quirk::PartsUnder5MiBAreTooSmall, Quirk::PatchOfBrokenSessionIs416],
        &[Quirk::PatchIsNotSupported],
    ] {
        let emulator = registry(quirks);
        let way = Way::begin(&emulator);
        emulator.wait_for("POST /v2/f/blobs/uploads/");
        let pushed = way.end();
        assert_eq!(pushed.map(|pushed| pushed.blobs.sent), Ok(2), "{quirks:?}: {:#?}", emulator.log());
        assert!(emulator.state().blobs.values().any(|blob| blob == LAYER), "{quirks:?}");
    }
}
