//! CycloneDX 1.5 in JSON (cyclonedx.org/docs/1.5/json): only the fields that are written.

use serde::Serialize;

use super::inventory::{Inventory, Package, Place};
use super::licence::Licence;
use super::purl::encoded;
use super::uuid::uuid;
use crate::survey::{Algorithm, Checksum, Ecosystem};

/// A document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bill {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
}

#[derive(Serialize)]
struct Metadata {
    tools: Tools,
    component: Component,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Default, Serialize)]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "String::is_empty")]
    bom_ref: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<License>,
    #[serde(skip_serializing_if = "String::is_empty")]
    purl: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum License {
    Expression(String),
    License { name: String },
}

#[derive(Serialize)]
struct Evidence {
    occurrences: Vec<Occurrence>,
}

#[derive(Serialize)]
struct Occurrence {
    location: String,
}

#[derive(Serialize)]
struct Property {
    name: String,
    value: String,
}

/// The document of a list.
pub fn bill(inventory: &Inventory) -> Bill {
    let packages = inventory.packages.iter().chain(&inventory.extensions);
    let components = distribution(inventory).into_iter().chain(packages.map(component));
    Bill {
        schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.5",
        serial_number: format!("urn:uuid:{}", uuid(&format!("cyclonedx {}", inventory.image.digest))),
        version: 1,
        metadata: Metadata {
            tools: Tools { components: vec![tool()] },
            component: image(inventory),
            properties: properties(inventory),
        },
        components: components.collect(),
    }
}

fn tool() -> Component {
    let (name, version) = ("lambda-img".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    Component { kind: "application", name, version, ..Component::default() }
}

fn image(inventory: &Inventory) -> Component {
    let image = &inventory.image;
    let arch = image.arch.as_ref().map(|arch| format!("?arch={}", encoded(arch))).unwrap_or_default();
    let purl = format!(
        "pkg:oci/{}@{}{arch}",
        encoded(&image.name.to_lowercase()),
        encoded(&image.digest.to_string())
    );
    Component {
        kind: "container",
        bom_ref: purl.clone(),
        name: image.name.clone(),
        version: image.digest.to_string(),
        hashes: hashes(&[(Algorithm::Sha256, image.digest.hex())]),
        purl,
        ..Component::default()
    }
}

/// What is known of the image, and what of it could not be listed.
fn properties(inventory: &Inventory) -> Vec<Property> {
    let image = &inventory.image;
    let property =
        |name: &str, value: &str| Property { name: format!("lambda-img:{name}"), value: value.to_owned() };
    let base = [("base:name", &image.base_name), ("base:digest", &image.base_digest)];
    let base = base.into_iter().filter_map(|(name, value)| Some(property(name, value.as_deref()?)));
    let layers = image.layers.iter().map(|digest| property("layer", digest));
    let gaps =
        inventory.gaps.iter().map(|gap| property("not-listed", &format!("{}: {}", gap.place.path, gap.why)));
    base.chain(layers).chain(gaps).collect()
}

fn distribution(inventory: &Inventory) -> Option<Component> {
    let found = inventory.distribution.as_ref()?;
    let version = found.version.clone().unwrap_or_default();
    let bom_ref = format!("distribution:{}-{version}", found.id);
    Some(Component {
        kind: "operating-system",
        bom_ref,
        name: found.id.clone(),
        version,
        ..Component::default()
    })
}

fn component(package: &Package) -> Component {
    let one = &package.component;
    let is_file = one.ecosystem == Ecosystem::File;
    let licenses = one.licence.as_deref().map(Licence::of).map(|licence| match licence {
        Licence::Expression(text, _) => License::Expression(text),
        Licence::Name(name) => License::License { name },
    });
    let first = package.places.first().map(|place| place.path.as_str()).unwrap_or_default();
    Component {
        kind: if is_file { "application" } else { "library" },
        // A file has no name of its own but its path.
        bom_ref: if is_file { format!("{}#{first}", package.purl) } else { package.purl.clone() },
        group: one.namespace.clone(),
        name: one.name.clone(),
        version: one.version.clone(),
        hashes: hashes(&one.hashes),
        licenses: licenses.into_iter().collect(),
        purl: package.purl.clone(),
        evidence: Some(Evidence { occurrences: package.places.iter().map(occurrence).collect() }),
        properties: package
            .places
            .iter()
            .enumerate()
            .flat_map(|(at, place)| place_properties(at, place))
            .collect(),
    }
}

fn occurrence(place: &Place) -> Occurrence {
    Occurrence { location: place.path.clone() }
}

fn place_properties(at: usize, place: &Place) -> [Property; 2] {
    let property = |what: &str, value: &str| {
        let name = format!("lambda-img:location:{at}:{what}");
        Property { name, value: value.to_owned() }
    };
    [property("layer", &place.layer), property("path", &place.path)]
}

fn hashes(all: &[Checksum]) -> Vec<Hash> {
    let name = |algorithm| match algorithm {
        Algorithm::Sha1 => "SHA-1",
        Algorithm::Sha256 => "SHA-256",
        Algorithm::Sha384 => "SHA-384",
        Algorithm::Sha512 => "SHA-512",
    };
    all.iter().map(|(algorithm, value)| Hash { alg: name(*algorithm), content: value.clone() }).collect()
}
