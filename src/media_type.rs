//! The media types of images, in their two families.

/// Whose media types an image speaks. The two are never mixed in one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// OCI image specification 1.x.
    Oci,
    /// Docker image manifest V2, schema 2.
    Docker,
}

/// `application/vnd.oci.image.manifest.v1+json`
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Docker's image manifest, version 2 schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// `application/vnd.oci.image.index.v1+json`
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's name of an index: a manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

impl Family {
    /// Both.
    pub const ALL: [Family; 2] = [Family::Oci, Family::Docker];

    /// The type of an image manifest.
    pub fn manifest(self) -> &'static str {
        match self {
            Family::Oci => OCI_MANIFEST,
            Family::Docker => DOCKER_MANIFEST,
        }
    }

    /// The type of an image configuration.
    pub fn config(self) -> &'static str {
        match self {
            Family::Oci => "application/vnd.oci.image.config.v1+json",
            Family::Docker => "application/vnd.docker.container.image.v1+json",
        }
    }

    /// The type of a gzip-compressed layer, the one kind that Lambda is known to take in both families.
    pub fn layer(self) -> &'static str {
        match self {
            Family::Oci => "application/vnd.oci.image.layer.v1.tar+gzip",
            Family::Docker => "application/vnd.docker.image.rootfs.diff.tar.gzip",
        }
    }

    /// The family whose manifest type `media_type` is.
    pub fn of_manifest(media_type: &str) -> Option<Family> {
        Family::ALL.into_iter().find(|family| family.manifest() == media_type)
    }
}

/// Whether `media_type` is an index or manifest list.
pub fn is_index(media_type: &str) -> bool {
    media_type == OCI_INDEX || media_type == DOCKER_LIST
}

/// How the bytes of a layer are stored, by its media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerKind {
    /// A tar in gzip.
    Gzip,
    /// A bare tar: legal in OCI, refused by Lambda in the Docker family (`UnsupportedImageLayerDetected`).
    Tar,
    /// A tar in zstd. It is not known whether Lambda accepts it.
    Zstd,
    /// Not in the registry by its nature (`nondistributable`, `foreign`): ECR needs every blob.
    Foreign,
    /// Anything else.
    Unknown,
}

impl LayerKind {
    /// The kind that `media_type` names.
    pub fn of(media_type: &str) -> LayerKind {
        match media_type {
            "application/vnd.oci.image.layer.v1.tar+gzip"
            | "application/vnd.docker.image.rootfs.diff.tar.gzip" => LayerKind::Gzip,
            "application/vnd.oci.image.layer.v1.tar" | "application/vnd.docker.image.rootfs.diff.tar" => {
                LayerKind::Tar
            }
            "application/vnd.oci.image.layer.v1.tar+zstd"
            | "application/vnd.docker.image.rootfs.diff.tar.zstd" => LayerKind::Zstd,
            other if other.contains("nondistributable") || other.contains("foreign") => LayerKind::Foreign,
            _ => LayerKind::Unknown,
        }
    }
}
