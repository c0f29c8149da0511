//! A push and a pull under each quirk of ECR: what is asked, in which order, and what comes of it.

use std::io::Read;
use std::sync::Arc;

use lambda_img::arch::Arch;
use lambda_img::digest::Digest;
use lambda_img::media_type::OCI_MANIFEST;
use lambda_img::registry::{Error, Registries, Sent};

use crate::emulator::Quirk::{self, *};
use crate::emulator::{Emulator, Fault};
use crate::{CONFIG, blob, chain, client, image, quick, reference, registries};

const LAYER: &[u8] = b"the bytes of a layer";

/// The requests of a push of one layer to an empty repository, the ping not counted.
const PLAIN: [&str; 12] = [
    "HEAD /v2/f/manifests/v1",
    "HEAD /v2/f/manifests/<manifest>",
    "HEAD /v2/f/blobs/<layer>",
    "POST /v2/f/blobs/uploads/",
    "PATCH /v2/f/blobs/uploads/1 [20]",
    "PUT /v2/f/blobs/uploads/1?digest=<layer>",
    "HEAD /v2/f/blobs/<config>",
    "POST /v2/f/blobs/uploads/",
    "PATCH /v2/f/blobs/uploads/2 [37]",
    "PUT /v2/f/blobs/uploads/2?digest=<config>",
    "PUT /v2/f/manifests/v1 [399]",
    "HEAD /v2/f/manifests/v1",
];

fn emulator(quirks: &[Quirk]) -> Emulator {
    let emulator = Emulator::start(quirks);
    emulator.name(LAYER, "layer");
    emulator.name(CONFIG, "config");
    emulator.name(&image(&[LAYER]).manifest, "manifest");
    emulator
}

fn push(emulator: &Emulator) -> Result<lambda_img::registry::Pushed, Error> {
    registries().push(&image(&[LAYER]), &reference(format!("{}/f:v1", emulator.host)), None)
}

#[test]
fn quirks_that_change_no_request() {
    for quirk in [
        PatchAnswers201,
        RangeIsStuckAtFirstChunk,
        ManifestPutHasNoLocation,
        CreateOnPush,
        UploadLocationIsRelative,
        TagsAreImmutable,
        PartsUnder5MiBAreTooSmall,
        PatchOfBrokenSessionIs416,
    ] {
        let emulator = emulator(&[quirk]);
        let pushed = push(&emulator).unwrap_or_else(|error| panic!("{quirk:?}: {}", chain(&error)));
        assert_eq!(pushed.blobs, Sent { present: 0, mounted: 0, sent: 2, bytes: 57 }, "{quirk:?}");
        assert_eq!(emulator.log()[1..], PLAIN, "{quirk:?}");
        let digest = Digest::of(&image(&[LAYER]).manifest);
        assert_eq!(pushed.pinned.to_string(), format!("{}/f@{digest}", emulator.host));
    }
}

#[test]
fn what_is_there_already_is_not_sent() {
    let emulator = emulator(&[]);
    assert!(!push(&emulator).unwrap().already);
    emulator.log();
    let again = push(&emulator).unwrap();
    assert!(again.already);
    assert_eq!(emulator.log(), ["GET /v2/", "HEAD /v2/f/manifests/v1"]);
    // Another tag on the same image: the manifest alone.
    let target = reference(format!("{}/f:v2", emulator.host));
    registries().push(&image(&[LAYER]), &target, None).unwrap();
    assert_eq!(
        emulator.log()[1..],
        [
            "HEAD /v2/f/manifests/v2",
            "HEAD /v2/f/manifests/<manifest>",
            "PUT /v2/f/manifests/v2 [399]",
            "HEAD /v2/f/manifests/v2"
        ]
    );
}

#[test]
fn a_broken_patch_begins_a_new_session() {
    let emulator = emulator(&[PatchOfBrokenSessionIs416]);
    emulator.fault("PATCH /v2/f/blobs/uploads/1", 1, Fault::Drop);
    push(&emulator).unwrap();
    assert_eq!(
        emulator.log()[4..8],
        [
            "POST /v2/f/blobs/uploads/",
            "PATCH /v2/f/blobs/uploads/1 [20]",
            "POST /v2/f/blobs/uploads/",
            "PATCH /v2/f/blobs/uploads/2 [20]"
        ]
    );
}

#[test]
fn an_empty_put_that_fails_once_is_tried_in_a_new_session() {
    let emulator = emulator(&[EmptyPutAnswers500Once]);
    push(&emulator).unwrap();
    let log = emulator.log();
    assert_eq!(log.iter().filter(|line| line.starts_with("POST")).count(), 3, "{log:#?}");
}

#[test]
fn throttling_is_waited_out() {
    let emulator = emulator(&[ThrottlesOnce]);
    push(&emulator).unwrap();
    assert_eq!(emulator.log()[1..3], ["HEAD /v2/f/manifests/v1", "HEAD /v2/f/manifests/v1"]);
}

