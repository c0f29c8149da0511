//! Where a redirect may lead, and whether an address is private.

use std::net::{IpAddr, Ipv6Addr, ToSocketAddrs};

use reqwest::Url;

use super::message::Purpose;

/// The most redirects one request follows.
pub(super) const MOST: usize = 10;

/// A URL's host, as an address where it is one.
pub(super) enum Host<'a> {
    Address(IpAddr),
    Name(&'a str),
}

pub(super) fn host(url: &Url) -> Option<Host<'_>> {
    let text = url.host_str()?;
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    Some(bare.parse().map_or(Host::Name(text), Host::Address))
}

/// Scheme, host and port: what may see the same Authorization.
pub(crate) fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && a.host_str() == b.host_str()
        && a.port_or_known_default() == b.port_or_known_default()
}

/// Whether the host is, or resolves to, an address that is not on the public internet.
pub(crate) fn is_private(url: &Url) -> bool {
    match host(url) {
        Some(Host::Address(address)) => private_address(address),
        // A name that does not resolve here is the proxy's to resolve, or fails on connecting.
        Some(Host::Name(name)) => (name, url.port_or_known_default().unwrap_or(443))
            .to_socket_addrs()
            .is_ok_and(|mut addresses| addresses.any(|address| private_address(address.ip()))),
        None => false,
    }
}

fn private_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || a == 0
                // Shared address space of carriers (RFC 6598).
                || (a == 100 && b & 0xc0 == 64)
        }
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => private_address(IpAddr::V4(v4)),
            None => {
                v6.is_loopback()
                    || v6.is_unspecified()
                    || v6.is_multicast()
                    || v6.is_unique_local()
                    || v6.is_unicast_link_local()
            }
        },
    }
}

/// `::ffff:a.b.c.d`, and NAT64's `64:ff9b::a.b.c.d` (RFC 6052), which would hide a private address.
fn embedded_v4(v6: Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    let segments = v6.segments();
    v6.to_ipv4_mapped().or_else(|| {
        (segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0]).then(|| {
            let [a, b] = segments[6].to_be_bytes();
            let [c, d] = segments[7].to_be_bytes();
            [a, b, c, d].into()
        })
    })
}

/// The target of a redirect from `from`, or the target and why it is refused.
pub(super) fn target(from: &Url, location: &str, purpose: Purpose) -> Result<Url, (String, &'static str)> {
    let mut to = from.join(location).map_err(|_| (crate::redact::text(location, 100), "it is not a URL"))?;
    let refused = |why| Err((crate::redact::url(&to), why));
    if !matches!(to.scheme(), "http" | "https") || !to.has_host() {
        return refused("it is not an http or https URL");
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return refused("it leads from HTTPS to plain HTTP");
    }
    if purpose == Purpose::Token && from.host_str() != to.host_str() && is_private(&to) {
        return refused("a token service must not lead to a private address");
    }
    let _ = to.set_username("");
    let _ = to.set_password(None);
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn private_addresses_are_known_in_every_dress() {
        for text in [
            "http://127.0.0.1",
            "http://10.1.2.3",
            "http://169.254.169.254",
            "http://192.168.0.1",
            "http://100.64.0.1",
            "http://0.0.0.0",
            "http://0x7f.1",
            "http://2130706433",
            "http://[::1]",
            "http://[fe80::1]",
            "http://[fd00::1]",
            "http://[::ffff:10.0.0.1]",
            "http://[64:ff9b::a00:1]",
            "http://localhost",
        ] {
            assert!(is_private(&url(text)), "{text}");
        }
        for text in ["http://1.1.1.1", "http://[2606:4700::1]", "http://172.32.0.1", "http://no-such.invalid"]
        {
            assert!(!is_private(&url(text)), "{text}");
        }
    }

    #[test]
    fn redirects_stay_safe() {
        let registry = url("https://r.example/v2/");
        let why = |location, purpose| target(&registry, location, purpose).map(|to| to.to_string());
        assert_eq!(why("/x", Purpose::Registry).unwrap(), "https://r.example/x");
        assert_eq!(why("https://u:p@s3.example/y", Purpose::Registry).unwrap(), "https://s3.example/y");
        assert_eq!(
            why("http://r.example/x", Purpose::Registry).unwrap_err().1,
            "it leads from HTTPS to plain HTTP"
        );
        assert!(why("file:///etc/passwd", Purpose::Registry).is_err());
        assert!(why("https://10.0.0.1/x", Purpose::Registry).is_ok());
        assert!(why("https://10.0.0.1/x", Purpose::Token).unwrap_err().1.contains("private"));
        assert!(why("https://[::ffff:169.254.169.254]/", Purpose::Token).is_err());
    }
}
