//! Parses `WWW-Authenticate`, by which a registry says how to log in (RFC 9110, 11.6.1; distribution's token spec).

use std::collections::BTreeMap;

use crate::http::HeaderMap;

/// What a registry asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password on every request.
    Basic,
    /// A token from the service at `realm`.
    Bearer { realm: String, service: Option<String> },
}

/// The challenge of an answer; Bearer where both are offered.
pub(super) fn parse(headers: &HeaderMap) -> Option<Challenge> {
    let offers = headers.get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok());
    let mut found = None;
    for (scheme, mut parameters) in offers.flat_map(schemes) {
        match scheme.as_str() {
            "bearer" => {
                let realm = parameters.remove("realm")?;
                return Some(Challenge::Bearer { realm, service: parameters.remove("service") });
            }
            "basic" => found = Some(Challenge::Basic),
            _ => {}
        }
    }
    found
}

/// `Scheme key="value", key=value, Other key=value` as its schemes, names in lower case.
fn schemes(text: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut found: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    let mut rest = text.trim_start_matches([' ', ',', '\t']);
    while !rest.is_empty() {
        let end = rest.find([' ', ',', '=', '\t']).unwrap_or(rest.len());
        let word = rest[..end].to_ascii_lowercase();
        let after = rest[end..].trim_start();
        match (after.strip_prefix('='), found.last_mut()) {
            (Some(value), Some((_, parameters))) => {
                let (value, left) = value_of(value.trim_start());
                parameters.insert(word, value);
                rest = left;
            }
            (Some(_), None) => return found,
            (None, _) if word.is_empty() => return found,
            (None, _) => {
                found.push((word, BTreeMap::new()));
                rest = after;
            }
        }
        rest = rest.trim_start_matches([' ', ',', '\t']);
    }
    found
}

/// A quoted string or a token, and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((index, char)) = chars.next() {
        match char {
            '"' => return (value, &quoted[index + 1..]),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => value.push(char),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("www-authenticate", value.parse().unwrap());
        }
        parse(&headers)
    }

    #[test]
    fn challenges_of_registries_parse() {
        let bearer = |realm: &str, service: Option<&str>| {
            Some(Challenge::Bearer { realm: realm.into(), service: service.map(str::to_owned) })
        };
        assert_eq!(
            of(&[
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="a:b:c,d""#
            ]),
            bearer("https://auth.docker.io/token", Some("registry.docker.io"))
        );
        assert_eq!(of(&[r#"bearer realm=https://a/t"#]), bearer("https://a/t", None));
        assert_eq!(
            of(&[r#"Basic realm="r, \"x\"", Bearer realm="t" , service = "s""#]),
            bearer("t", Some("s"))
        );
        assert_eq!(of(&["Negotiate", r#"Basic realm="Registry Realm""#]), Some(Challenge::Basic));
        assert_eq!(of(&["Basic"]), Some(Challenge::Basic));
        for nothing in ["", "Negotiate", "Bearer", r#"realm="x""#, "=,="] {
            assert_eq!(of(&[nothing]), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_values_never_panic(text in "[ -~]{0,60}") {
            of(&[&text]);
        }
    }
}
