//! The images of a repository in ECR, through its API.

use serde_json::{Value, json};

use super::keychain::Ecr;
use super::{EcrError, EcrHost};
use crate::credentials::{CredentialError, NotDeleted, RepositoryImage, RepositoryImages};
use crate::digest::Digest;
use crate::redact;

/// Images of one answer of `DescribeImages`: 1000 are allowed (botocore, `ecr/service-2.json`), and an answer of these
/// is well below what is read.
const PAGE: usize = 500;

/// The most pages: more images than a repository can have.
const PAGES: usize = 2000;

/// Images of one `BatchDeleteImage` (botocore, `ecr/service-2.json`, `ImageIdentifierList`).
pub const DELETE_BATCH: usize = 100;

impl Ecr {
    /// The images of a repository, tagged or not.
    ///
    /// # Errors
    /// [`EcrError`].
    pub fn images(&self, host: &EcrHost, repository: &str) -> Result<Vec<RepositoryImage>, EcrError> {
        let (endpoint, action) = (self.ecr(host), "ecr:DescribeImages");
        let call = self.call(&endpoint, host, action);
        let credentials = self.credentials(host)?;
        let (mut images, mut next) = (Vec::new(), Value::Null);
        for _ in 0..PAGES {
            let mut body =
                json!({"registryId": host.account, "repositoryName": repository, "maxResults": PAGE});
            if !next.is_null() {
                body["nextToken"] = next;
            }
            let mut answer = call.ecr(credentials.clone(), &body)?.0;
            for image in answer["imageDetails"].as_array().map_or(&[][..], Vec::as_slice) {
                images
                    .push(parse(image).ok_or_else(|| call.error("it describes an image without a digest"))?);
            }
            next = answer["nextToken"].take();
            if next.is_null() {
                return Ok(images);
            }
        }
        Err(call.error("the list of images has no end"))
    }

    /// Deletes images. Returns those that were not deleted; one that does not exist is not among them.
    ///
    /// # Errors
    /// [`EcrError`].
    pub fn delete_images(
        &self,
        host: &EcrHost,
        repository: &str,
        digests: &[Digest],
    ) -> Result<Vec<NotDeleted>, EcrError> {
        let mut left = Vec::new();
        for batch in digests.chunks(DELETE_BATCH) {
            let ids: Vec<_> = batch.iter().map(|digest| json!({"imageDigest": digest.to_string()})).collect();
            let body = json!({"registryId": host.account, "repositoryName": repository, "imageIds": ids});
            let answer = self.ecr_call(host, "ecr:BatchDeleteImage", &body)?;
            left.extend(
                answer["failures"].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(failed),
            );
        }
        Ok(left)
    }

    /// Moves an image to the archive class of its repository: it cannot be pulled from there, and can be restored. Returns
    /// why it was not moved, if ECR says so of this image. One that does not exist counts as moved.
    ///
    /// # Errors
    /// [`EcrError`], where ECR refuses the call itself.
    pub fn archive_image(
        &self,
        host: &EcrHost,
        repository: &str,
        digest: Digest,
    ) -> Result<Option<NotDeleted>, EcrError> {
        let body = json!({
            "registryId": host.account,
            "repositoryName": repository,
            "imageId": {"imageDigest": digest.to_string()},
            "targetStorageClass": "ARCHIVE",
        });
        // Errors of `UpdateImageStorageClass` that are about the image (botocore, `ecr/service-2.json`).
        let of_image = ["ImageStorageClassUpdateNotSupportedException", "ValidationException"];
        match self.ecr_call(host, "ecr:UpdateImageStorageClass", &body) {
            Ok(_) => Ok(None),
            Err(error) if error.has_code("ImageNotFoundException") => Ok(None),
            Err(error) if of_image.iter().any(|code| error.has_code(code)) => {
                Ok(Some(NotDeleted { digest, why: redact::text(&error.to_string(), 300) }))
            }
            Err(error) => Err(error),
        }
    }
}

fn parse(image: &Value) -> Option<RepositoryImage> {
    let text = |key: &str| image[key].as_str().map(str::to_owned);
    // Seconds with a fraction.
    let time = |key: &str| image[key].as_f64().map(|seconds| seconds as i64);
    let tags = image["imageTags"].as_array().map_or(&[][..], Vec::as_slice);
    Some(RepositoryImage {
        digest: image["imageDigest"].as_str()?.parse().ok()?,
        tags: tags.iter().filter_map(|tag| tag.as_str()).map(str::to_owned).collect(),
        artifact_type: text("artifactMediaType"),
        size: image["imageSizeInBytes"].as_u64().unwrap_or_default(),
        pushed: time("imagePushedAt").unwrap_or_default(),
        pulled: time("lastRecordedPullTime"),
    })
}

fn failed(failure: &Value) -> Option<NotDeleted> {
    let digest = failure["imageId"]["imageDigest"].as_str()?.parse().ok()?;
    let (code, reason) =
        (failure["failureCode"].as_str()?, failure["failureReason"].as_str().unwrap_or_default());
    // Another one deleted it.
    (code != "ImageNotFound")
        .then(|| NotDeleted { digest, why: redact::text(&format!("{code}: {reason}"), 300) })
}

impl RepositoryImages for Ecr {
    fn list(&self, host: &str, repository: &str) -> Result<Option<Vec<RepositoryImage>>, CredentialError> {
        let Some(host) = EcrHost::parse(host) else { return Ok(None) };
        Ok(Some(self.images(&host, repository)?))
    }

    fn delete(
        &self,
        host: &str,
        repository: &str,
        digests: &[Digest],
    ) -> Result<Option<Vec<NotDeleted>>, CredentialError> {
        let Some(host) = EcrHost::parse(host) else { return Ok(None) };
        Ok(Some(self.delete_images(&host, repository, digests)?))
    }
}
