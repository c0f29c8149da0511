//! What Lambda says of a function (botocore, `lambda/2015-03-31/service-2.json`).

use serde_json::Value;

/// A function or one of its versions, as `GetFunction` has it.
#[derive(Clone, Debug, Default)]
pub struct FunctionState {
    /// The ARN.
    pub arn: String,
    /// `Image` or `Zip`.
    pub package_type: String,
    /// `Active`, `Pending` and so on.
    pub state: String,
    /// `Successful`, `InProgress` or `Failed`.
    pub last_update: String,
    /// Code and words of the state's reason, and those of the last update.
    pub reasons: [(String, String); 2],
    /// Changes with every change of the function.
    pub revision: String,
    /// What `PublishVersion` compares the code with.
    pub code_sha256: String,
    /// The image with its digest.
    pub image: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// In MB.
    pub memory: u64,
    /// Whether published versions use SnapStart.
    pub snapstart: bool,
    /// What replaces ENTRYPOINT, CMD and WORKDIR of the image: `EntryPoint`, `Command`, `WorkingDirectory`.
    pub image_config: Value,
    /// The tags.
    pub tags: Vec<(String, String)>,
}

impl FunctionState {
    /// A function that does not exist, and is to have this architecture.
    pub fn absent(architecture: &str) -> Self {
        Self { architecture: architecture.to_owned(), ..Self::default() }
    }

    /// Whether Lambda has it.
    pub fn exists(&self) -> bool {
        !self.arn.is_empty()
    }

    /// From the answer of `GetFunction`.
    pub(super) fn of(answer: &Value) -> Self {
        let configuration = &answer["Configuration"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let field = |name: &str| text(&configuration[name]);
        let tags = answer["Tags"].as_object().into_iter().flatten();
        Self {
            arn: field("FunctionArn"),
            package_type: field("PackageType"),
            state: field("State"),
            last_update: field("LastUpdateStatus"),
            reasons: [
                (field("StateReasonCode"), field("StateReason")),
                (field("LastUpdateStatusReasonCode"), field("LastUpdateStatusReason")),
            ],
            revision: field("RevisionId"),
            code_sha256: field("CodeSha256"),
            image: text(&answer["Code"]["ResolvedImageUri"]),
            architecture: configuration["Architectures"][0].as_str().unwrap_or("x86_64").to_owned(),
            memory: configuration["MemorySize"].as_u64().unwrap_or_default(),
            snapstart: configuration["SnapStart"]["ApplyOn"] == "PublishedVersions",
            image_config: configuration["ImageConfigResponse"]["ImageConfig"].clone(),
            tags: tags.map(|(key, value)| (key.clone(), text(value))).collect(),
        }
    }

    /// The digest of its image, `sha256:…`.
    pub fn digest(&self) -> &str {
        self.image.rsplit_once('@').map_or("", |(_, digest)| digest)
    }

    /// What else deploys the function, as its tags tell: a stack of CloudFormation, or Terraform.
    pub fn owner(&self) -> Option<String> {
        let stack = self.tags.iter().find(|(key, _)| key == "aws:cloudformation:stack-name");
        let is_terraform = |text: &str| text.to_ascii_lowercase().contains("terraform");
        let terraform = || self.tags.iter().any(|(key, value)| is_terraform(key) || is_terraform(value));
        stack
            .map(|(_, name)| format!("the CloudFormation stack `{name}`"))
            .or_else(|| terraform().then(|| "Terraform".to_owned()))
    }
}

/// An alias.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alias {
    /// The version that it names.
    pub version: String,
    /// A further version, and the part of the invocations that it gets.
    pub weights: Vec<(String, f64)>,
    /// Changes with every change of the alias.
    pub revision: String,
    /// Its description.
    pub description: String,
}

impl Alias {
    pub(super) fn of(answer: &Value) -> Self {
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        let weights = answer["RoutingConfig"]["AdditionalVersionWeights"].as_object().into_iter().flatten();
        Self {
            version: text("FunctionVersion"),
            weights: weights.map(|(key, value)| (key.clone(), value.as_f64().unwrap_or_default())).collect(),
            revision: text("RevisionId"),
            description: text("Description"),
        }
    }
}
