//! What an image has to show.

use std::collections::BTreeMap;

use super::certificates::Certificates;
use super::notation::PAYLOAD;
use crate::attest::Kind;
use crate::examine::CheckOptions;
use crate::sign::PublicKey;

/// What an image has to show. The default asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The keys whose signatures count, by name.
    pub keys: BTreeMap<String, PublicKey>,
    /// The certificates of authorities whose signatures of Notation count, by name.
    pub certificates: Certificates,
    /// The names of keys and certificates that must each have signed the image. If there are none, one of all has to.
    pub signed_by: Vec<String>,
    /// The types of predicates that signed statements must have.
    pub attestations: Vec<String>,
    /// Builders, with `*` for any characters: the signed provenance must name one of them.
    pub builders: Vec<String>,
    /// Repositories of the source, with `*` for any characters: the signed provenance must name one of them.
    pub sources: Vec<String>,
    /// Whether the signed provenance must name the digest of the base, and the same one as the image.
    pub base_pinned: bool,
    /// How the image is checked, if no check may deny it.
    pub checks: Option<CheckOptions>,
}

/// The type of the predicate that says how an image was built.
pub const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

impl Policy {
    /// The type of a predicate by the name that `attest` gives a kind of evidence; any other text stands for itself.
    pub fn predicate_type(name: &str) -> &str {
        match name {
            "sbom" => Kind::CycloneDx.predicate_type(),
            "spdx" => Kind::Spdx.predicate_type(),
            "provenance" => Kind::Provenance.predicate_type(),
            "signature" => Kind::Signature.predicate_type(),
            "notation" => PAYLOAD,
            other => other,
        }
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        !self.has_signers() && self.checks.is_none() && !self.needs_keys()
    }

    /// Whether it names a key or a certificate.
    pub fn has_signers(&self) -> bool {
        !self.keys.is_empty() || !self.certificates.roots.is_empty()
    }

    /// Whether it asks for something that only a signature proves.
    pub fn needs_keys(&self) -> bool {
        let lists = [&self.signed_by, &self.attestations, &self.builders, &self.sources];
        self.base_pinned || lists.iter().any(|list| !list.is_empty())
    }
}
