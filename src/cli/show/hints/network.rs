//! What to do about requests that fail before a registry answers.

use lambda_img::http::{Reason, Url};

/// What to do about a request to `url`.
pub fn network(reason: &Reason, url: &str) -> String {
    let host = host(url);
    match reason {
        Reason::Tls(_) => {
            "if the certificate is from a private authority, add the authority with `--ca-cert FILE`"
                .to_owned()
        }
        Reason::NotTls(_) | Reason::Plain => {
            format!("to allow requests without encryption, add `--insecure-registry {host}`")
        }
        Reason::Clear => in_clear(&host),
        Reason::Client(why) if why.contains("os error 11") => {
            "allow more processes: `ulimit -u` prints how many a user can have".to_owned()
        }
        Reason::Client(_) => "correct the file of `--ca-cert`".to_owned(),
        Reason::Connect(_) => {
            format!("check the name {host}, the network, and the proxy in HTTPS_PROXY")
        }
        Reason::TimedOut { .. } | Reason::Slow { .. } | Reason::Broken(_) => {
            "try again, or allow more time with `--timeout S` and `--retries N`".to_owned()
        }
        Reason::Source(_) => {
            "a file changed or broke while it was sent: build or copy the image again".to_owned()
        }
        _ => "check that the host is a registry, and that no login page of the network answers instead"
            .to_owned(),
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

/// What to do where a credential would travel unencrypted.
pub fn in_clear(host: &str) -> String {
    format!(
        "lambda-img.toml allows plain HTTP only without credentials; to send yours unencrypted, add \
         `--insecure-registry {host}` or set LAMBDA_IMG_INSECURE_REGISTRY={host}"
    )
}
