//! A push and a pull under each quirk of ECR: what is asked, in which order, and what comes of it.
//!
//! The rows of `docs/reference/lambda-and-ecr.md`, "How ECR's registry behaves", and the tests that hold them (here, where no
//! file is named):
//!
//! | row | test |
//! |---|---|
//! | PATCH answers 201 | `patch_answers_201` |
//! | `Range` is stuck at the first chunk | `range_is_stuck_at_the_first_chunk`, `other_ways_are_found_…` |
//! | parts under 5 MB are too small | `parts_under_5_mib_are_too_small`, `other_ways_are_found_…` |
//! | a failed PATCH again: 416 | `patch_of_a_broken_session_is_416` |
//! | one PATCH of any size works | `PLAIN`, in all of them |
//! | a monolithic PUT works, too | `other_ways_are_found_where_the_whole_or_the_patch_is_refused` |
//! | an empty PUT once answers 500 | `empty_put_answers_500_once` |
//! | a manifest's PUT has no `Location` | `manifest_put_has_no_location` |
//! | a manifest's PUT answers 401 after long uploads | `auth.rs`: `manifest_put_answers_401_once` |
//! | lists of tags: n > 1000 is an error | `tags_are_never_listed` |
//! | a repository must exist | `repository_must_exist`; created: `tests/clients/ecr` |
//! | create on push | `create_on_push` |
//! | blobs are mounted by opt-in | `mount_needs_the_account_setting` |
//! | immutable tags | `tags_are_immutable_by_repository_or_each` |
//! | the same manifest again | `what_is_there_already_is_not_sent` |
//! | by tag, ECR converts for clients of Docker | `all_four_types_are_accepted_so_that_nothing_is_converted` |
//! | OCI 1.1: 405 of manifests with `subject` | `manifests_with_a_subject_are_405` |
//! | indexes: children must exist | none is ever pushed: `tests/clients/push`, `copies_keep_the_bytes_…` |
//! | pull-through cache | `tests/clients/ecr`: `bases_come_from_the_public_registry_and_through_ecr_s_cache_of_it` |
//! | throttling | `throttling_is_waited_out`; the API: `tests/clients/ecr`, `calls_of_ecr_s_api_that_are_throttled_…` |
//! | push permissions | `tests/clients/ecr`: `what_iam_denies_is_named` |
//! | a layer's GET redirects to storage | `blobs_redirect_to_storage_that_never_sees_the_authorization` |

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_img::arch::Arch;
use lambda_img::digest::Digest;
use lambda_img::media_type::OCI_MANIFEST;
use lambda_img::registry::{PushStats, Registries, RegistryError};

use super::{CONFIG, blob, chain, client, image, quick, reference, registries};
use crate::harness::emulator::Quirk::{self, *};
use crate::harness::emulator::{Emulator, Fault};

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

fn push(emulator: &Emulator) -> Result<lambda_img::registry::PushResult, RegistryError> {
    registries().push(&image(&[LAYER]), &reference(format!("{}/f:v1", emulator.host)), None)
}

/// Quirks that change no request of a push.
macro_rules! plain {
    ($($test:ident: $quirk:ident,)*) => {$(
        #[test]
        fn $test() {
            plain(&[$quirk]);
        }
    )*};
}

plain! {
    patch_answers_201: PatchAnswers201,
    range_is_stuck_at_the_first_chunk: RangeIsStuckAtFirstChunk,
    parts_under_5_mib_are_too_small: PartsUnder5MiBAreTooSmall,
    manifest_put_has_no_location: ManifestPutHasNoLocation,
    upload_location_is_relative: UploadLocationIsRelative,
}

fn plain(quirks: &[Quirk]) {
    let emulator = emulator(quirks);
    let pushed = push(&emulator).unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(pushed.blobs, PushStats { present: 0, mounted: 0, sent: 2, bytes: 57 });
    assert_eq!(emulator.log()[1..], PLAIN);
    let digest = Digest::of(&image(&[LAYER]).manifest);
    assert_eq!(pushed.pinned.to_string(), format!("{}/f@{digest}", emulator.host));
}

#[test]
fn create_on_push() {
    plain(&[RepositoryMustExist, CreateOnPush]);
}

