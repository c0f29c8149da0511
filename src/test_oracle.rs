//! An oracle for tests: verifies an image from its bytes alone, and computes again everything that can be computed. The
//! library and the program do not use it.
//!
//! Every test that makes an image ends with this assertion. Layers of this tool must have layer format 2, and layers of a
//! base must conform to the specification.

use std::collections::BTreeSet;
use std::fmt;

use crate::digest::Digest;
use crate::image::{CREATED_BY_PREFIX, Image, Layer, Manifest};
use crate::survey::{Entry, Kind, Stored, Survey};

/// One thing that is not as it must be: a sentence with both values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads every byte of `image` and lists what does not hold: digests, sizes, diff_ids, media types,
/// history, and of the layers made here order, parents, owners, modes and times.
pub fn validate(image: &Image) -> Vec<Problem> {
    let mut judge = Judge(Vec::new());
    judge.manifest(image);
    let history = judge.history(image);
    for (index, layer) in image.layers.iter().enumerate() {
        let made_here = history.get(index).is_some_and(|made| made.starts_with(CREATED_BY_PREFIX));
        judge.layer(index, layer, image, made_here);
    }
    judge.0
}

struct Judge(Vec<Problem>);

impl Judge {
    fn must(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.0.push(Problem(problem()));
        }
    }

    fn equal<T: PartialEq + fmt::Debug>(&mut self, what: &str, found: T, expected: T) {
        if found != expected {
            self.0.push(Problem(format!("{what} is {found:?}, and should be {expected:?}")));
        }
    }

    fn manifest(&mut self, image: &Image) {
        self.equal("the digest of the image", image.digest, Digest::of(&image.manifest));
        let parsed = match Manifest::parse(&image.manifest) {
            Ok(parsed) => parsed,
            Err(error) => return self.0.push(Problem(error.to_string())),
        };
        self.equal("the family of the manifest", parsed.family, image.family);
        self.equal("the configuration of the manifest", parsed.config, image.config_descriptor());
        let layers: Vec<_> = image.layers.iter().map(|layer| layer.descriptor.clone()).collect();
        self.equal("the layers of the manifest", parsed.layers, layers);
        // Not required by OCI, but ECR refuses manifests without it.
        let top: serde_json::Value = serde_json::from_slice(&image.manifest).unwrap_or_default();
        self.equal("mediaType at the top", top["mediaType"].as_str(), Some(image.family.manifest()));
        let (os, architecture) = image.config.platform();
        self.must(os == "linux", || format!("the operating system is `{os}`"));
        self.must(!architecture.is_empty(), || "the configuration names no architecture".to_owned());
    }

    /// What made each layer, by the entries that are not marked empty.
    fn history(&mut self, image: &Image) -> Vec<String> {
        let value = &image.config.value()["history"];
        let entries = value.as_array().cloned().unwrap_or_default();
        let made = entries.iter().filter(|entry| entry["empty_layer"] != true);
        let made: Vec<_> =
            made.map(|entry| entry["created_by"].as_str().unwrap_or_default().to_owned()).collect();
        self.equal("the number of history entries", made.len(), image.layers.len());
        made
    }

    fn layer(&mut self, index: usize, layer: &Layer, image: &Image, made_here: bool) {
        self.equal(
            &format!("the type of layer {index}"),
            &*layer.descriptor.media_type,
            image.family.layer(),
        );
        let stated = image.config.diff_ids().ok().and_then(|all| all.get(index).copied());
        self.equal(&format!("diff_id {index} of the configuration"), stated, Some(layer.diff_id));
        let survey = match layer.open().and_then(|stored| Survey::read(stored, &[])) {
            Ok(Survey { damage: Some(damage), .. }) => {
                return self.0.push(Problem(format!("layer {index} is damaged: {damage}")));
            }
            Ok(survey) => survey,
            Err(error) => return self.0.push(Problem(format!("layer {index}: {error}"))),
        };
        self.equal(&format!("the diff_id of layer {index}"), survey.diff_id, layer.diff_id);
        if !made_here {
            return;
        }
        self.equal(
            &format!("the compression of layer {index}"),
            survey.stored,
            Stored::Gzip { members: 1, trailing: 0 },
        );
        let missing = survey.missing_parents();
        self.must(missing.is_empty(), || format!("layer {index} lacks the parents {missing:?}"));
        let created = image.config.value()["created"].as_str().unwrap_or_default().to_owned();
        let mut before: Option<&str> = None;
        let mut seen = BTreeSet::new();
        for entry in &survey.entries {
            let path = entry.path.trim_end_matches('/');
            self.must(before.is_none_or(|before| before < path), || {
                format!("layer {index}: `{path}` is out of order")
            });
            self.must(seen.insert(path), || format!("layer {index}: `{path}` stands twice"));
            self.entry(index, entry, &created);
            before = Some(path);
        }
    }

    fn entry(&mut self, index: usize, entry: &Entry, created: &str) {
        let Entry { path, kind, mode, owner, mtime, .. } = entry;
        let allowed: &[u32] = match kind {
            Kind::Dir => &[0o755, 0o1777],
            Kind::File => &[0o644, 0o755],
            Kind::Symlink => &[0o777],
            _ => &[],
        };
        self.must(allowed.contains(mode), || {
            format!("layer {index}: `{path}` is a {kind:?} of mode {mode:o}")
        });
        self.must(*owner == (0, 0), || format!("layer {index}: `{path}` belongs to {owner:?}"));
        let time = mtime.to_string().parse::<crate::epoch::Epoch>().map(crate::epoch::Epoch::rfc3339);
        self.must(time.as_deref().ok() == Some(created), || format!("layer {index}: `{path}` is of {mtime}"));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::num::NonZeroUsize;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::epoch::Epoch;
    use crate::image::{Addition, BytesBlob, Descriptor, Edits, ImageConfig, assemble};
    use crate::media_type::Family;
    use crate::pack::pack;
    use crate::tree::{Content, FileTree, ImagePath, Node};
    use crate::work::Run;

    static NEVER: AtomicBool = AtomicBool::new(false);

    fn image(epoch: Epoch, spoil: impl FnOnce(&mut Vec<u8>, &mut Layer)) -> Image {
        let base =
            serde_json::json!({ "os": "linux", "architecture": "amd64", "rootfs": { "diff_ids": [] } });
        let none = BTreeMap::new();
        let base = Image::compose(Family::Oci, ImageConfig::of(&base).unwrap(), Vec::new(), &none);
        let mut tree = FileTree::new();
        let content = Content::bytes("x", *b"hello");
        tree.insert(ImagePath::new("a/b").unwrap(), Node::File { content, executable: false }).unwrap();
        let mut blob = Vec::new();
        let run = Run::new(NonZeroUsize::MIN, &NEVER);
        let packed = pack(&tree, epoch, run, None, None, &mut blob).unwrap().packed;
        let descriptor = Descriptor { media_type: String::new(), digest: packed.digest, size: packed.size };
        let source: Arc<dyn crate::image::BlobSource> = Arc::new(BytesBlob(Arc::from([])));
        let mut layer = Layer { descriptor, diff_id: packed.diff_id, tar_size: None, source };
        spoil(&mut blob, &mut layer);
        layer.source = Arc::new(BytesBlob(blob.into()));
        let addition = Addition { layer, created_by: format!("{CREATED_BY_PREFIX}code") };
        assemble(&base, Family::Oci, vec![addition], &Edits::default(), &none, Epoch::default()).unwrap()
    }

    fn problems(epoch: Epoch, spoil: impl FnOnce(&mut Vec<u8>, &mut Layer)) -> String {
        validate(&image(epoch, spoil)).iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_sound_image_has_no_problem_and_each_fault_is_one() {
        let epoch = Epoch::default();
        assert_eq!(problems(epoch, |_, _| {}), "");
        assert!(problems(epoch, |blob, _| blob[20] ^= 1).contains("layer 0"));
        assert!(problems(epoch, |_, layer| layer.descriptor.size += 1).contains("bytes long"));
        assert!(
            problems(epoch, |_, layer| layer.diff_id = Digest::of(b"")).contains("the diff_id of layer 0")
        );
        assert!(problems("0".parse().unwrap(), |_, _| {}).contains("`a/b` is of 0"));
        let more = |blob: &mut Vec<u8>, layer: &mut Layer| {
            blob.push(0);
            layer.descriptor =
                Descriptor { digest: Digest::of(blob), size: blob.len() as u64, ..layer.descriptor.clone() };
        };
        assert!(problems(epoch, more).contains("the compression of layer 0"));
    }
}
