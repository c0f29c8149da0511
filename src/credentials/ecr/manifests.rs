//! The manifests of images in ECR, many in one call.

use serde_json::json;

use super::keychain::Ecr;
use super::{EcrError, EcrHost};
use crate::digest::Digest;

/// Images of one `BatchGetImage`, which takes 100 (botocore, `ecr/service-2.json`): an answer of these is well below what
/// is read.
const BATCH: usize = 20;

/// The media types that are taken: without them, ECR converts for older clients.
pub(super) const ACCEPTED: [&str; 4] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

impl Ecr {
    /// The manifests of images; those that the registry does not give are left out, and so are those with another digest.
    ///
    /// # Errors
    /// [`EcrError`].
    pub fn manifests(
        &self,
        host: &EcrHost,
        repository: &str,
        digests: &[Digest],
    ) -> Result<Vec<(Digest, Vec<u8>)>, EcrError> {
        let endpoint = self.ecr(host);
        let call = self.call(&endpoint, host, "ecr:BatchGetImage");
        let credentials = self.credentials(host)?;
        let mut found = Vec::new();
        for batch in digests.chunks(BATCH) {
            let ids: Vec<_> = batch.iter().map(|digest| json!({"imageDigest": digest.to_string()})).collect();
            let body = json!({
                "registryId": host.account,
                "repositoryName": repository,
                "imageIds": ids,
                "acceptedMediaTypes": ACCEPTED,
            });
            let answer = call.ecr(credentials.clone(), &body)?.0;
            for image in answer["images"].as_array().into_iter().flatten() {
                let digest =
                    image["imageId"]["imageDigest"].as_str().and_then(|text| text.parse::<Digest>().ok());
                let manifest = image["imageManifest"].as_str().map(|text| text.as_bytes().to_vec());
                let both = digest.zip(manifest).filter(|(digest, manifest)| Digest::of(manifest) == *digest);
                found.extend(both);
            }
        }
        Ok(found)
    }
}
