//! How an image was built: the predicate SLSA provenance v1 of a statement of in-toto.

use serde_json::{Map, Value, json};

/// The type of the predicate.
pub const PREDICATE: &str = "https://slsa.dev/provenance/v1";

/// How builds of this tool are described: what `externalParameters` mean.
const BUILD_TYPE: &str = "urn:lambda-img:build:1";

/// The builder, where nothing says more.
const LOCAL: &str = "urn:lambda-img:builder:local";

/// Where a build runs, as the CI system says. Only a signature proves who says so.
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
    /// The predicate. Only the builder makes a difference between two runs of one build.
    pub(super) fn predicate(&self) -> Value {
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
        json!({
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": self.parameters,
                "resolvedDependencies": dependencies.collect::<Vec<_>>(),
            },
            "runDetails": details,
        })
    }
}

impl Dependency {
    fn to_json(&self) -> Value {
        let (algorithm, digest) = &self.digest;
        json!({ "uri": self.uri, "digest": { algorithm: digest } })
    }
}
