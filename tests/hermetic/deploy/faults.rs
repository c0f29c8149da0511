//! What goes wrong, and what stands then.

use std::time::Duration;

use lambda_img::deploy::{Clock, DeployError, Order, explained_by};

use super::{Aws, order};
use crate::harness::lambda::{Function, image};

fn updated() -> Aws {
    Aws::with(Function::aliased(&image("old"), "live"))
}

/// Codes of `LastUpdateStatusReasonCode` (botocore) that are about images, with the texts that are known of them, and a
/// check that explains each.
const REASONS: [(&str, &str, &str); 13] = [
    (
        "InvalidImage",
        "ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest sha256:1",
        "layer-zstd",
    ),
    ("InvalidImage", "MissingParentDirectory", "missing-parent"),
    ("InvalidImage", "UncompressedLayerSizeExceeded", "image-size"),
    ("InvalidImage", "something new", "layer-damaged"),
    ("ImageAccessDenied", "Lambda does not have permission to access the ECR image", "ecr-private"),
    ("FunctionError.InvalidEntryPoint", "", "start-missing"),
    ("FunctionError.InvalidWorkingDirectory", "", "workdir"),
    ("FunctionError.PermissionDenied", "", "unreadable"),
    ("FunctionError.RuntimeInitError", "", "handler-missing"),
    ("FunctionError.ExtensionInitError", "", "start-format"),
    ("FunctionError.InitTimeout", "", "dead-weight"),
    (
        "InternalError",
        "We currently do not have sufficient capacity in the region you requested",
        "unreadable",
    ),
    ("InvalidImage", "The image manifest, config or layer media type is not supported", "image-index"),
];

#[test]
fn every_reason_of_a_failed_update_is_told_and_explained() {
    for (code, reason, check) in REASONS {
        let aws = updated();
        aws.lambda.world().failures.push((code.to_owned(), reason.to_owned()));
        let (ended, steps) = aws.deploy(&order("new"));
        match ended.unwrap_err() {
            DeployError::Failed { code: told, reason: words, .. } => {
                assert_eq!((&*told, &*words), (code, reason))
            }
            other => panic!("{other:?}"),
        }
        assert!(steps.is_empty() && explained_by(code, reason).contains(&check), "{code} {reason}");
        assert_eq!(aws.lambda.changes(), ["UpdateFunctionCode orders"]);
        assert_eq!(aws.lambda.function("orders").aliases["live"].version, "1");
    }
}

#[test]
fn what_is_not_there_or_not_an_image_is_refused_before_any_change() {
    let aws = Aws::start();
    let told = |aws: &Aws| aws.deploy(&order("new")).0.unwrap_err().to_string();
    assert_eq!(told(&aws), "there is no function `orders` in eu-west-1 of account 123456789012");
    aws.lambda.add("orders", Function { package: "Zip", ..Function::with(&image("old")) });
    assert_eq!(
        told(&aws),
        "function `orders` has the package type Zip, and Lambda does not change it to Image"
    );
    aws.lambda.add("orders", Function { state: "Deleting", ..Function::with(&image("old")) });
    assert_eq!(told(&aws), "function `orders` is in the state Deleting");
    assert_eq!(aws.lambda.changes(), [""; 0]);
}

#[test]
fn throttled_and_conflicting_calls_are_sent_again() {
    let aws = updated();
    aws.lambda.answer("UpdateFunctionCode", 2, (429, "TooManyRequestsException", "Rate exceeded"));
    aws.lambda.answer("GetFunction orders 2", 1, (503, "ServiceException", ""));
    aws.lambda.answer("UpdateAlias", 1, (429, "TooManyRequestsException", "Rate exceeded"));
    aws.deploy(&order("new")).0.unwrap();
    assert_eq!(
        aws.lambda.changes(),
        [
            "UpdateFunctionCode orders",
            "UpdateFunctionCode orders",
            "UpdateFunctionCode orders",
            "PublishVersion orders",
            "UpdateAlias orders live=2",
            "UpdateAlias orders live=2",
        ]
    );
    let conflict = (409, "ResourceConflictException", "An update is in progress for resource");
    aws.lambda.answer("UpdateFunctionCode", 1, conflict);
    aws.lambda.answer("PublishVersion", 1, conflict);
    aws.deploy(&order("newer")).0.unwrap();
    assert_eq!(aws.lambda.changes().len(), 5);
    // An end of the session in the middle.
    aws.lambda.answer("PublishVersion", 1, (403, "ExpiredTokenException", "The security token is expired"));
    aws.deploy(&order("newest")).0.unwrap();
    // Rights do not come by waiting.
    aws.lambda.log();
    let denied = (403, "AccessDeniedException", "not authorized to perform: lambda:UpdateFunctionCode");
    aws.lambda.answer("UpdateFunctionCode", 9, denied);
    let error = aws.deploy(&order("other")).0.unwrap_err();
    assert!(error.to_string().contains("AccessDeniedException"), "{error}");
    assert_eq!(aws.lambda.changes(), ["UpdateFunctionCode orders"]);
}

