//! Loopback addresses. A host name counts as loopback if its addresses are, and the connection uses these addresses
//! only.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::redirect::{Host, host};

/// Names with addresses that are not asked of the system; a port of 0 is the URL's.
pub(super) type Known = Arc<[(String, SocketAddr)]>;

/// Whether the host is this machine: 127/8 and `::1`, and a name below `localhost` of which every address is
/// one of these. No other name is looked up: behind a proxy it may resolve nowhere but there.
pub(super) fn is_loopback(url: &Url, known: &[(String, SocketAddr)]) -> bool {
    match host(url) {
        Some(Host::Address(address)) => address.to_canonical().is_loopback(),
        Some(Host::Name(name)) if name == "localhost" || name.ends_with(".localhost") => {
            addresses(name, known).is_ok_and(|found| !found.is_empty() && found.iter().all(is_local))
        }
        Some(Host::Name(_)) | None => false,
    }
}

fn is_local(address: &SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

fn addresses(name: &str, known: &[(String, SocketAddr)]) -> io::Result<Vec<SocketAddr>> {
    let set: Vec<_> = known.iter().filter(|(other, _)| other == name).map(|(_, address)| *address).collect();
    if set.is_empty() { Ok((name, 0).to_socket_addrs()?.collect()) } else { Ok(set) }
}

/// Resolves to loopback or not at all: who answers differently when he is asked again, between the decision
/// and the connection, gains nothing.
pub(super) struct LoopbackOnly(pub(super) Known);

impl Resolve for LoopbackOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let found = addresses(name.as_str(), &self.0).and_then(|found| {
            let local: Vec<_> = found.into_iter().filter(is_local).collect();
            if local.is_empty() {
                Err(io::Error::other("it is not this machine any more"))
            } else {
                Ok(local)
            }
        });
        let answer = found.map(|local| -> Addrs { Box::new(local.into_iter()) });
        Box::pin(std::future::ready(answer.map_err(Into::into)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_what_resolves_to_loopback() {
        let known = [
            ("both.localhost".to_owned(), "127.0.0.1:0".parse().unwrap()),
            ("both.localhost".to_owned(), "10.0.0.1:0".parse().unwrap()),
            ("away.localhost".to_owned(), "10.0.0.1:0".parse().unwrap()),
            ("here.localhost".to_owned(), "[::1]:0".parse().unwrap()),
            ("r.example".to_owned(), "127.0.0.1:0".parse().unwrap()),
        ];
        for (url, expected) in [
            ("http://127.0.0.1:5000/", true),
            ("http://[::1]/", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("http://localhost/", true),
            ("http://here.localhost/", true),
            ("http://both.localhost/", false),
            ("http://away.localhost/", false),
            ("http://localhost.example/", false),
            ("http://r.example/", false),
            ("http://0.0.0.0/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap(), &known), expected, "{url}");
        }
    }
}
