//! Reads an image from an archive of `docker save` (Docker image specification v1.2, "combined image JSON"):
//! `manifest.json` names the configuration and the tars of the layers.

use std::io::{self, Read};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::compress::compressed;
use super::env::SourceEnv;
use super::error::SourceError;
use super::image_ref::{ImageName, Local, Medium};
use super::stored::{StoredImage, StoredLayer};
use crate::arch::Arch;
use crate::digest::Digest;
use crate::image::{BlobSource, Descriptor, Image, ImageConfig, Layer, ManifestError};
use crate::media_type::Family;
use crate::store::archive::{DOCKER_LIST, TarFile};
use crate::survey::unpacked;

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedImage {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

impl ListedImage {
    fn tags(&self) -> &[String] {
        self.repo_tags.as_deref().unwrap_or_default()
    }
}

/// Loads an image of the archive. It gets OCI media types: the archive has none of its own, and its
/// layers are tars that must be compressed anyway.
pub fn load(
    name: &ImageName,
    local: &Local,
    arch: Option<Arch>,
    at: &SourceEnv<'_>,
) -> Result<Image, SourceError> {
    let tar = TarFile::open(&local.path)?;
    let (entry, config) = entry(name, local, arch, &tar)?;
    let diff_ids = config.diff_ids().map_err(|source| SourceError::config(name, source))?;
    if diff_ids.len() != entry.layers.len() {
        let source = ManifestError::Count { layers: entry.layers.len(), diff_ids: diff_ids.len() };
        return Err(SourceError::Manifest { image: name.clone(), source });
    }
    let mut layers = Vec::new();
    for (index, (member, diff_id)) in entry.layers.iter().zip(diff_ids).enumerate() {
        let blob = tar.member(member).ok_or_else(|| missing(name, member))?;
        layers.push(layer(name, index, Arc::new(blob), diff_id, at)?);
    }
    let image = Image::compose(Family::Oci, config, layers, &Default::default());
    if let Some(expected) = local.digest
        && expected != image.digest
    {
        return Err(SourceError::Pin { image: name.clone(), expected, found: image.digest });
    }
    Ok(image)
}

/// The image as it is: without a manifest.
pub fn find(name: &ImageName, local: &Local, arch: Arch) -> Result<StoredImage, SourceError> {
    let tar = TarFile::open(&local.path)?;
    let (entry, config) = entry(name, local, Some(arch), &tar)?;
    let layers = entry.layers.iter().map(|name| {
        let blob = tar.member(name).map(|blob| Arc::new(blob) as Arc<dyn BlobSource>);
        StoredLayer {
            descriptor: Value::Null,
            source: blob.ok_or_else(|| format!("the archive has no `{name}`")),
        }
    });
    let layers = layers.collect();
    let config = Ok(Arc::clone(config.bytes()));
    Ok(StoredImage {
        reference: None,
        is_remote: false,
        descriptor: None,
        index: None,
        manifest: None,
        config,
        layers,
    })
}

fn missing(name: &ImageName, missing: &str) -> SourceError {
    SourceError::NotAnImage {
        image: name.clone(),
        expected: Medium::DockerArchive,
        missing: missing.to_owned(),
    }
}

fn entry(
    name: &ImageName,
    local: &Local,
    arch: Option<Arch>,
    tar: &TarFile,
) -> Result<(ListedImage, ImageConfig), SourceError> {
    let list = tar.document(DOCKER_LIST)?.ok_or_else(|| missing(name, DOCKER_LIST))?;
    let list: Vec<ListedImage> =
        serde_json::from_slice(&list).map_err(|error| SourceError::reading(name, io::Error::other(error)))?;
    let config = |entry: &ListedImage| {
        let config = tar.document(&entry.config)?.ok_or_else(|| missing(name, &entry.config))?;
        ImageConfig::parse(config.into()).map_err(|source| SourceError::config(name, source))
    };
    choose(name, &list, local.name.as_deref(), arch, config)
}

/// The image of that name, else the only one, else the only one of the architecture.
fn choose(
    name: &ImageName,
    list: &[ListedImage],
    tag: Option<&str>,
    arch: Option<Arch>,
    config: impl Fn(&ListedImage) -> Result<ImageConfig, SourceError>,
) -> Result<(ListedImage, ImageConfig), SourceError> {
    let found = || {
        let tags: Vec<_> = list.iter().flat_map(ListedImage::tags).map(|tag| format!("`{tag}`")).collect();
        if tags.is_empty() { format!("{} without a name", list.len()) } else { tags.join(", ") }
    };
    let named: Vec<_> = match tag {
        None => list.iter().collect(),
        Some(tag) => {
            let latest = format!("{tag}:latest");
            let is = |found: &String| [tag, &latest].iter().any(|wanted| familiar(wanted) == familiar(found));
            list.iter().filter(|entry| entry.tags().iter().any(is)).collect()
        }
    };
    if let [only] = named.as_slice() {
        return Ok(((*only).clone(), config(only)?));
    }
    let Some(arch) = arch else {
        return Err(SourceError::Ambiguous { image: name.clone(), found: found() });
    };
    let mut fitting = Vec::new();
    for entry in named.iter().copied() {
        let config = config(entry)?;
        if config.platform().1 == arch.oci() {
            fitting.push((entry.clone(), config));
        }
    }
    match (fitting.pop(), fitting.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(SourceError::Ambiguous { image: name.clone(), found: found() }),
        (None, _) => {
            let wanted =
                tag.map_or_else(|| format!("for linux/{}", arch.oci()), |tag| format!("named `{tag}`"));
            Err(SourceError::NoMatch { image: name.clone(), wanted, found: found() })
        }
    }
}

/// A name as people write it: podman and others write Docker Hub's host out.
fn familiar(name: &str) -> &str {
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    name.strip_prefix("library/").unwrap_or(name)
}

fn layer(
    name: &ImageName,
    index: usize,
    blob: Arc<dyn BlobSource>,
    diff_id: Digest,
    at: &SourceEnv<'_>,
) -> Result<Layer, SourceError> {
    let failed = |source| SourceError::reading(name, source);
    let mut magic = Vec::new();
    blob.open().and_then(|reader| reader.take(4).read_to_end(&mut magic)).map_err(failed)?;
    if magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let error = "a layer is compressed with zstd, which Lambda is not known to take";
        return Err(failed(io::Error::other(error)));
    }
    if !magic.starts_with(&[0x1f, 0x8b]) {
        let mut tar = blob.open().map_err(failed)?;
        return compressed(name, index, &mut tar, diff_id, Family::Oci, at);
    }
    // Nothing but the diff_id says what the bytes should be: one pass finds both digests.
    let (digest, size) = blob.open().and_then(Digest::of_reader).map_err(failed)?;
    let (found, tar_size) = unpacked(blob.open().map_err(failed)?).map_err(failed)?;
    if found != diff_id {
        return Err(SourceError::DiffId { image: name.clone(), index, expected: diff_id, found });
    }
    let media_type = Family::Oci.layer().to_owned();
    let descriptor = Descriptor { media_type, digest, size };
    Ok(Layer { descriptor, diff_id, tar_size: Some(tar_size), source: blob })
}
