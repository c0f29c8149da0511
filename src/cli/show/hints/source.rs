//! What to do about images that cannot be read.

use std::io;
use std::path::Path;

use lambda_img::digest::Mismatch;
use lambda_img::http::Reason;
use lambda_img::inspect::InspectError;
use lambda_img::registry::RegistryError;
use lambda_img::source::{ImageRef, Medium, Role, SourceError};
use lambda_img::store::cache::FetchError;

use super::registry::registry;
use crate::cli::show::cause::cause;

/// What to do about a cache that cannot be used.
pub const CACHE: &str = "the cache needs a writable directory with enough space: choose another one with \
                     `--cache-dir DIR` or LAMBDA_IMG_CACHE";

/// What to do about an image that cannot be shown or compared.
pub fn inspection(error: &InspectError) -> Option<String> {
    match error {
        InspectError::Layer { .. } | InspectError::Document { .. } => {
            Some("`lambda-img check` lists everything that is wrong with the image".to_owned())
        }
        InspectError::NoLayer { .. } => Some("`lambda-img inspect` lists the layers".to_owned()),
        _ => None,
    }
}

/// What to do about an image that is read, as a base or by itself.
pub fn source(error: &SourceError) -> Option<String> {
    Some(match error {
        SourceError::Offline { .. } => {
            "fetch it with `lambda-img base pull` or with a build without `--offline`".to_owned()
        }
        SourceError::OfflineTag { .. } => {
            "pin it with `lambda-img base lock --runtime ID --arch ARCH`, or give its digest, as in \
             `--base NAME@sha256:…`"
                .to_owned()
        }
        SourceError::Fetch { source, .. } => fetched(source),
        SourceError::File(error) if error.verb.starts_with("open") => opened(&error.path, error.source.kind()),
        SourceError::File(_) => CACHE.to_owned(),
        SourceError::Pin { .. } => "correct the digest in the reference, or choose another image".to_owned(),
        SourceError::PinnedConfig { .. } | SourceError::Withdrawn { .. } => "update the pin with `lambda-img base update`".to_owned(),
        SourceError::Registry { source: RegistryError::NotFound { .. }, .. } => {
            "check the registry, the repository and the tag; `lambda-img runtimes --json` lists the images of the \
             runtimes, and `lambda-img auth check REGISTRY/REPOSITORY` checks whether you can read a repository"
                .to_owned()
        }
        SourceError::Registry { source: RegistryError::Http(error), .. }
            if matches!(error.reason, Reason::Connect(_) | Reason::TimedOut { .. } | Reason::Broken(_)) =>
        {
            "check the network; `--registry-mirror HOST=HOST[/PREFIX]` reads from another host, and `--offline` only \
             from the cache"
                .to_owned()
        }
        SourceError::Registry { source, .. } => registry(source),
        SourceError::Index { .. } => "choose one of its images with `--arch x86_64` or `--arch arm64`".to_owned(),
        SourceError::NotASource { .. } => {
            "give oci:DIR:TAG, oci-archive:FILE, docker-archive:FILE or a reference".to_owned()
        }
        SourceError::NoMatch { image, .. } if matches!(image.reference.parse(), Ok(ImageRef::Registry(_))) => {
            "choose another base, or another `--arch`".to_owned()
        }
        SourceError::NotAnImage { image, expected, .. } => {
            if let Ok(ImageRef::Layout(local)) = image.reference.parse()
                && !local.path.exists()
            {
                return Some(format!("the directory `{}` does not exist: correct the path", local.path.display()));
            }
            match expected {
                Medium::Layout => "give the path of an OCI image layout".to_owned(),
                Medium::DockerArchive => "give the path of a Docker archive".to_owned(),
            }
        }
        SourceError::NoMatch { .. } | SourceError::Ambiguous { .. } => {
            "name one of them after the path, as in `oci:DIR:TAG`".to_owned()
        }
        SourceError::Platform { arch, .. } => {
            format!("choose a base for linux/{}, or another `--arch`", arch.oci())
        }
        SourceError::Manifest { .. } | SourceError::Listed { .. } => {
            "choose another image: this one does not follow the specification".to_owned()
        }
        SourceError::Nested { .. } => {
            "give the digest of the image, as in `--base NAME@sha256:…`".to_owned()
        }
        SourceError::Blob { image, .. } => match image.role {
            Role::Base => "copy the base again".to_owned(),
            Role::Image => "copy the image again".to_owned(),
        },
        _ => return None,
    })
}

/// What to do about an image at a path that cannot be opened.
fn opened(path: &Path, why: io::ErrorKind) -> String {
    let path = path.display();
    match why {
        io::ErrorKind::NotFound => format!("`{path}` does not exist: correct the path"),
        _ => format!("check that you can read `{path}`"),
    }
}

/// What to do about content that does not have its digest.
const OTHER_BYTES: &str = "the registry or a proxy sent other content than the digest names: try again, or read from \
                           another host with `--registry-mirror HOST=HOST[/PREFIX]`";

/// What to do about a blob that did not arrive.
fn fetched(error: &io::Error) -> String {
    match cause::<RegistryError>(error) {
        Some(RegistryError::Protocol { .. }) => return OTHER_BYTES.to_owned(),
        Some(RegistryError::Status(status)) if status.status == 404 => {
            return "the registry does not have a blob that its manifest names: read from another host with \
                    `--registry-mirror HOST=HOST[/PREFIX]`, or ask the operator of the registry"
                .to_owned();
        }
        Some(error) => return registry(error),
        None => {}
    }
    match cause::<FetchError>(error) {
        Some(FetchError::File(_)) => CACHE.to_owned(),
        Some(FetchError::Mismatch(_)) => OTHER_BYTES.to_owned(),
        _ if cause::<Mismatch>(error).is_some() => OTHER_BYTES.to_owned(),
        _ => "try again: the next try continues where this one stopped; `--retries N` and `--timeout S` allow more \
              time"
            .to_owned(),
    }
}
