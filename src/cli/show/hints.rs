//! What to do about errors of registries, and of what goes through them.

mod build;
mod login;
mod publish;

use std::io;

use lambda_img::credentials::ecr::EcrHost;
use lambda_img::digest::Mismatch;
use lambda_img::http::{Reason, Url};
use lambda_img::inspect::InspectError;
use lambda_img::registry::{RegistryError, Status, UNASKED, WITHHELD};
use lambda_img::source::{ImageRef, Medium, Role, SourceError};
use lambda_img::store::FileError;
use lambda_img::store::cache::FetchError;

use super::cause::cause;
use super::iam;
pub use build::{build, handler, prepare};
use login::in_clear;
pub use login::login;
use publish::publish;

/// What to do about a cache that cannot be used.
pub const CACHE: &str = "the cache needs a directory that can be written, with room in it: `--cache-dir DIR` or \
                     LAMBDA_IMG_CACHE names another";

/// Where `--username` and its password come from, for messages.
pub const COMMAND_LINE: &str = "the command line";

/// What to do about findings that are denied.
pub const DENIED: &str = "`lambda-img explain ID` tells more, `--allow ID` accepts";

/// What to do about an image that cannot be shown or compared.
pub fn inspection(error: &InspectError) -> Option<String> {
    let broken = matches!(error, InspectError::Layer { .. } | InspectError::Document { .. });
    broken.then(|| "`lambda-img check` tells everything that is wrong with it".to_owned())
}

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
            self::registry(error)
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
        error => self::registry(error),
    }
}

fn network(reason: &Reason, url: &str) -> String {
    let host = host(url);
    match reason {
        Reason::Tls(_) => "if the certificate is your own, name it with `--ca-cert FILE`".to_owned(),
        Reason::NotTls(_) | Reason::Plain => {
            format!("if it may be spoken to without encryption: `--insecure-registry {host}`")
        }
        Reason::Clear => in_clear(&host),
        Reason::Client(why) if why.contains("os error 11") => {
            "allow more processes: `ulimit -u` tells how many a user may have".to_owned()
        }
        Reason::Client(_) => "correct the file that `--ca-cert` names".to_owned(),
        Reason::Connect(_) => {
            format!("check the name and the network; proxies are taken from HTTPS_PROXY; {host} must answer")
        }
        Reason::TimedOut { .. } | Reason::Slow { .. } | Reason::Broken(_) => {
            "try again; `--timeout S` and `--retries N` make it more patient".to_owned()
        }
        Reason::Source(_) => "what is read changed or broke on the way: build or copy it anew".to_owned(),
        _ => "check that the host is a registry and no captive portal or login page".to_owned(),
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

/// What to do about a base.
fn base(error: &SourceError) -> Option<String> {
    Some(match error {
        SourceError::Offline { .. } => {
            "fetch it with `lambda-img base pull` or a build without `--offline`".to_owned()
        }
        SourceError::OfflineTag { .. } => {
            "pin it with `lambda-img base lock --runtime ID --arch ARCH`, or name it by its digest, as in \
             `--base NAME@sha256:…`"
                .to_owned()
        }
        SourceError::Fetch { source, .. } => fetched(source),
        SourceError::File(error) if error.verb.starts_with("open") => opened(error),
        SourceError::File(_) => CACHE.to_owned(),
        SourceError::PinnedConfig { .. } => "`lambda-img base update` writes the pin anew".to_owned(),
        SourceError::Registry { source: RegistryError::NotFound { .. }, .. } => {
            "check registry, repository and tag; `lambda-img runtimes --json` lists the images of the runtimes, and \
             `lambda-img auth check REGISTRY/REPOSITORY` tells whether you can read a repository at all"
                .to_owned()
        }
        SourceError::Registry { source: RegistryError::Http(error), .. }
            if matches!(error.reason, Reason::Connect(_) | Reason::TimedOut { .. } | Reason::Broken(_)) =>
        {
            "`--registry-mirror HOST=HOST[/PREFIX]` reads from elsewhere, `--offline` from the cache alone"
                .to_owned()
        }
        SourceError::Registry { source, .. } => registry(source),
        SourceError::Index { .. } => "choose its image with `--arch x86_64` or `--arch arm64`".to_owned(),
        SourceError::NotASource { .. } => {
            "name oci:DIR:TAG, oci-archive:FILE, docker-archive:FILE or a reference".to_owned()
        }
        SourceError::NoMatch { image, .. } if matches!(image.reference.parse(), Ok(ImageRef::Registry(_))) => {
            "choose another base, or another `--arch`".to_owned()
        }
        SourceError::NotAnImage { image, expected, .. } => {
            if let Ok(ImageRef::Layout(local)) = image.reference.parse()
                && !local.path.exists()
            {
                return Some(format!("the directory `{}` does not exist: correct the path", local.path.display()));
            }
            match expected {
                Medium::Layout => "name the path of an OCI image layout".to_owned(),
                Medium::DockerArchive => "name the path of a Docker archive".to_owned(),
            }
        }
        SourceError::NoMatch { .. } | SourceError::Ambiguous { .. } => {
            "name one behind the path, as in `oci:DIR:TAG`".to_owned()
        }
        SourceError::Platform { arch, .. } => {
            format!("choose a base for linux/{}, or another `--arch`", arch.oci())
        }
        SourceError::Manifest { .. } | SourceError::Listed { .. } => {
            "choose another image, or ask who made this one".to_owned()
        }
        SourceError::Nested { .. } => {
            "name the image itself by its digest, as in `--base NAME@sha256:…`".to_owned()
        }
        SourceError::Blob { image, .. } => match image.role {
            Role::Base => "copy the base again".to_owned(),
            Role::Image => "copy the image again".to_owned(),
        },
        _ => return None,
    })
}

/// What to do about an image at a path that cannot be opened.
fn opened(error: &FileError) -> String {
    let path = error.path.display();
    match error.source.kind() {
        io::ErrorKind::NotFound => format!("`{path}` does not exist: correct the path"),
        _ => format!("check that you may read `{path}`"),
    }
}

/// What to do about a blob that did not arrive.
fn fetched(error: &io::Error) -> String {
    let lies = "the registry, or who stands before it, has other bytes than this digest's: try again, or read \
                from elsewhere with `--registry-mirror HOST=HOST[/PREFIX]`";
    match cause::<RegistryError>(error) {
        Some(RegistryError::Protocol { .. }) => return lies.to_owned(),
        Some(RegistryError::Status(status)) if status.status == 404 => {
            return "the registry lacks what its manifest names: ask who runs it, or read from elsewhere with \
                    `--registry-mirror HOST=HOST[/PREFIX]`"
                .to_owned();
        }
        Some(error) => return registry(error),
        None => {}
    }
    match cause::<FetchError>(error) {
        Some(FetchError::File(_)) => CACHE.to_owned(),
        Some(FetchError::Mismatch(_)) => lies.to_owned(),
        _ if cause::<Mismatch>(error).is_some() => lies.to_owned(),
        _ => "try again: what came is kept, and the next try goes on behind it; `--retries N` and \
              `--timeout S` make it more patient"
            .to_owned(),
    }
}
