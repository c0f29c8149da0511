//! How an image was built: a statement of in-toto (Statement v1) whose predicate is SLSA provenance v1.

use serde_json::{Map, Value, json};

use crate::digest::Digest;

/// The type of the predicate.
pub const PREDICATE: &str = "https://slsa.dev/provenance/v1";

/// The type of the statement.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// How builds of this tool are described: what `externalParameters` mean.
const BUILD_TYPE: &str = "urn:lambda-img:build:1";

/// The builder, where nothing says more.
const LOCAL: &str = "urn:lambda-img:builder:local";

/// Where a build runs, as the CI system says. Nothing proves it: the statement is not signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Builder {
    /// A URL that identifies the builder.
    pub id: Option<String>,
    /// A URL that identifies this run of it.
    pub invocation: Option<String>,
    /// The repository of the source, as a URL, and its commit.
    pub source: Option<(String, String)>,
}

/// Something that the image was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// What it is: a URL, or a name.
    pub uri: String,
    /// The name of the digest's algorithm, such as `sha256`, and the digest.
    pub digest: (String, String),
}

/// How an image was built.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// What was asked for: all that decides bytes, and no secrets.
    pub parameters: Map<String, Value>,
    /// What the image was made of.
    pub dependencies: Vec<Dependency>,
    /// Who built it.
    pub builder: Builder,
}

impl Provenance {
    /// The statement about an image. Only the builder makes a difference between two runs of one build.
    pub(super) fn statement(&self, image: Digest) -> Vec<u8> {
        let source = self.builder.source.as_ref().map(|(uri, commit)| Dependency {
            uri: format!("git+{uri}"),
            digest: ("gitCommit".to_owned(), commit.clone()),
        });
        let dependencies = self.dependencies.iter().chain(&source).map(Dependency::to_json);
        let mut details = json!({
            "builder": {
                "id": self.builder.id.as_deref().unwrap_or(LOCAL),
                "version": { "lambda-img": env!("CARGO_PKG_VERSION") },
            },
        });
        if let Some(invocation) = &self.builder.invocation {
            details["metadata"] = json!({ "invocationId": invocation });
        }
        let statement = json!({
            "_type": STATEMENT,
            "subject": [{ "name": "image", "digest": { "sha256": image.hex() } }],
            "predicateType": PREDICATE,
            "predicate": {
                "buildDefinition": {
                    "buildType": BUILD_TYPE,
                    "externalParameters": self.parameters,
                    "resolvedDependencies": dependencies.collect::<Vec<_>>(),
                },
                "runDetails": details,
            },
        });
        statement.to_string().into_bytes()
    }
}

impl Dependency {
    fn to_json(&self) -> Value {
        let (algorithm, digest) = &self.digest;
        json!({ "uri": self.uri, "digest": { algorithm: digest } })
    }
}
