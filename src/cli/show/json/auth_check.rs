//! The object of `auth check`.

use lambda_img::registry::Step;
use schemars::JsonSchema;
use serde::Serialize;

use super::iam_policy::IamPolicy;
use super::values::Version;

/// Who one is to a registry. Printed also with exit code 1: `usable` is false then.
#[derive(Serialize, JsonSchema)]
pub struct AuthCheck<'a> {
    pub version: Version<1>,
    pub host: &'a str,
    pub repository: Option<&'a str>,
    /// Whether nothing stands in the way of what was asked.
    pub usable: bool,
    /// The provider of the credential; null if there is no credential.
    pub provider: Option<&'a str>,
    /// What is shown to the registry, for people, without its secret.
    pub credential: Option<&'a str>,
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"))]
    pub valid_until: Option<String>,
    /// Whom AWS takes one for.
    pub identity: Option<Identity<'a>>,
    /// What it says to the credential; null where it was not asked.
    #[schemars(extend("enum" = replies()))]
    pub registry: Option<&'static str>,
    /// With --push: what a push asks for.
    pub asked: Vec<Asked<'a>>,
    /// Actions of IAM that AWS denies.
    #[schemars(inner(regex(pattern = "^[a-z0-9-]+:[A-Za-z]+$")))]
    pub missing: &'a [String],
    /// For people.
    pub note: Option<&'a str>,
    /// An IAM policy for who pushes, to ECR.
    pub policy: Option<&'a IamPolicy>,
}

#[derive(Serialize, JsonSchema)]
pub struct Identity<'a> {
    pub account: &'a str,
    pub arn: &'a str,
}

#[derive(Serialize, JsonSchema)]
pub struct Asked<'a> {
    #[schemars(extend("enum" = [Step::ReadManifest, Step::FindBlob, Step::BeginUpload].map(step)))]
    pub what: &'static str,
    /// null where the answer is neither.
    pub allowed: Option<bool>,
    /// For people, where it is not allowed.
    pub answer: Option<&'a str>,
}

/// What a registry says to a credential.
#[derive(Clone, Copy)]
pub enum Reply {
    Open,
    LetsIn,
    Accepts,
    Withheld,
    Wants,
    Refuses,
    NotReached,
    Unexpected,
}

impl Reply {
    const ALL: [Self; 8] = [
        Self::Open,
        Self::LetsIn,
        Self::Accepts,
        Self::Withheld,
        Self::Wants,
        Self::Refuses,
        Self::NotReached,
        Self::Unexpected,
    ];

    pub fn words(self) -> &'static str {
        match self {
            Self::Open => "asks for no credential",
            Self::LetsIn => "lets everybody in, to read at least",
            Self::Accepts => "accepts it",
            Self::Withheld => "is not told it, for it would travel unencrypted",
            Self::Wants => "wants a credential",
            Self::Refuses => "refuses it",
            Self::NotReached => "was not reached",
            Self::Unexpected => "answers what it should not",
        }
    }
}

fn replies() -> Vec<Option<&'static str>> {
    Reply::ALL.into_iter().map(|reply| Some(reply.words())).chain([None]).collect()
}

/// What a step of a push is called.
pub fn step(step: Step) -> &'static str {
    match step {
        Step::ReadManifest => "read manifests",
        Step::FindBlob => "look for layers",
        Step::BeginUpload => "begin uploads",
    }
}
