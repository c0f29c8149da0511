//! Asks a registry which steps of a push it allows, without leaving anything in the repository.

use reqwest::header::ACCEPT;

use super::auth::{Scope, Session};
use super::endpoint::Endpoint;
use super::error::{RegistryError, Status};
use super::registries::Registries;
use super::{pull, upload};
use crate::digest::Digest;
use crate::http::{HeaderValue, Method, Request};

/// Something that a push does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It reads manifests.
    ReadManifest,
    /// It looks whether a blob is there.
    FindBlob,
    /// It opens an upload.
    BeginUpload,
}

/// Whether it may.
#[derive(Debug)]
pub enum Verdict {
    /// It may.
    Allowed,
    /// It may not: the [`RegistryError::Denied`].
    Denied(RegistryError),
    /// Neither was said.
    Unclear(Status),
}

impl Registries {
    /// Asks for what a push to `repository` at `host` asks for: a manifest and a blob that nothing has,
    /// and an upload, which is given up at once. What comes behind an upload cannot be asked for
    /// without leaving something.
    ///
    /// # Errors
    /// Whatever the way there gives.
    pub fn probe(&self, host: &str, repository: &str) -> Result<Vec<(Step, Verdict)>, RegistryError> {
        let place = Endpoint::at(host, repository);
        let session = self.session(&place);
        ask(&session, repository).map_err(|error| session.hide(error))
    }
}

fn ask(session: &Session, repository: &str) -> Result<Vec<(Step, Verdict)>, RegistryError> {
    let scope = Scope::push(repository);
    let nothing = Digest::of(b"");
    let url = |path: &str| session.url(&format!("{repository}/{path}"));
    let asks = [
        (Step::ReadManifest, Method::Get, url(&format!("manifests/{nothing}"))?),
        (Step::FindBlob, Method::Head, url(&format!("blobs/{nothing}"))?),
        (Step::BeginUpload, Method::Post, url("blobs/uploads/")?),
    ];
    let mut found = Vec::new();
    for (step, method, url) in asks {
        let request = Request::new(method, url).header(ACCEPT, HeaderValue::from_static(pull::ACCEPT_ALL));
        let response = session.send(request, &scope)?;
        let verdict = match response.status {
            200..=299 => {
                if step == Step::BeginUpload
                    && let Ok(location) = upload::location(session, &response)
                {
                    // Registries that know no DELETE forget uploads by themselves.
                    let _ = session.send_once(Request::new(Method::Delete, location), &scope);
                }
                Verdict::Allowed
            }
            401 | 403 => Verdict::Denied(session.refuse(response, &scope)),
            status => {
                let refusal = session.refusal(response);
                let missing = crate::registry::quirks::is_missing_repository(&refusal);
                if status == 404 && step != Step::BeginUpload && !missing {
                    Verdict::Allowed
                } else {
                    Verdict::Unclear(refusal)
                }
            }
        };
        found.push((step, verdict));
    }
    Ok(found)
}
