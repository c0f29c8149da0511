//! What to do about what registries answer.

use lambda_img::credentials::CredentialError;
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
            "push with another tag, or delete the tag in the registry first".to_owned()
        }
        RegistryError::Credentials { host, source } => {
            format!("{}; `lambda-img auth check {host}` shows details", login(source))
        }
        RegistryError::Create { registry, repository, .. } => format!(
            "{}; to create it with `--create-repository`, your identity needs the IAM action `ecr:CreateRepository`",
            missing(registry, repository)
        ),
        RegistryError::CannotDelete { .. } => {
            "allow deletion in the registry's configuration, such as `REGISTRY_STORAGE_DELETE_ENABLED=true` of \
             docker-registry, or delete with the registry's own tools"
                .to_owned()
        }
        RegistryError::Administration { registry, repository, source } => match &**source {
            CredentialError::Ecr(error) if error.has_code("RepositoryNotFoundException") => {
                not_there(registry, repository)
            }
            error => login(error),
        },
        RegistryError::Http(error) => network(&error.reason, &error.url),
        RegistryError::NotFound { .. } => {
            "check the registry, the repository and the tag; `lambda-img auth check REGISTRY/REPOSITORY` checks \
             whether you can read the repository"
                .to_owned()
        }
        RegistryError::NoPlatform { available, .. } => format!("choose one of {available} with `--arch`"),
        RegistryError::WrongDigest { .. } => {
            "a proxy or the registry altered the data: try again, or ask the operator of the registry".to_owned()
        }
        RegistryError::Blob { .. } => {
            "try again; an image cannot be pushed while its files change".to_owned()
        }
        RegistryError::Status(status) if status.status == 429 || status.status >= 500 => {
            "the registry is overloaded or unavailable: try again later, or with a larger `--retries`".to_owned()
        }
        // An answer with the specification's codes is from a registry.
        RegistryError::Status(status) if status.errors.iter().any(|error| is_code(&error.code)) => {
            "the message is from the registry: ask its operator if it does not help".to_owned()
        }
        _ => "check that the host is a registry (OCI distribution, `/v2/`) and that the name is correct".to_owned(),
    }
}

/// Whether it is of the form of the specification's codes: `MANIFEST_INVALID`.
fn is_code(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// How to create a repository for a push.
fn missing(registry: &str, repository: &str) -> String {
    match create(registry, repository) {
        None => not_there(registry, repository),
        Some(create) => {
            format!(
                "create it with `{create} --image-tag-mutability IMMUTABLE`, or push with `--create-repository`"
            )
        }
    }
}

/// What to do about a repository that is asked for what it has.
fn not_there(registry: &str, repository: &str) -> String {
    let create = create(registry, repository).map_or(String::new(), |create| format!(" with `{create}`"));
    format!("correct the name, or create `{repository}` at {registry}{create}")
}

/// The command that creates a repository in ECR.
fn create(registry: &str, repository: &str) -> Option<String> {
    let host = EcrHost::parse(registry)?;
    let (account, region) = (host.account, host.region);
    Some(format!(
        "aws ecr create-repository --registry-id {account} --region {region} --repository-name {repository}"
    ))
}

fn denied(status: &Status, provider: &str, registry: &str, repository: &str) -> String {
    // Credentials may belong to a part of the registry's names.
    let place = if repository.is_empty() { registry.to_owned() } else { format!("{registry}/{repository}") };
    let is_ecr = EcrHost::parse(registry).is_some();
    if provider == "none" && is_ecr {
        return format!(
            "no credential was found in `--username`, AWS, credential helpers, Docker's config.json and \
             containers/auth.json; `lambda-img auth check {place}` shows details"
        );
    }
    if provider == "none" {
        return format!(
            "log in with `lambda-img login {registry}`; no credential was found in `--username`, credential helpers, \
             Docker's config.json and containers/auth.json; `lambda-img auth check {place}` shows details"
        );
    }
    if provider == UNASKED {
        return format!(
            "{registry} does not offer a way to log in: correct the name, or ask the operator of the registry"
        );
    }
    if provider == WITHHELD {
        return in_clear(registry);
    }
    if !is_ecr {
        return format!("`lambda-img auth check {place}` shows which credential is used");
    }
    let actions = iam::PUSH.join(", ");
    let needs = format!(
        "a push to ECR needs ecr:GetAuthorizationToken and {actions}; `lambda-img auth check {place}` shows your \
         identity and prints the IAM policy that it needs"
    );
    match iam::denied(status) {
        Some(action) => format!("AWS denies `{action}`; ") + &needs,
        None => needs,
    }
}

/// What to do about a repository of the registry cache that does not accept the credentials.
pub fn cache_denied(repository: &str) -> String {
    let host = repository.split_once('/').map_or(repository, |(host, _)| host);
    if EcrHost::parse(host).is_some() {
        return format!(
            "`lambda-img auth check {repository}` shows which credential is used, and with `--policy cache-read` or \
             `--policy cache-write` it prints the IAM policy that it needs"
        );
    }
    format!(
        "log in with `lambda-img login {host}`; `lambda-img auth check {repository}` shows which credential is used"
    )
}

/// What to do about `error` of `auth check` and `login`.
pub fn checked(error: &RegistryError) -> String {
    match error {
        RegistryError::Denied { provider, registry, .. } if provider == "none" => {
            format!("log in with `lambda-img login {registry}`, or add `--username U --password-stdin`")
        }
        RegistryError::Denied { provider, .. } if [UNASKED, WITHHELD].contains(&&**provider) => {
            registry(error)
        }
        RegistryError::Denied { registry, .. } if EcrHost::parse(registry).is_some() => {
            "ask the administrator of the account to attach the policy above to this identity".to_owned()
        }
        RegistryError::Denied { provider, .. } if provider == COMMAND_LINE => {
            "correct the user and the password; many registries need an access token as the password"
                .to_owned()
        }
        RegistryError::Denied { provider, registry, .. } => {
            format!("{registry} refuses the credential from {provider}: log in again")
        }
        RegistryError::Credentials { source, .. } => login(source),
        error => registry(error),
    }
}
