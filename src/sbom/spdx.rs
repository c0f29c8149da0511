//! SPDX 2.3 in JSON (spdx.github.io/spdx-spec/v2.3): only the fields that are written.

use std::collections::BTreeMap;

use serde::Serialize;

use super::inventory::{Inventory, Package};
use super::licence::Licence;
use super::uuid::uuid;
use crate::survey::{Algorithm, Checksum, Ecosystem};

const NO_ASSERTION: &str = "NOASSERTION";

/// The identifier of the image itself.
const IMAGE: &str = "SPDXRef-Image";

/// A document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: String,
    document_namespace: String,
    creation_info: CreationInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    packages: Vec<Described>,
    has_extracted_licensing_infos: Vec<Extracted>,
    relationships: Vec<Relationship>,
}

#[derive(Serialize)]
struct CreationInfo {
    created: String,
    creators: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(rename = "SPDXID")]
    id: String,
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version_info: String,
    primary_package_purpose: &'static str,
    download_location: &'static str,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Sum>,
    license_concluded: &'static str,
    license_declared: String,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    source_info: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sum {
    algorithm: &'static str,
    checksum_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extracted {
    license_id: String,
    name: String,
    extracted_text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: &'static str,
    relationship_type: &'static str,
    related_spdx_element: String,
}

/// The document of a list.
pub fn document(inventory: &Inventory) -> Document {
    let image = &inventory.image;
    let mut licences = Licences::default();
    let mut packages = vec![of_image(inventory)];
    let mut relationships = vec![relationship("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE)];
    for (at, package) in inventory.packages.iter().chain(&inventory.extensions).enumerate() {
        let id = format!("SPDXRef-Package-{}", at + 1);
        relationships.push(relationship(IMAGE, "CONTAINS", &id));
        packages.push(described(id, package, &mut licences));
    }
    Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: "SPDXRef-DOCUMENT",
        name: format!("{} {}", image.name, image.digest),
        document_namespace: format!(
            "https://spdx.org/spdxdocs/lambda-img-{}",
            uuid(&format!("spdx {}", image.digest))
        ),
        creation_info: CreationInfo {
            // The image's own time: that of the document would be another one each time.
            created: image.created.clone(),
            creators: vec![format!("Tool: lambda-img-{}", env!("CARGO_PKG_VERSION"))],
        },
        comment: comment(inventory),
        packages,
        has_extracted_licensing_infos: licences.extracted(),
        relationships,
    }
}

/// What could not be listed.
fn comment(inventory: &Inventory) -> Option<String> {
    let gaps = inventory.gaps.iter().map(|gap| format!("Not listed: {}: {}", gap.place.path, gap.why));
    Some(gaps.collect::<Vec<_>>().join("\n")).filter(|text| !text.is_empty())
}

fn relationship(from: &'static str, kind: &'static str, to: &str) -> Relationship {
    Relationship { spdx_element_id: from, relationship_type: kind, related_spdx_element: to.to_owned() }
}

fn of_image(inventory: &Inventory) -> Described {
    let image = &inventory.image;
    let named = |what: &str, value: &Option<String>| value.as_ref().map(|value| format!("{what} {value}"));
    let system = inventory.distribution.as_ref().map(|found| {
        format!("operating system {} {}", found.id, found.version.as_deref().unwrap_or_default())
    });
    let source = [system, named("base", &image.base_name), named("base digest", &image.base_digest)];
    Described {
        source_info: source.into_iter().flatten().collect::<Vec<_>>().join("; "),
        ..bare(
            IMAGE.to_owned(),
            image.name.clone(),
            image.digest.to_string(),
            "CONTAINER",
            &[(Algorithm::Sha256, image.digest.hex())],
        )
    }
}

fn bare(id: String, name: String, version: String, purpose: &'static str, hashes: &[Checksum]) -> Described {
    let algorithm = |algorithm| match algorithm {
        Algorithm::Sha1 => "SHA1",
        Algorithm::Sha256 => "SHA256",
        Algorithm::Sha384 => "SHA384",
        Algorithm::Sha512 => "SHA512",
    };
    let sums =
        hashes.iter().map(|(kind, value)| Sum { algorithm: algorithm(*kind), checksum_value: value.clone() });
    Described {
        id,
        name,
        version_info: version,
        primary_package_purpose: purpose,
        download_location: NO_ASSERTION,
        files_analyzed: false,
        checksums: sums.collect(),
        license_concluded: NO_ASSERTION,
        license_declared: NO_ASSERTION.to_owned(),
        copyright_text: NO_ASSERTION,
        source_info: String::new(),
        external_refs: Vec::new(),
    }
}

fn described(id: String, package: &Package, licences: &mut Licences) -> Described {
    let one = &package.component;
    let name = match &one.namespace {
        Some(above) if one.ecosystem == Ecosystem::Java => format!("{above}:{}", one.name),
        Some(above) => format!("{above}/{}", one.name),
        None => one.name.clone(),
    };
    let purpose = if one.ecosystem == Ecosystem::File { "FILE" } else { "LIBRARY" };
    let places = package.places.iter().map(|place| format!("{} in layer {}", place.path, place.layer));
    Described {
        license_declared: one
            .licence
            .as_deref()
            .map_or(NO_ASSERTION.to_owned(), |text| licences.declared(text)),
        source_info: format!("recorded in {}", places.collect::<Vec<_>>().join(", ")),
        external_refs: vec![ExternalRef {
            reference_category: "PACKAGE-MANAGER",
            reference_type: "purl",
            reference_locator: package.purl.clone(),
        }],
        ..bare(id, name, one.version.clone(), purpose, &one.hashes)
    }
}

/// The licences that are not expressions of SPDX, by their identifiers in the document.
#[derive(Default)]
struct Licences(BTreeMap<String, String>);

impl Licences {
    fn declared(&mut self, stated: &str) -> String {
        match Licence::of(stated) {
            Licence::Expression(text, references) => {
                for reference in references {
                    self.0.entry(reference.clone()).or_insert(reference);
                }
                text
            }
            Licence::Name(name) => {
                let id = format!("LicenseRef-{}", uuid(&format!("licence {name}")));
                self.0.insert(id.clone(), name);
                id
            }
        }
    }

    fn extracted(self) -> Vec<Extracted> {
        let one = |(license_id, name): (String, String)| Extracted {
            license_id,
            extracted_text: name.clone(),
            name,
        };
        self.0.into_iter().map(one).collect()
    }
}
