//! What to do about what registries answer.

use lambda_img::credentials::ecr::EcrHost;
use lambda_img::registry::{RegistryError, Status, UNASKED, WITHHELD};

use super::login::login;
use super::network::{in_clear, network};
use crate::cli::show::iam;

/// Where `--username` and its password come from, for messages.
pub const COMMAND_LINE: &str = "the command line";

/// What to do about `error`.
pub fn registry(error: &RegistryError) -> String {
    match error {
        RegistryError::RepositoryMissing { registry, repository, .. } => missing(registry, repository),
        RegistryError::Denied { status, provider, registry, repository } => {
            denied(status, provider, registry, repository)
        }
        RegistryError::TagImmutable { .. } => {
            "push under another tag; or delete that tag first, if it may be moved".to_owned()
        }
        RegistryError::Credentials { host, source } => {
            format!("{}; `lambda-img auth check {host}` tells more", login(source))
        }
        RegistryError::Create { registry, repository, .. } => {
            let action = "it takes the IAM action `ecr:CreateRepository`";
            format!("{action}; or {}", missing(registry, repository))
        }
        RegistryError::Http(error) => network(&error.reason, &error.url),
        RegistryError::NotFound { .. } => "check registry, repository and tag; `lambda-img auth check \
                                   REGISTRY/REPOSITORY` tells whether you can read it at all"
            .to_owned(),
        RegistryError::NoPlatform { available, .. } => format!("choose one of {available} with `--arch`"),
        RegistryError::WrongDigest { .. } => {
            "somebody between here and there changes bytes: ask who runs the registry or the proxy".to_owned()
        }
        RegistryError::Blob { .. } => {
            "try again; a source that changes while it is read cannot be pushed".to_owned()
        }
        RegistryError::Status(status) if status.status == 429 || status.status >= 500 => {
            "the registry is busy or ill: try again later, or with a larger `--retries`".to_owned()
        }
        // Whoever speaks in the specification's codes is a registry.
        RegistryError::Status(status) if status.errors.iter().any(|error| is_code(&error.code)) => {
            "these are the registry's own words: ask who runs it where they do not help".to_owned()
        }
        _ => "check that the host is a registry (OCI distribution, `/v2/`) and the name right".to_owned(),
    }
}

/// Whether it is of the form of the specification's codes: `MANIFEST_INVALID`.
fn is_code(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// How a repository comes into being.
fn missing(registry: &str, repository: &str) -> String {
    let Some(host) = EcrHost::parse(registry) else {
        return format!("create `{repository}` at {registry} first, or correct the name");
    };
    format!(
        "create it with `aws ecr create-repository --registry-id {} --region {} --repository-name \
         {repository} --image-tag-mutability IMMUTABLE`, or push with `--create-repository`",
        host.account, host.region
    )
}

fn denied(status: &Status, provider: &str, registry: &str, repository: &str) -> String {
    // Credentials may belong to a part of the registry's names.
    let check = match repository {
        "" => format!("`lambda-img auth check {registry}`"),
        _ => format!("`lambda-img auth check {registry}/{repository}`"),
    };
    if provider == "none" {
        let tried = "no credential was found: tried `--username`, AWS for ECR's hosts, credential helpers, Docker's \
                     config.json and containers/auth.json";
        return match EcrHost::parse(registry) {
            Some(_) => format!("{tried}; {check} tells more"),
            None => format!("log in with `lambda-img login {registry}`; {tried}; {check} tells more"),
        };
    }
    if provider == UNASKED {
        return format!(
            "{registry} refuses and does not say how to log in: ask who runs it, or correct the name"
        );
    }
    if provider == WITHHELD {
        return in_clear(registry);
    }
    match EcrHost::parse(registry) {
        Some(_) => format!(
            "{}who pushes to ECR needs ecr:GetAuthorizationToken and {}; {check} says who this is and prints \
             a policy to paste",
            iam::denied(status).map_or(String::new(), |action| format!("`{action}` is denied; ")),
            iam::PUSH.join(", ")
        ),
        None => format!("{check} says which credential is used"),
    }
}

/// What to do about `error` for who ran `auth check` itself.
pub fn checked(error: &RegistryError) -> String {
    match error {
        RegistryError::Denied { provider, registry, .. } if provider == "none" => {
            format!("log in with `lambda-img login {registry}`, or give `--username U --password-stdin`")
        }
        RegistryError::Denied { provider, .. } if [UNASKED, WITHHELD].contains(&&**provider) => {
            registry(error)
        }
        RegistryError::Denied { registry, .. } if EcrHost::parse(registry).is_some() => {
            "let who administers the account attach the policy above to this identity".to_owned()
        }
        RegistryError::Denied { provider, .. } if provider == COMMAND_LINE => {
            "correct user and password; many registries want an access token in its place".to_owned()
        }
        RegistryError::Denied { provider, registry, .. } => {
            format!("what {provider} gives is not good at {registry}: log in anew")
        }
        RegistryError::Credentials { source, .. } => login(source),
        error => registry(error),
    }
}
