//! What to do about requests that fail before a registry answers.

use lambda_img::http::{Reason, Url};

/// What to do about a request to `url`.
pub fn network(reason: &Reason, url: &str) -> String {
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

/// What to do where a credential would travel unencrypted.
pub fn in_clear(host: &str) -> String {
    format!(
        "lambda-img.toml permits plain HTTP without credentials; to send yours unencrypted, say so yourself: \
         `--insecure-registry {host}` or LAMBDA_IMG_INSECURE_REGISTRY={host}"
    )
}