#[test]
fn a_change_whose_answer_was_lost_is_not_done_twice() {
    for call in ["UpdateFunctionCode", "PublishVersion", "UpdateAlias"] {
        let aws = updated();
        aws.lambda.answer(call, 1, (0, "", ""));
        let done = aws.deploy(&order("new")).0.unwrap();
        assert_eq!(done.version.as_deref(), Some("2"), "{call}");
        let function = aws.lambda.function("orders");
        assert_eq!((function.versions.len(), function.aliases["live"].version.as_str()), (2, "2"), "{call}");
        // One update more or less would be another revision.
        assert_eq!(function.revision, 3, "{call}");
    }
}

#[test]
fn what_another_client_changes_meanwhile_is_not_overwritten() {
    let aws = updated();
    aws.lambda.meanwhile("UpdateFunctionCode", |function| {
        function.revision += 1;
        function.image = image("theirs");
    });
    let (ended, steps) = aws.deploy(&order("new"));
    let expected = format!(
        "another client changed function `orders` during the deployment: it now has the image {}",
        image("theirs")
    );
    assert_eq!((ended.unwrap_err().to_string(), steps.len()), (expected, 0));
    assert_eq!(aws.lambda.function("orders").image, image("theirs"));
    // A change of the configuration alone is waited for.
    let aws = updated();
    aws.lambda.meanwhile("UpdateFunctionCode", |function| function.revision += 1);
    aws.deploy(&order("new")).0.unwrap();
    // Between update and publication.
    let aws = updated();
    aws.lambda.meanwhile("PublishVersion", |function| {
        function.revision += 1;
        function.image = image("theirs");
    });
    let (ended, steps) = aws.deploy(&order("new"));
    assert!(matches!(ended, Err(DeployError::ChangedMeanwhile { .. })));
    assert_eq!(steps, ["the function has the image"]);
    assert_eq!(aws.lambda.function("orders").versions.len(), 1);
    // The alias.
    let aws = updated();
    aws.lambda.meanwhile("UpdateAlias", |function| {
        let alias = function.aliases.get_mut("live").unwrap();
        alias.revision += 1;
        alias.version = "1".to_owned();
    });
    let (ended, steps) = aws.deploy(&order("new"));
    let expected = "another client changed alias `live` of function `orders` during the deployment";
    assert_eq!((ended.unwrap_err().to_string().as_str(), steps.len()), (expected, 2));
    assert_eq!(aws.lambda.function("orders").aliases["live"].version, "1");
}

#[test]
fn a_wait_that_does_not_end_ends() {
    let aws = updated();
    aws.lambda.world().looks = usize::MAX;
    let (ended, steps) = aws.deploy(&order("new"));
    let error = ended.unwrap_err().to_string();
    assert!(error.starts_with("function `orders` was still in the state InProgress after 5"), "{error}");
    assert!(steps.is_empty() && aws.time.now() <= Duration::from_secs(600));
    let looks = aws.lambda.log().len();
    assert!(looks < 80, "{looks} calls in ten minutes");
}

#[test]
fn an_interrupt_ends_a_wait() {
    let mut aws = updated();
    aws.time.interrupt = Some(Duration::from_secs(2));
    aws.lambda.world().looks = 100;
    let ended = aws.deploy(&Order { alias: None, ..order("new") }).0;
    assert!(matches!(ended, Err(DeployError::Interrupted(_))), "{ended:?}");
}
