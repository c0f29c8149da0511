//! What to do about images that cannot be read.

use std::error;
use std::io;

use lambda_img::digest::Mismatch;
use lambda_img::http::Reason;
use lambda_img::inspect::InspectError;
use lambda_img::registry::Error;
use lambda_img::source::{ImageRef, SourceError};
use lambda_img::store::FileError;
use lambda_img::store::cache::FetchError;

use super::registry::registry;

/// What to do about a cache that cannot be used.
pub const CACHE: &str = "the cache needs a directory that can be written, with room in it: `--cache-dir DIR` or \
                     LAMBDA_IMG_CACHE names another";

/// What to do about an image that cannot be shown or compared.
pub fn inspection(error: &InspectError) -> Option<String> {
    let broken = matches!(error, InspectError::Layer { .. } | InspectError::Document { .. });
    broken.then(|| "`lambda-img check` tells everything that is wrong with it".to_owned())
}

/// What to do about an image that is read, as a base or by itself.
pub fn source(error: &SourceError) -> Option<String> {
    Some(match error {
        SourceError::Offline { .. } => {
            "fetch it with `lambda-img base pull` or a build without `--offline`".to_owned()
        }
        SourceError::OfflineTag { .. } => {
            "pin it with `lambda-img base lock --runtime ID --arch ARCH`, or name it by its digest, as in \
             `--base NAME@sha256:…`"
                .to_owned()
        }
        SourceError::Fetch { source, .. } => fetched(source),
        SourceError::File(error) if error.verb.starts_with("open") => opened(error),
        SourceError::File(_) => CACHE.to_owned(),
        SourceError::PinnedConfig { .. } => "`lambda-img base update` writes the pin anew".to_owned(),
        SourceError::Registry { source: Error::NotFound { .. }, .. } => {
            "check registry, repository and tag; `lambda-img runtimes --json` lists the images of the runtimes, and \
             `lambda-img auth check REGISTRY/REPOSITORY` tells whether you can read a repository at all"
                .to_owned()
        }
        SourceError::Registry { source: Error::Http(error), .. }
            if matches!(error.reason, Reason::Connect(_) | Reason::TimedOut { .. } | Reason::Broken(_)) =>
        {
            "`--registry-mirror HOST=HOST[/PREFIX]` reads from elsewhere, `--offline` from the cache alone"
                .to_owned()
        }
        SourceError::Registry { source, .. } => registry(source),
        SourceError::Index { .. } => "choose its image with `--arch x86_64` or `--arch arm64`".to_owned(),
        SourceError::NotASource { .. } => {
            "name oci:DIR:TAG, oci-archive:FILE, docker-archive:FILE or a reference".to_owned()
        }
        SourceError::NoMatch { base, .. } if matches!(base.parse(), Ok(ImageRef::Registry(_))) => {
            "choose another base, or another `--arch`".to_owned()
        }
        SourceError::NotAnImage { base, expected, .. } => {
            if let Ok(ImageRef::Layout(local)) = base.parse()
                && !local.path.exists()
            {
                return Some(format!("the directory `{}` does not exist: correct the path", local.path.display()));
            }
            format!("name the path of an {expected}").replace("an Docker", "a Docker")
        }
        SourceError::NoMatch { .. } | SourceError::Ambiguous { .. } => {
            "name one behind the path, as in `oci:DIR:TAG`".to_owned()
        }
        SourceError::Platform { arch, .. } => {
            format!("choose a base for linux/{}, or another `--arch`", arch.oci())
        }
        SourceError::Manifest { .. } | SourceError::Listed { .. } => {
            "choose another image, or ask who made this one".to_owned()
        }
        SourceError::Nested { .. } => {
            "name the image itself by its digest, as in `--base NAME@sha256:…`".to_owned()
        }
        SourceError::Blob { .. } => "copy the base again".to_owned(),
        _ => return None,
    })
}

/// What to do about an image at a path that cannot be opened.
fn opened(error: &FileError) -> String {
    let path = error.path.display();
    match error.source.kind() {
        io::ErrorKind::NotFound => format!("`{path}` does not exist: correct the path"),
        _ => format!("check that you may read `{path}`"),
    }
}

/// What to do about a blob that did not arrive.
fn fetched(error: &io::Error) -> String {
    let lies = "the registry, or who stands before it, has other bytes than this digest's: try again, or read \
                from elsewhere with `--registry-mirror HOST=HOST[/PREFIX]`";
    match within::<Error>(error) {
        Some(Error::Protocol { .. }) => return lies.to_owned(),
        Some(Error::Status(status)) if status.status == 404 => {
            return "the registry lacks what its manifest names: ask who runs it, or read from elsewhere with \
                    `--registry-mirror HOST=HOST[/PREFIX]`"
                .to_owned();
        }
        Some(error) => return registry(error),
        None => {}
    }
    match within::<FetchError>(error) {
        Some(FetchError::File(_)) => CACHE.to_owned(),
        Some(FetchError::Mismatch(_)) => lies.to_owned(),
        _ if within::<Mismatch>(error).is_some() => lies.to_owned(),
        _ => "try again: what came is kept, and the next try goes on behind it; `--retries N` and \
              `--timeout S` make it more patient"
            .to_owned(),
    }
}

/// The first error of this type in the causes: an [`io::Error`] hides what it carries.
fn within<'a, T: error::Error + 'static>(error: &'a (dyn error::Error + 'static)) -> Option<&'a T> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => within(carried),
        None => within(error.source()?),
    }
}
