//! Requests to AWS, signed with Signature Version 4, and how services refuse them.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;

use super::EcrError;
use crate::http::{Body, HeaderMap, HeaderName, HeaderValue, Method, Request, Url};
use crate::redact;

/// Who signs a request.
pub(super) struct Signer<'a> {
    /// The name of the service in the signature.
    pub(super) service: &'a str,
    /// The Region.
    pub(super) region: &'a str,
    /// Whose signature it is.
    pub(super) credentials: Credentials,
}

/// A request to the URL `url`, signed where there is a signer; or why there is none.
pub(super) fn request(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
    signer: Option<Signer<'_>>,
) -> Result<Request, String> {
    let parsed: Url =
        url.parse().map_err(|cause| format!("`{}` is not a URL: {cause}", redact::text(url, 100)))?;
    let signature = signer.map(|signer| signature(method, &parsed, headers, &body, signer)).transpose()?;
    let mut request = Request::new(method, parsed);
    let all = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    for (name, value) in all.chain(signature.into_iter().flatten()) {
        let name: HeaderName = name.parse().map_err(said)?;
        let mut value = HeaderValue::from_str(&value).map_err(said)?;
        value.set_sensitive(true);
        request.headers.insert(name, value);
    }
    // A signature ages within minutes, the retries of one call end before.
    Ok(request.body(Body::Bytes(body.into())))
}

/// The headers that sign a request.
fn signature(
    method: Method,
    url: &Url,
    headers: &[(&str, &str)],
    body: &[u8],
    signer: Signer<'_>,
) -> Result<Vec<(String, String)>, String> {
    let identity = signer.credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(signer.region)
        .name(signer.service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(said)?
        .into();
    let (method, body) = (method.to_string(), SignableBody::Bytes(body));
    let signed = SignableRequest::new(&method, url.as_str(), headers.iter().copied(), body)
        .and_then(|signable| sign(signable, &parameters))
        .map_err(said)?;
    let signed = signed.into_parts().0.into_parts().0;
    Ok(signed.iter().map(|header| (header.name().to_owned(), header.value().to_owned())).collect())
}

fn said(cause: impl ToString) -> String {
    cause.to_string()
}

/// A refusal, by the answer of a service: a header, JSON or XML has its code (smithy.io, "AWS restJson1", "Operation error
/// serialization").
pub(super) fn refused(action: &str, status: u16, headers: &HeaderMap, body: &[u8]) -> EcrError {
    let text = String::from_utf8_lossy(body);
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let word = |keys: [&str; 2]| keys.iter().find_map(|key| json[*key].as_str().map(str::to_owned));
    let header = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let code =
        header.or_else(|| word(["__type", "code"])).or_else(|| element(&text, "Code")).unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let message = word(["message", "Message"]).or_else(|| element(&text, "Message")).unwrap_or_default();
    EcrError::Refused {
        action: action.to_owned(),
        status,
        code: redact::text(code, 100),
        message: redact::text(&message, 1000),
    }
}

/// The text of the first XML element of this name: all that flat answers of AWS need.
pub(super) fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    Some(plain.iter().fold(text.trim().to_owned(), |text, (from, to)| text.replace(from, to)))
}
