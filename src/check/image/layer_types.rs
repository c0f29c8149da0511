//! Checks: the compression of a layer, by its media type and by its stored bytes.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::media_type::LayerKind;
use crate::survey::Stored;

/// R2: bare tars in an image of Docker's family, a type that Docker's specification does not have.
pub const DOCKER: Check = Check {
    id: "layer-uncompressed-docker",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::C,
    aws_error: Some("InvalidImage: ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest sha256:…"),
    page: page!("layer-uncompressed-docker"),
    run: docker,
};

/// Bare tars in an OCI image: legal, and one source has Lambda take them.
pub const OCI: Check = Check {
    id: "layer-uncompressed",
    group: Group::Image,
    level: Level::Warn,
    evidence: Evidence::C,
    aws_error: None,
    page: page!("layer-uncompressed"),
    run: oci,
};

/// Layers in zstd: it is not documented whether Lambda accepts them.
pub const ZSTD: Check = Check {
    id: "layer-zstd",
    group: Group::Image,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("layer-zstd"),
    run: zstd,
};

/// Layers that are kept elsewhere than in the registry.
pub const FOREIGN: Check = Check {
    id: "layer-foreign",
    group: Group::Image,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("layer-foreign"),
    run: foreign,
};

/// Layers that are stored otherwise than their media type says.
pub const COMPRESSION: Check = Check {
    id: "layer-compression",
    group: Group::Image,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("layer-compression"),
    run: compression,
};

const GZIP: &str =
    "compress the layers with gzip, as `skopeo copy --dest-compress --dest-compress-format gzip` does";

/// A fault of every layer whose media type is such.
fn each(subject: &Subject<'_>, is: impl Fn(&str) -> bool, message: &str, fix: &str) -> Vec<Fault> {
    let layers = subject.view.layers.iter().enumerate();
    let such = layers.filter(|(_, layer)| is(layer.descriptor["mediaType"].as_str().unwrap_or_default()));
    such.map(|(at, _)| Fault::new(Location::Layer(at), message, fix)).collect()
}

fn docker(subject: &Subject<'_>) -> Vec<Fault> {
    let is = |name: &str| name.contains(".docker.") && LayerKind::of(name) == LayerKind::Tar;
    each(subject, is, "it is a bare tar in an image of Docker's family, which Lambda refuses", GZIP)
}

fn oci(subject: &Subject<'_>) -> Vec<Fault> {
    let is = |name: &str| name.contains(".oci.") && LayerKind::of(name) == LayerKind::Tar;
    each(subject, is, "it is a bare tar; only gzip is known to be safe", GZIP)
}

fn zstd(subject: &Subject<'_>) -> Vec<Fault> {
    let message =
        "it is compressed with zstd, which Lambda is not known to take; what is in it was not looked at";
    let layers = subject.view.layers.iter().enumerate();
    let such = layers.filter(|(_, layer)| {
        let said = LayerKind::of(layer.descriptor["mediaType"].as_str().unwrap_or_default());
        said == LayerKind::Zstd || layer.survey.as_ref().is_ok_and(|survey| survey.stored == Stored::Zstd)
    });
    such.map(|(at, _)| Fault::new(Location::Layer(at), message, GZIP)).collect()
}

fn foreign(subject: &Subject<'_>) -> Vec<Fault> {
    let is = |name: &str| LayerKind::of(name) == LayerKind::Foreign;
    let fix = "build on a base whose layers may be distributed";
    each(subject, is, "it is kept elsewhere, and ECR needs the bytes of every layer", fix)
}

fn compression(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, layer) in subject.view.layers.iter().enumerate() {
        let (Some(name), Ok(survey)) = (layer.descriptor["mediaType"].as_str(), &layer.survey) else {
            continue;
        };
        let found = match survey.stored {
            Stored::Gzip { .. } => (LayerKind::Gzip, "gzip"),
            Stored::Tar => (LayerKind::Tar, "not compressed"),
            Stored::Zstd => (LayerKind::Zstd, "zstd"),
        };
        let said = LayerKind::of(name);
        if said != found.0 && !matches!(said, LayerKind::Unknown | LayerKind::Foreign) {
            let message = format!("its media type is `{name}`, and it is {}", found.1);
            faults.push(Fault::new(
                Location::Layer(at),
                message,
                "build the image anew, or compress the layer",
            ));
        }
    }
    faults
}
