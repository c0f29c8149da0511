//! Which check explains a reason of Lambda's.

/// Reason codes and words of Lambda, and the checks whose pages explain them (botocore, `StateReasonCode`; the words are
/// those of "Known rejections" in docs/reference/lambda-and-ecr.md). The first that is found counts.
const EXPLAINED: [(&str, &[&str]); 13] = [
    ("MissingParentDirectory", &["missing-parent"]),
    (
        "UnsupportedImageLayerDetected",
        &["layer-uncompressed-docker", "layer-zstd", "layer-foreign", "hard-link"],
    ),
    ("UncompressedLayerSizeExceeded", &["image-size"]),
    ("media type", &["image-index", "media-type"]),
    ("ImageAccessDenied", &["ecr-private", "ecr-region"]),
    (
        "FunctionError.InvalidEntryPoint",
        &["start-missing", "start-not-executable", "start-format", "start-link"],
    ),
    ("FunctionError.InvalidWorkingDirectory", &["workdir"]),
    ("FunctionError.PermissionDenied", &["unreadable", "start-not-executable"]),
    ("FunctionError.RuntimeInitError", &["handler-missing", "library-missing", "runtime-client"]),
    ("FunctionError.ExtensionInitError", &["start-format", "library-missing"]),
    ("FunctionError.InitTimeout", &["dead-weight"]),
    ("sufficient capacity", &["unreadable"]),
    ("InvalidImage", &["image-index", "layer-damaged", "missing-parent"]),
];

/// The checks whose pages explain a reason; none where no page does.
pub fn explained_by(code: &str, reason: &str) -> &'static [&'static str] {
    let known = EXPLAINED.iter().find(|(word, _)| code.contains(word) || reason.contains(word));
    known.map_or(&[], |(_, checks)| checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_that_explains_a_reason_exists() {
        for (word, checks) in EXPLAINED {
            assert_eq!(explained_by("", word), checks);
            checks.iter().for_each(|id| assert!(crate::check::find(id).is_some(), "{id}"));
        }
        assert!(explained_by("VcpuLimitExceeded", "").is_empty());
    }
}