#[test]
fn tags_are_never_listed() {
    let emulator = emulator(&[TagsListIsCappedAt1000]);
    push(&emulator).unwrap();
    assert!(push(&emulator).unwrap().already);
    registries().image(&reference(format!("{}/f:v1", emulator.host)), Arch::X86_64).unwrap();
    registries().ping(&emulator.host, Some("f")).unwrap();
    let log = emulator.log();
    assert!(log.len() > 15 && !log.iter().any(|line| line.contains("tags")), "{log:#?}");
}

#[test]
fn manifests_with_a_subject_are_405() {
    let emulator = emulator(&[ManifestsWithSubjectAre405]);
    let mut push = image(&[LAYER]);
    let mut json: serde_json::Value = serde_json::from_slice(&push.manifest).unwrap();
    json["subject"] =
        serde_json::json!({"mediaType": OCI_MANIFEST, "digest": Digest::of(b"x").to_string(), "size": 1});
    push.manifest = json.to_string().into();
    let error = registries().push(&push, &reference(format!("{}/f:v1", emulator.host)), None).unwrap_err();
    assert_eq!(
        error.to_string().replace(&emulator.host, "HOST"),
        "PUT http://HOST/v2/f/manifests/v1: status 405: UNSUPPORTED The operation is unsupported."
    );
    // Nothing of what we make has one.
    plain(&[ManifestsWithSubjectAre405]);
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
fn patch_of_a_broken_session_is_416() {
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
fn empty_put_answers_500_once() {
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
    // As long as it asks for, not as the clock of our own retries goes.
    let patient = || Fault::Answer(429, vec![("retry-after", "1".into())], vec![]);
    for (line, tag) in [("HEAD /v2/f/manifests/v2", "v2"), ("PATCH", "v3")] {
        emulator.fault(line, 1, patient());
        let began = Instant::now();
        let (image, target) = (image(&[tag.as_bytes()]), reference(format!("{}/f:{tag}", emulator.host)));
        registries().push(&image, &target, None).unwrap();
        assert!(began.elapsed() >= Duration::from_secs(1), "{line}: {:?}", began.elapsed());
    }
}

#[test]
fn repository_must_exist() {
    let emulator = emulator(&[RepositoryMustExist]);
    let error = push(&emulator).unwrap_err();
    assert!(matches!(error, RegistryError::RepositoryMissing { .. }), "{error:?}");
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
fn tags_are_immutable_by_repository_or_each() {
    for quirk in [TagsAreImmutable, SomeTagsAreImmutable] {
        plain(&[quirk]);
        let emulator = emulator(&[quirk]);
        push(&emulator).unwrap();
        let other = image(&[b"another layer"]);
        let target = reference(format!("{}/f:v1", emulator.host));
        let error = registries().push(&other, &target, None).unwrap_err();
        let (theirs, ours) = (Digest::of(&image(&[LAYER]).manifest), Digest::of(&other.manifest));
        assert_eq!(
            error.to_string(),
            format!("tag `{target}` is immutable and points to {theirs}, not to {ours}")
        );
        // The same image: no error, whoever was faster.
        emulator.fault("HEAD /v2/f/manifests/v1", 1, Fault::Answer(404, vec![], vec![]));
        let body = r#"{"errors":[{"code":"TAG_INVALID","message":"the repository is immutable"}]}"#;
        emulator.fault("PUT /v2/f/manifests/v1", 1, Fault::Answer(400, vec![], body.into()));
        assert!(push(&emulator).unwrap().already);
    }
}

#[test]
fn mount_needs_the_account_setting() {
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
fn blobs_redirect_to_storage_that_never_sees_the_authorization() {
    let (registry, storage) = (emulator(&[BlobsRedirectToStorage]), emulator(&[]));
    storage.add_blob("any", LAYER);
    registry.add_blob("f", LAYER);
    registry.state().storage = Some(format!("http://{}", storage.host));
    registry.state().auth = Some(("Basic dTpw".into(), "Basic realm=\"x\"".into()));
    let keychain =
        lambda_img::credentials::Fixed::new(&*registry.host, "u", lambda_img::redact::Secret::new("p"));
    let registries = super::with(Arc::new(keychain));
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
