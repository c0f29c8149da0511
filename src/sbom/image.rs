//! What a document says about the image itself.

use serde_json::Value;

use crate::check::ImageView;
use crate::digest::Digest;
use crate::image::Descriptor;
use crate::inspect::{annotations, base, layers};
use crate::media_type::OCI_MANIFEST;

/// The image that a list is about. None of it depends on where the image was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its name: the annotation or label `org.opencontainers.image.title`, otherwise `image`.
    pub name: String,
    /// Digest of its manifest; of an archive without manifests, that of its configuration.
    pub digest: Digest,
    /// The descriptor of its manifest, where it has one.
    pub manifest: Option<Descriptor>,
    /// Its architecture, as OCI calls it.
    pub arch: Option<String>,
    /// When it was made, as the configuration says: RFC 3339, in whole seconds, UTC.
    pub created: String,
    /// The name of its base, where it says so.
    pub base_name: Option<String>,
    /// Digest of its base's manifest, where it says so.
    pub base_digest: Option<String>,
    /// Digests of its layers as stored, lowest first; of an archive without manifests, of their tars.
    pub layers: Vec<String>,
}

/// The key of an image's title (OCI image specification, "annotations").
const TITLE: &str = "org.opencontainers.image.title";

impl Facts {
    pub(super) fn of(view: &ImageView) -> Self {
        let config = &view.config.value;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let shown = layers(view);
        let base = base(view, &shown);
        let title = annotations(view).remove(TITLE).or_else(|| text(&config["config"]["Labels"][TITLE]));
        let digests = shown.iter().map(|layer| layer.digest.or(layer.diff_id));
        Self {
            name: title.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| "image".to_owned()),
            digest: view.digest().unwrap_or_else(|| Digest::of(&view.config.bytes)),
            manifest: manifest(view),
            arch: text(&config["architecture"]).filter(|arch| !arch.is_empty()),
            created: created(config["created"].as_str()),
            base_name: base.name.or_else(|| base.embedded.then(|| "embedded".to_owned())),
            base_digest: base.digest,
            layers: digests
                .map(|digest| digest.map(|digest| digest.to_string()).unwrap_or_default())
                .collect(),
        }
    }
}

/// What an artifact about the image points to.
fn manifest(view: &ImageView) -> Option<Descriptor> {
    let document = view.manifest.as_ref()?;
    let (digest, size) = (Digest::of(&document.bytes), document.bytes.len() as u64);
    let media_type = match (document.value["mediaType"].as_str(), &view.descriptor) {
        (Some(own), _) => own.to_owned(),
        (None, Some(pointing)) => pointing.media_type.clone(),
        (None, None) => OCI_MANIFEST.to_owned(),
    };
    Some(Descriptor { media_type, digest, size })
}

/// A time that SPDX accepts: 1970 if the image does not say one.
fn created(stated: Option<&str>) -> String {
    let time =
        stated.and_then(|text| text.parse::<jiff::Timestamp>().ok()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_whole_seconds_of_utc() {
        assert_eq!(created(Some("2024-01-02T03:04:05.678+01:00")), "2024-01-02T02:04:05Z");
        assert_eq!([created(None), created(Some("now"))], ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"]);
    }
}
