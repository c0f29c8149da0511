//! The base that an image is on, and the one that it goes to.

use super::base::Base;
use super::error::RebaseError;
use super::wanted::Wanted;
use crate::arch::Arch;
use crate::check::{BASE_DIGEST, BASE_NAME, Document, ImageView, note};
use crate::image::Image;
use crate::reference::Reference;
use crate::runtime;
use crate::source::{self, ImageRef, SourceEnv};

/// What an image says of its base: the name, and the digest.
pub(super) fn noted(image: &Image) -> (Option<String>, Option<String>) {
    let view = ImageView {
        manifest: Some(Document::new(image.manifest.clone())),
        config: Document::new(image.config.bytes().clone()),
        ..ImageView::default()
    };
    let read = |key: &str| note(&view, key).map(str::to_owned);
    (read(BASE_NAME), read(BASE_DIGEST))
}

/// The base to go to: the one that was asked for, else what the image's own is called, else the runtime's.
pub(super) fn new(want: &Wanted, image: &Image, arch: Arch, at: &SourceEnv<'_>) -> Result<Base, RebaseError> {
    let named =
        noted(image).0.and_then(|name| name.parse::<Reference>().ok()).filter(|name| name.digest().is_none());
    let of_runtime = |id: &str| -> Result<ImageRef, RebaseError> {
        let profile = runtime::profile(id)?;
        let reference = profile.image(arch)?.parse().map_err(source::SourceError::from)?;
        Ok(ImageRef::Registry(reference))
    };
    let wanted = match (&want.to, named, &want.runtime) {
        (Some(to), ..) => to.clone(),
        (None, Some(name), _) => ImageRef::Registry(name),
        (None, None, Some(id)) => of_runtime(id)?,
        (None, None, None) => return Err(RebaseError::NoTarget { image: want.image.to_string() }),
    };
    Base::load(&wanted, want, arch, at)
}

/// The base that the image is on, proved by its layers.
pub(super) fn old(
    want: &Wanted,
    image: &Image,
    new: &Base,
    arch: Arch,
    at: &SourceEnv<'_>,
) -> Result<Base, RebaseError> {
    if let Some(assumed) = &want.assume_base {
        let base = Base::load(assumed, want, arch, at)?;
        return begins_with(want, image, base);
    }
    let unknown = |why: String| RebaseError::BaseUnknown { image: want.image.to_string(), why };
    match noted(image) {
        (Some(name), Some(digest)) => {
            let reference: Reference = name.parse().map_err(|_| unknown(format!("it names `{name}`")))?;
            let digest = digest.parse().map_err(|_| unknown(format!("it names the digest `{digest}`")))?;
            let wanted = ImageRef::Registry(reference.with_digest(digest));
            let image_of_base = source::load(&wanted, None, arch, &[], at)?;
            begins_with(want, image, Base { name: format!("{name}@{digest}"), image: image_of_base })
        }
        // Of an image that says nothing, the bases that are known are tried: the new one, and what is pinned.
        (name, digest) => {
            if first_other(image, &new.image).is_none() {
                return Ok(Base { name: new.name.clone(), image: new.image.clone() });
            }
            let why = match (name, digest) {
                (None, Some(digest)) => format!("it has the digest {digest}, and no name"),
                _ => "it does not say what it was built on".to_owned(),
            };
            Err(unknown(why))
        }
    }
}

fn begins_with(want: &Wanted, image: &Image, base: Base) -> Result<Base, RebaseError> {
    let Some(at) = first_other(image, &base.image) else { return Ok(base) };
    let found = image.layers.get(at).map_or("missing".to_owned(), |layer| layer.diff_id.to_string());
    let Some(expected) = base.image.layers.get(at).map(|layer| layer.diff_id) else { return Ok(base) };
    Err(RebaseError::NotOnBase {
        image: want.image.to_string(),
        base: base.name,
        layer: at + 1,
        found,
        expected,
    })
}

/// The first layer of a base that is not the image's, by the tar: another tool may have compressed it again.
fn first_other(image: &Image, base: &Image) -> Option<usize> {
    let is_same =
        |at: &usize| image.layers.get(*at).map(|layer| layer.diff_id) == Some(base.layers[*at].diff_id);
    (0..base.layers.len()).find(|at| !is_same(at))
}
