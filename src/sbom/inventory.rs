//! The packages of an image: what the files of all layers together record.

use std::collections::BTreeMap;

use super::distribution::{self, Distribution};
use super::image::Facts;
use super::purl::purl;
use crate::check::ImageView;
use crate::survey::{Algorithm, Checksum, Component, Ecosystem, Fact, Tree, split};

/// The packages of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// The image.
    pub image: Facts,
    /// The Linux distribution that it names.
    pub distribution: Option<Distribution>,
    /// The packages, by their URLs in byte order.
    pub packages: Vec<Package>,
    /// Lambda's extensions, by their paths: files of which only the hash is known.
    pub extensions: Vec<Package>,
    /// What is recorded and could not be read, by path.
    pub gaps: Vec<Gap>,
}

/// A package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its package URL (purl).
    pub purl: String,
    /// What its files say.
    pub component: Component,
    /// The files that record it, by path.
    pub places: Vec<Place>,
}

/// A file of the image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its path, from the root of the image.
    pub path: String,
    /// Digest of the layer that it is in, as [`Facts::layers`] has it.
    pub layer: String,
}

/// A file that records packages and could not be read, or not completely.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The file.
    pub place: Place,
    /// Why, as a clause about the file.
    pub why: String,
}

/// Collects the packages of an image of which every layer was read.
pub(super) fn of(view: &ImageView) -> Inventory {
    let tree = Tree::new(view.surveys(), true);
    let image = Facts::of(view);
    let distribution = distribution::of(&tree);
    let locked = locked(&tree);
    let place = |name: &str, layer: usize| Place {
        path: format!("/{name}"),
        layer: image.layers.get(layer).cloned().unwrap_or_default(),
    };
    let (mut packages, mut extensions, mut gaps) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (name, found) in tree.iter() {
        for fact in &tree.content(found).unwrap_or(found).entry.facts {
            match fact {
                Fact::Components(list) => {
                    for one in list {
                        let hashes = locked.get(split(name).0).copied();
                        add(&mut packages, one, hashes, distribution.as_ref(), place(name, found.layer));
                    }
                }
                Fact::Content(digest) => {
                    let hash = (Algorithm::Sha256, digest.hex());
                    extensions.push(extension(name, hash, place(name, found.layer)));
                }
                Fact::NotListed(why) => gaps.push(Gap { place: place(name, found.layer), why: why.clone() }),
                _ => {}
            }
        }
    }
    gaps.sort();
    Inventory { image, distribution, packages: packages.into_values().collect(), extensions, gaps }
}

/// Adds a package, or one more place of a package that is known.
fn add(
    packages: &mut BTreeMap<String, Package>,
    one: &Component,
    hashes: Option<&Vec<Checksum>>,
    distribution: Option<&Distribution>,
    place: Place,
) {
    let purl = purl(one, distribution);
    // Two jars of one name that says nothing else are two files.
    let key = match one.ecosystem {
        Ecosystem::File => format!("{purl} {}", place.path),
        _ => purl.clone(),
    };
    let package =
        packages.entry(key).or_insert_with(|| Package { purl, component: one.clone(), places: Vec::new() });
    let known = &mut package.component;
    known.licence = known.licence.take().or_else(|| one.licence.clone());
    known.hashes.extend(one.hashes.iter().chain(hashes.into_iter().flatten()).cloned());
    known.hashes.sort();
    known.hashes.dedup();
    package.places.push(place);
    package.places.sort();
    package.places.dedup();
}

fn extension(name: &str, hash: Checksum, place: Place) -> Package {
    let component = Component {
        ecosystem: Ecosystem::File,
        namespace: None,
        name: split(name).1.to_owned(),
        version: String::new(),
        licence: None,
        qualifiers: vec![("checksum".to_owned(), format!("sha256:{}", hash.1))],
        hashes: vec![hash],
    };
    Package { purl: purl(&component, None), component, places: vec![place] }
}

/// The hashes that a lock file has, by the directory of the package.
fn locked<'a>(tree: &Tree<'a>) -> BTreeMap<String, &'a Vec<Checksum>> {
    let mut hashes = BTreeMap::new();
    for (name, found) in tree.iter() {
        for fact in &found.entry.facts {
            let Fact::Locked(list) = fact else { continue };
            // `function/node_modules/.package-lock.json` names `node_modules/a`.
            let above = split(split(name).0).0;
            for one in list {
                let dir = if above.is_empty() { one.dir.clone() } else { format!("{above}/{}", one.dir) };
                hashes.insert(dir, &one.hashes);
            }
        }
    }
    hashes
}
