//! What to do about errors of registries and bases, and about findings.

use lambda_img::base::{BaseError, BaseRef};
use lambda_img::credentials::ecr::EcrHost;
use lambda_img::credentials::{self, ecr};
use lambda_img::http::{Reason, Url};
use lambda_img::registry::{Error, Status};

use super::iam;

/// What to do about findings that are denied.
pub const DENIED: &str = "`lambda-img explain ID` tells more, `--allow ID` accepts";

/// What to do about `error`.
pub fn registry(error: &Error) -> String {
    match error {
        Error::RepositoryMissing { registry, repository, .. } => missing(registry, repository),
        Error::Denied { status, provider } => denied(status, provider),
        Error::TagImmutable { .. } => {
            "push under another tag; or delete that tag first, if it may be moved".to_owned()
        }
        Error::Credentials { host, source } => credential(host, source),
        Error::Create { registry, repository, .. } => {
            let action = "it takes the IAM action `ecr:CreateRepository`";
            format!("{action}; or {}", missing(registry, repository))
        }
        Error::Http(error) => network(&error.reason, &error.url),
        Error::NotFound { .. } => "check registry, repository and tag".to_owned(),
        Error::NoPlatform { available, .. } => format!("choose one of {available} with `--arch`"),
        Error::WrongDigest { .. } => {
            "somebody between here and there changes bytes: ask who runs the registry or the proxy".to_owned()
        }
        Error::Blob { .. } => "try again; a source that changes while it is read cannot be pushed".to_owned(),
        Error::Status(status) if status.status == 429 || status.status >= 500 => {
            "the registry is busy or ill: try again later, or with a larger `--retries`".to_owned()
        }
        Error::Status(_) | Error::Protocol { .. } => {
            "check that the host is a registry (OCI distribution, `/v2/`) and the name right".to_owned()
        }
    }
}

/// What to do about errors of bases.
pub fn base(error: &BaseError) -> Option<String> {
    Some(match error {
        BaseError::Offline { .. } => {
            "fetch it with `lambda-img base pull` or a build without `--offline`".to_owned()
        }
        BaseError::OfflineTag { .. } => {
            "pin it with `lambda-img base lock --runtime ID --arch ARCH`, or name it by its digest, as in \
             `--base NAME@sha256:…`"
                .to_owned()
        }
        BaseError::PinnedConfig { .. } => "`lambda-img base update` writes the pin anew".to_owned(),
        BaseError::Registry { source: Error::NotFound { .. }, .. } => {
            "look for it with `skopeo list-tags`; `lambda-img runtimes --json` has the runtimes' own"
                .to_owned()
        }
        BaseError::Registry { source: Error::Http(_), .. } => {
            "`--registry-mirror HOST=HOST[/PREFIX]` reads from elsewhere, `--offline` from the cache alone"
                .to_owned()
        }
        BaseError::Registry { source, .. } => self::registry(source),
        BaseError::Index { .. } => "choose its image with `--arch x86_64` or `--arch arm64`".to_owned(),
        BaseError::NotASource { .. } => {
            "name oci:DIR:TAG, oci-archive:FILE, docker-archive:FILE or a reference".to_owned()
        }
        BaseError::NoMatch { base, .. } if matches!(base.parse(), Ok(BaseRef::Registry(_))) => {
            "choose another base, or another `--arch`".to_owned()
        }
        BaseError::NotAnImage { expected, .. } => {
            format!("name the path of an {expected}").replace("an Docker", "a Docker")
        }
        BaseError::NoMatch { .. } | BaseError::Ambiguous { .. } => {
            "name one behind the path, as in `oci:DIR:TAG`".to_owned()
        }
        BaseError::Platform { arch, .. } => {
            format!("choose a base for linux/{}, or another `--arch`", arch.oci())
        }
        BaseError::Blob { .. } => "copy the base again".to_owned(),
        _ => return None,
    })
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

fn denied(status: &Status, provider: &str) -> String {
    let host = host(&status.url);
    if provider == "none" {
        return format!(
            "no credential was found: tried `--username`, AWS for ECR's hosts, credential helpers, Docker's \
             config.json and containers/auth.json; `lambda-img auth check {host}` tells more"
        );
    }
    match EcrHost::parse(&host) {
        Some(_) => format!(
            "who pushes to ECR needs ecr:GetAuthorizationToken and {}; `lambda-img auth check {host}` says \
             who this is and prints a policy to paste",
            iam::PUSH.join(", ")
        ),
        None => format!("`lambda-img auth check {host}` says which credential is used"),
    }
}

/// A provider that is responsible and fails.
pub fn credential(host: &str, error: &credentials::Error) -> String {
    let check = format!("`lambda-img auth check {host}`");
    match error {
        credentials::Error::File { path, .. } => format!("correct `{path}`, or log in anew"),
        credentials::Error::Helper(_) => format!("run the helper by hand, then {check}"),
        credentials::Error::Ecr(ecr::Error::NoCredentials { .. }) => format!(
            "log in with `aws sso login` or `aws configure`, or set AWS_PROFILE; in GitHub Actions, give the \
             job `permissions: id-token: write` and set AWS_ROLE_ARN; then {check}"
        ),
        credentials::Error::Ecr(ecr::Error::Refused { action, .. }) => {
            format!("who pushes needs the IAM action `{action}`: {check} prints a policy to paste")
        }
        credentials::Error::Ecr(_) => format!("{check} tells more"),
    }
}

fn network(reason: &Reason, url: &str) -> String {
    let host = host(url);
    match reason {
        Reason::Tls(_) => "if the certificate is your own, name it with `--ca-cert FILE`".to_owned(),
        Reason::NotTls(_) | Reason::Plain => {
            format!("if it may be spoken to without encryption: `--insecure-registry {host}`")
        }
        Reason::Client(_) => "correct the file that `--ca-cert` names".to_owned(),
        Reason::Connect(_) => {
            format!("check the name and the network; proxies are taken from HTTPS_PROXY; {host} must answer")
        }
        Reason::TimedOut { .. } | Reason::Broken(_) => {
            "try again; `--timeout S` and `--retries N` make it more patient".to_owned()
        }
        Reason::Source(_) => "the image's own files changed or broke: build it anew".to_owned(),
        Reason::TooLarge { .. } | Reason::Redirect { .. } => {
            "check that the host is a registry and no captive portal or login page".to_owned()
        }
    }
}

/// The `host[:port]` of a URL.
fn host(url: &str) -> String {
    let parsed = url.parse::<Url>().ok();
    let name = parsed.as_ref().and_then(|url| url.host_str()).unwrap_or("HOST").to_owned();
    match parsed.and_then(|url| url.port()) {
        Some(port) => format!("{name}:{port}"),
        None => name,
    }
}
