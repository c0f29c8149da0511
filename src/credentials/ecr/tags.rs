//! Tags of images in ECR, and whether they may move.

use serde_json::{Value, json};

use super::keychain::Ecr;
use super::{EcrError, EcrHost};
use crate::digest::Digest;

impl Ecr {
    /// The digest of the image that has a tag; `None` where no image has it.
    ///
    /// # Errors
    /// [`EcrError`].
    pub fn tagged(&self, host: &EcrHost, repository: &str, tag: &str) -> Result<Option<Digest>, EcrError> {
        let body = json!({
            "registryId": host.account,
            "repositoryName": repository,
            "imageIds": [{"imageTag": tag}],
            "filter": {"imageStatus": "ANY"},
        });
        match self.ecr_call(host, "ecr:DescribeImages", &body) {
            Ok(answer) => {
                Ok(answer["imageDetails"][0]["imageDigest"].as_str().and_then(|text| text.parse().ok()))
            }
            Err(error) if error.has_code("ImageNotFoundException") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a tag may move from one image of the repository to another (botocore, `ecr`, `ImageTagMutability`).
    ///
    /// # Errors
    /// [`EcrError`].
    pub fn may_tag_move(&self, host: &EcrHost, repository: &str, tag: &str) -> Result<bool, EcrError> {
        let body = json!({"registryId": host.account, "repositoryNames": [repository]});
        let answer = self.ecr_call(host, "ecr:DescribeRepositories", &body)?;
        Ok(may_move(&answer["repositories"][0], tag))
    }

    /// Gives an image a tag, which another image may have had.
    ///
    /// # Errors
    /// [`EcrError`]: a tag that may not move is one of them.
    pub fn tag(&self, host: &EcrHost, repository: &str, digest: &str, tag: &str) -> Result<(), EcrError> {
        let body = json!({
            "registryId": host.account,
            "repositoryName": repository,
            "imageIds": [{"imageDigest": digest}],
            "acceptedMediaTypes": super::manifests::ACCEPTED,
        });
        let answer = self.ecr_call(host, "ecr:BatchGetImage", &body)?;
        let image = &answer["images"][0];
        if !image["imageManifest"].is_string() {
            let why = format!("repository `{repository}` does not have the image {digest}");
            return Err(EcrError::Answer { action: "ecr:BatchGetImage".to_owned(), why });
        }
        let mut body = json!({
            "registryId": host.account,
            "repositoryName": repository,
            "imageManifest": image["imageManifest"],
            "imageTag": tag,
            "imageDigest": digest,
        });
        if image["imageManifestMediaType"].is_string() {
            body["imageManifestMediaType"] = image["imageManifestMediaType"].clone();
        }
        match self.ecr_call(host, "ecr:PutImage", &body) {
            // It has the tag already.
            Err(error) if error.has_code("ImageAlreadyExistsException") => Ok(()),
            done => done.map(|_| ()),
        }
    }
}

fn may_move(repository: &Value, tag: &str) -> bool {
    let filters = repository["imageTagMutabilityExclusionFilters"].as_array().map_or(&[][..], Vec::as_slice);
    let is_excluded =
        || filters.iter().any(|one| one["filter"].as_str().is_some_and(|filter| matches(filter, tag)));
    match repository["imageTagMutability"].as_str().unwrap_or_default() {
        "IMMUTABLE" => false,
        "IMMUTABLE_WITH_EXCLUSION" => is_excluded(),
        "MUTABLE_WITH_EXCLUSION" => !is_excluded(),
        _ => true,
    }
}

/// Whether a filter, in which `*` stands for any characters, is for the tag.
fn matches(filter: &str, tag: &str) -> bool {
    let Some((start, rest)) = filter.split_once('*') else { return filter == tag };
    let Some(mut tag) = tag.strip_prefix(start) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return tag.ends_with(part);
        }
        match tag.find(part) {
            Some(at) => tag = &tag[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_move_as_the_repository_says() {
        let may = |mutability: &str, filters: &[&str]| {
            let filters: Vec<_> =
                filters.iter().map(|filter| json!({"filterType": "WILDCARD", "filter": filter})).collect();
            let repository =
                json!({"imageTagMutability": mutability, "imageTagMutabilityExclusionFilters": filters});
            may_move(&repository, "in-use-orders.live")
        };
        assert!(may("MUTABLE", &[]) && !may("IMMUTABLE", &[]));
        for (filter, is_for) in [
            ("in-use-*", true),
            ("*", true),
            ("*.live", true),
            ("in-use-orders.live", true),
            ("in*orders*", true),
            ("in-use", false),
            ("*.test", false),
            ("v*", false),
            ("*live*orders*", false),
        ] {
            assert_eq!(may("IMMUTABLE_WITH_EXCLUSION", &["v1", filter]), is_for, "{filter}");
            assert_eq!(may("MUTABLE_WITH_EXCLUSION", &["v1", filter]), !is_for, "{filter}");
        }
    }
}
