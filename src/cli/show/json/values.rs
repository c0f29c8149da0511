//! Values that several objects have, and what their schemas say of them.

use std::borrow::Cow;

use lambda_img::arch::Arch;
use lambda_img::check::{CHECKS, Check};
use lambda_img::date::Date;
use lambda_img::digest;
use lambda_img::media_type::Family;
use lambda_img::survey::Kind;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// The version of an object, which is always the same number.
#[derive(Clone, Copy)]
pub struct Version<const NUMBER: u8>;

impl<const NUMBER: u8> Serialize for Version<NUMBER> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(NUMBER)
    }
}

impl<const NUMBER: u8> JsonSchema for Version<NUMBER> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": NUMBER })
    }
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("enum" = Arch::ALL.map(Arch::lambda)))]
pub struct Architecture(&'static str);

impl From<Arch> for Architecture {
    fn from(arch: Arch) -> Self {
        Self(arch.lambda())
    }
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("pattern" = "^sha256:[0-9a-f]{64}$"))]
pub struct Digest(#[schemars(with = "String")] digest::Digest);

impl From<digest::Digest> for Digest {
    fn from(digest: digest::Digest) -> Self {
        Self(digest)
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("pattern" = "^.+@sha256:[0-9a-f]{64}$"))]
pub struct Pinned(pub String);

#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("format" = "date", "pattern" = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
pub struct Day(String);

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        Self(date.to_string())
    }
}

#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("enum" = Family::ALL.map(Family::manifest)))]
pub struct ManifestType(&'static str);

impl From<Family> for ManifestType {
    fn from(family: Family) -> Self {
        Self(family.manifest())
    }
}

const KINDS: [Kind; 9] = [
    Kind::File,
    Kind::Dir,
    Kind::Symlink,
    Kind::HardLink,
    Kind::CharDevice,
    Kind::BlockDevice,
    Kind::Fifo,
    Kind::Sparse,
    Kind::Other(0),
];

#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("enum" = KINDS.map(Kind::name)))]
pub struct EntryKind(&'static str);

impl From<Kind> for EntryKind {
    fn from(kind: Kind) -> Self {
        Self(kind.name())
    }
}

/// The words that checks have for something, each once.
pub fn words_of_checks(word: fn(&Check) -> String) -> Vec<String> {
    let mut words: Vec<_> = CHECKS.iter().map(|check| word(check)).collect();
    words.sort();
    words.dedup();
    words
}