#[test]
fn a_missing_repository_is_named() {
    let emulator = emulator(&[RepositoryMustExist]);
    let error = push(&emulator).unwrap_err();
    assert!(matches!(error, Error::RepositoryMissing { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!(
            "repository `f` does not exist at {0}: POST http://{0}/v2/f/blobs/uploads/: status 404: NAME_UNKNOWN \
             The repository with name 'f' does not exist in the registry with id '123456789012'",
            emulator.host
        )
    );
}

#[test]
fn an_immutable_tag_names_both_digests() {
    let emulator = emulator(&[TagsAreImmutable]);
    push(&emulator).unwrap();
    let other = image(&[b"another layer"]);
    let target = reference(format!("{}/f:v1", emulator.host));
    let error = registries().push(&other, &target, None).unwrap_err();
    let (theirs, ours) = (Digest::of(&image(&[LAYER]).manifest), Digest::of(&other.manifest));
    assert_eq!(error.to_string(), format!("tag `{target}` is immutable and is {theirs}, not {ours}"));
}

#[test]
fn blobs_are_mounted_where_the_account_allows_it() {
    for (quirks, lines) in [
        (&[][..], &["POST /v2/f/blobs/uploads/?mount=<layer>&from=base/python"][..]),
        (
            &[MountNeedsTheAccountSetting],
            &[
                "POST /v2/f/blobs/uploads/?mount=<layer>&from=base/python",
                "PATCH /v2/f/blobs/uploads/1 [20]",
                "PUT /v2/f/blobs/uploads/1?digest=<layer>",
            ],
        ),
    ] {
        let emulator = emulator(quirks);
        emulator.add_blob("base/python", LAYER);
        let mut push = image(&[LAYER]);
        let from = Some(reference(format!("{}/base/python:3.12", emulator.host)));
        push.layers = vec![blob(LAYER, from)];
        let pushed = registries().push(&push, &reference(format!("{}/f:v1", emulator.host)), None).unwrap();
        assert_eq!(pushed.blobs.mounted, usize::from(lines.len() == 1));
        assert_eq!(emulator.log()[4..4 + lines.len()], *lines);
    }
    // A mount that is refused is no failure.
    let emulator = emulator(&[]);
    emulator.fault("?mount=", 1, Fault::Answer(405, vec![], vec![]));
    let mut push = image(&[LAYER]);
    let from = Some(reference(format!("{}/base/python:3.12", emulator.host)));
    push.layers = vec![blob(LAYER, from)];
    registries().push(&push, &reference(format!("{}/f:v1", emulator.host)), None).unwrap();
}

#[test]
fn a_blob_of_this_process_is_mounted_into_the_next_repository_and_sent_once() {
    let emulator = emulator(&[]);
    let registries = registries();
    for repository in ["f", "g", "f"] {
        let target = reference(format!("{}/{repository}:{repository}", emulator.host));
        registries.push(&image(&[LAYER]), &target, None).unwrap();
    }
    let log = emulator.log();
    assert_eq!(log.iter().filter(|line| line.starts_with("PATCH")).count(), 2, "{log:#?}");
    assert!(log.contains(&"POST /v2/g/blobs/uploads/?mount=<layer>&from=f".to_owned()), "{log:#?}");
}

#[test]
fn other_ways_are_found_where_the_whole_or_the_patch_is_refused() {
    let big = vec![7; (21 << 20) + 3];
    let emulator = emulator(&[WholeBlobsAreRefused, PartsUnder5MiBAreTooSmall, RangeIsStuckAtFirstChunk]);
    let target = reference(format!("{}/f:v1", emulator.host));
    registries().push(&image(&[&big]), &target, None).unwrap();
    let ranges: Vec<_> = emulator.log().into_iter().filter(|line| line.contains("uploads/2 ")).collect();
    assert_eq!(
        ranges,
        [
            "PATCH /v2/f/blobs/uploads/2 0-10485759 [10485760]",
            "PATCH /v2/f/blobs/uploads/2 10485760-20971519 [10485760]",
            "PATCH /v2/f/blobs/uploads/2 20971520-22020098 [1048579]"
        ]
    );
    let emulator = self::emulator(&[PatchIsNotSupported]);
    push(&emulator).unwrap();
    let log = emulator.log();
    assert!(log.contains(&"PUT /v2/f/blobs/uploads/2?digest=<layer> [20]".to_owned()), "{log:#?}");
    assert_eq!(log.iter().filter(|line| line.starts_with("PATCH")).count(), 1, "{log:#?}");
}

#[test]
fn a_proxy_that_refuses_the_whole_unread_gets_parts() {
    let big = vec![7; 24 << 20];
    let emulator = emulator(&[ProxyRefusesWholeBlobsUnread]);
    registries().push(&image(&[&big]), &reference(format!("{}/f:v1", emulator.host)), None).unwrap();
    let log = emulator.log();
    let patches: Vec<_> = log.iter().filter(|line| line.starts_with("PATCH")).collect();
    assert_eq!(patches[0], "PATCH /v2/f/blobs/uploads/1 (unread)");
    // Three parts of the layer, one of the config.
    assert_eq!(patches.len(), 5, "{patches:#?}");
}

#[test]
fn a_registry_without_digest_headers_is_asked_for_the_bytes() {
    let emulator = emulator(&[HasNoDigestHeader]);
    push(&emulator).unwrap();
    assert_eq!(emulator.log().last().unwrap(), "GET /v2/f/manifests/v1");
    assert!(push(&emulator).unwrap().already);
}

#[test]
fn all_four_types_are_accepted_so_that_nothing_is_converted() {
    let emulator = emulator(&[ConvertsForClientsOfDockerAlone]);
    let push = image(&[LAYER]);
    emulator.add_manifest("f", "v1", OCI_MANIFEST, &push.manifest);
    emulator.add_blob("f", CONFIG);
    let found = registries().image(&reference(format!("{}/f:v1", emulator.host)), Arch::X86_64).unwrap();
    assert_eq!((found.manifest.bytes, found.config.as_slice()), (push.manifest, CONFIG));
}

#[test]
fn storage_never_sees_the_authorization() {
    let (registry, storage) = (emulator(&[BlobsRedirectToStorage]), emulator(&[]));
    storage.add_blob("any", LAYER);
    registry.add_blob("f", LAYER);
    registry.state().storage = Some(format!("http://{}", storage.host));
    registry.state().auth = Some(("Basic dTpw".into(), "Basic realm=\"x\"".into()));
    let keychain =
        lambda_img::credentials::Fixed::new(&*registry.host, "u", lambda_img::redact::Secret::new("p"));
    let registries = crate::with(Arc::new(keychain));
    let reference = reference(format!("{}/f", registry.host));
    let mut bytes = Vec::new();
    registries.blob(&reference, Digest::of(LAYER), 20).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, LAYER);
    assert_eq!(registry.log(), ["GET /v2/", "GET /v2/f/blobs/<layer> +Basic"]);
    assert_eq!(storage.log(), ["GET /storage/<layer>?X-Amz-Signature=s3cr3t"]);
}

#[test]
fn a_mirror_changes_where_and_never_what() {
    let emulator = emulator(&[]);
    let push = image(&[LAYER]);
    emulator.add_manifest("mirror/lambda/python", "3.12", OCI_MANIFEST, &push.manifest);
    emulator.add_blob("mirror/lambda/python", CONFIG);
    let mirror = format!("public.ecr.aws={}/mirror", emulator.host).parse().unwrap();
    let keychain = Arc::new(lambda_img::credentials::Chain::default());
    let registries = Registries::new(client(quick()), keychain, vec![mirror], 4);
    let found =
        registries.image(&reference("public.ecr.aws/lambda/python:3.12".into()), Arch::X86_64).unwrap();
    assert_eq!(found.manifest.digest, Digest::of(&push.manifest));
    let error = registries.manifest(&reference("public.ecr.aws/lambda/go:1".into())).unwrap_err().to_string();
    assert!(
        error.starts_with("`public.ecr.aws/lambda/go:1` does not exist: GET http://127.0.0.1"),
        "{error}"
    );
}

#[test]
fn threads_of_one_process_send_each_blob_once() {
    let emulator = emulator(&[PatchAnswers201, MountNeedsTheAccountSetting]);
    let keychain = Arc::new(lambda_img::credentials::Chain::default());
    let registries = Registries::new(client(quick()), keychain, Vec::new(), 4);
    let layers: Vec<Vec<u8>> = (0..12u8).map(|layer| vec![layer; 50_000]).collect();
    let slices: Vec<&[u8]> = layers.iter().map(Vec::as_slice).collect();
    std::thread::scope(|scope| {
        for tag in ["a", "b", "c"] {
            let (registries, slices, host) = (&registries, &slices, &emulator.host);
            scope.spawn(move || {
                registries.push(&image(slices), &reference(format!("{host}/f:{tag}")), None).unwrap()
            });
        }
    });
    let log = emulator.log();
    assert_eq!(log.iter().filter(|line| line.starts_with("PATCH")).count(), 13, "{log:#?}");
    assert_eq!(log.iter().filter(|line| *line == "GET /v2/").count(), 1);
}

#[test]
fn what_stays_busy_is_an_error_and_not_an_absence() {
    let emulator = emulator(&[]);
    let busy = Fault::Answer(503, vec![], b"try later".to_vec());
    emulator.fault("HEAD /v2/f/manifests/v1", 99, busy);
    let error = push(&emulator).unwrap_err();
    assert_eq!(error.to_string(), format!("HEAD http://{}/v2/f/manifests/v1: status 503", emulator.host));
    // The first try and three more.
    assert_eq!(emulator.log().len(), 5);
}
