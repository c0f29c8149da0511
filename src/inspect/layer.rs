//! Layers as `inspect` shows them: the origin and the size of each.

use serde_json::Value;

use crate::check::ImageView;
use crate::digest::Digest;
use crate::image::CREATED_BY_PREFIX;
use crate::survey::{Kind, Stored, Survey};

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Digest of its bytes as stored, where a manifest says it.
    pub digest: Option<Digest>,
    /// Digest of its tar, by the configuration.
    pub diff_id: Option<Digest>,
    /// Its media type, where a manifest says it.
    pub media_type: Option<String>,
    /// `created_by` of its history entry.
    pub created_by: Option<String>,
    /// Whether it is known to be the base's.
    pub of_base: bool,
    /// Number of its entries other than directories, where it was read.
    pub files: Option<usize>,
    /// Size of its tar in bytes, where it was read.
    pub bytes: Option<u64>,
    /// Size of its bytes as stored; of an archive without a manifest only where they are compressed.
    pub compressed: Option<u64>,
}

/// The layers of an image, lowest first.
pub fn layers(view: &ImageView) -> Vec<Layer> {
    let config = &view.config.value;
    let history = config["history"].as_array().map_or(&[][..], Vec::as_slice);
    let mut history = history.iter().filter(|entry| entry["empty_layer"] != true);
    let digest = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
    let layers = view.layers.iter().enumerate().map(|(at, layer)| {
        let stated = &layer.descriptor;
        let created_by = history.next().and_then(|entry| entry["created_by"].as_str()).map(str::to_owned);
        // A layer in zstd is read and not understood.
        let survey = layer.survey.as_deref().ok().filter(|survey| survey.stored != Stored::Zstd);
        let compressed = survey.filter(|survey| survey.stored != Stored::Tar).map(|survey| survey.size);
        Layer {
            digest: digest(&stated["digest"]),
            diff_id: digest(&config["rootfs"]["diff_ids"][at]),
            media_type: stated["mediaType"].as_str().map(str::to_owned),
            of_base: layer.of_base || created_by.as_deref().is_some_and(is_embedded),
            created_by,
            files: survey.map(files),
            bytes: survey.map(|survey| survey.tar_size),
            compressed: stated["size"].as_u64().or(compressed),
        }
    });
    layers.collect()
}

/// Whether the base that the tool makes itself was made by this.
pub fn is_embedded(created_by: &str) -> bool {
    created_by.strip_prefix(CREATED_BY_PREFIX) == Some("embedded base")
}

fn files(survey: &Survey) -> usize {
    survey.entries.iter().filter(|entry| entry.kind != Kind::Dir).count()
}

impl Layer {
    /// What it is, in a few words: its part of a function, or the instruction of a Dockerfile without what all
    /// have in common.
    pub fn what(&self) -> String {
        let Some(by) = self.created_by.as_deref().filter(|by| !by.trim().is_empty()) else {
            return if self.of_base { "base".to_owned() } else { "–".to_owned() };
        };
        let by = by.strip_prefix(CREATED_BY_PREFIX).unwrap_or(by);
        let by = by.strip_suffix("# buildkit").unwrap_or(by).trim();
        let by = by.strip_prefix("/bin/sh -c #(nop) ").unwrap_or(by);
        let by = by.strip_prefix("/bin/sh -c ").or_else(|| by.strip_prefix("RUN /bin/sh -c ")).unwrap_or(by);
        by.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_called_by_what_made_them() {
        let what = |by: Option<&str>, of_base| {
            let layer = Layer {
                digest: None,
                diff_id: None,
                media_type: None,
                created_by: by.map(str::to_owned),
                of_base,
                files: None,
                bytes: None,
                compressed: None,
            };
            layer.what()
        };
        for (by, expected) in [
            ("lambda-img: dependencies", "dependencies"),
            ("/bin/sh -c #(nop) COPY dir:1 in /var/task ", "COPY dir:1 in /var/task"),
            ("/bin/sh -c yum  install -y gcc", "yum install -y gcc"),
            ("RUN /bin/sh -c make # buildkit", "make"),
            ("COPY . /var/task # buildkit", "COPY . /var/task"),
        ] {
            assert_eq!(what(Some(by), false), expected);
        }
        assert_eq!([what(None, true), what(Some(" "), false)], ["base", "–"]);
    }
}
