//! The next page of a list: the header `Link` (RFC 8288; OCI distribution specification, "Listing Tags").

use super::error::RegistryError;
use crate::http::{Response, Url};

/// Relations that a page can have to others, and that do not say that there is a next one.
const OTHER_RELATIONS: [&str; 5] = ["first", "prev", "previous", "last", "self"];

/// One link: its target, and its relations; none where it says none.
#[derive(Debug, PartialEq, Eq)]
struct Link<'a> {
    target: &'a str,
    relations: Option<Vec<String>>,
}

/// The page after the one at `url`, at the same registry, whatever host the link names: registries behind a proxy name
/// themselves in many ways. `None` after the last page.
///
/// # Errors
/// [`RegistryError::Protocol`]: there is a link that is not understood. The list may have more pages.
pub fn next_page(response: &Response, url: &Url, what: &str) -> Result<Option<Url>, RegistryError> {
    let strange = |header: &str| {
        RegistryError::protocol(
            what,
            format!("its `Link` is not understood: `{}`", crate::redact::text(header, 200)),
        )
    };
    let mut next = None;
    for header in response.headers.get_all("link") {
        let header = header.to_str().map_err(|_| strange("(bytes that are not text)"))?;
        for link in links(header).ok_or_else(|| strange(header))? {
            let relations = link.relations.as_deref();
            let is_next = relations.is_none_or(|all| all.iter().any(|one| one == "next"));
            let is_other =
                |all: &[String]| !all.is_empty() && all.iter().all(|one| OTHER_RELATIONS.contains(&&**one));
            match is_next {
                // A second one is the same, or the list has two ways on.
                true if next.is_some_and(|known| known != link.target) => return Err(strange(header)),
                true => next = Some(link.target),
                false if relations.is_some_and(is_other) => {}
                false => return Err(strange(header)),
            }
        }
    }
    let Some(target) = next else { return Ok(None) };
    let target = url.join(target).map_err(|_| strange(target))?;
    let mut page = url.clone();
    page.set_path(target.path());
    page.set_query(target.query());
    Ok(Some(page))
}

/// The links of a header; `None` where it has another form. An empty header has none.
fn links(header: &str) -> Option<Vec<Link<'_>>> {
    let mut links = Vec::new();
    let mut rest = header.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (target, after) = rest.strip_prefix('<')?.split_once('>')?;
        let end = end_of_parameters(after);
        let (parameters, following) = after.split_at(end);
        links.push(Link { target: target.trim(), relations: relations(parameters)? });
        rest = following.trim_start_matches([' ', '\t', ',']);
    }
    Some(links)
}

/// Where the first comma is that no quotes are around.
fn end_of_parameters(text: &str) -> usize {
    let mut is_quoted = false;
    let end = text.find(|c: char| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    });
    end.unwrap_or(text.len())
}

/// The relations that the parameters say, in small letters; `None` outside where they have another form.
fn relations(parameters: &str) -> Option<Option<Vec<String>>> {
    let mut relations = None;
    for parameter in parameters.split(';').map(str::trim).enumerate() {
        match parameter {
            (0, "") => {}
            // What is between the target and the first semicolon.
            (0, _) => return None,
            (_, parameter) => {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                if name.trim().eq_ignore_ascii_case("rel") && relations.is_none() {
                    let value = value.trim().trim_matches('"').to_ascii_lowercase();
                    relations = Some(value.split_whitespace().map(str::to_owned).collect());
                }
            }
        }
    }
    Some(relations)
}

#[cfg(test)]
mod tests {
    use super::super::error::RegistryError;
    use crate::http::{HeaderMap, HeaderValue, Method, Response, Url};

    fn next(headers: &[&str]) -> Result<Option<String>, RegistryError> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append("link", HeaderValue::from_str(header).unwrap());
        }
        let url: Url = "http://localhost:5000/v2/a/tags/list?n=2".parse().unwrap();
        let response = Response {
            method: Method::Get,
            url: url.clone(),
            status: 200,
            headers: map,
            patience: std::time::Duration::from_secs(1),
            body: Box::new(std::io::empty()),
        };
        super::next_page(&response, &url, "list").map(|next| next.map(|next| next.to_string()))
    }

    #[test]
    fn the_next_page_is_at_the_same_host_and_in_any_of_several_links() {
        let page = "http://localhost:5000/v2/a/tags/list?n=2&last=x,%2F";
        for headers in [
            &["</v2/a/tags/list?n=2&last=x,%2F>; rel=\"next\""][..],
            &["<https://other.example/v2/a/tags/list?n=2&last=x,%2F>;rel=next"],
            &["</v2/a/tags/list?n=2&last=x,%2F>"],
            &["<list?n=2&last=x,%2F> ; title=\"a, b\"; REL=\"last Next\""],
            &["</v2/a/tags/list?n=2>; rel=\"first\", </v2/a/tags/list?n=2&last=x,%2F>; rel=\"next\""],
            &["</v2/a/tags/list?n=2>; rel=first", ", </v2/a/tags/list?n=2&last=x,%2F>; rel=next"],
        ] {
            assert_eq!(next(headers).unwrap().as_deref(), Some(page), "{headers:?}");
        }
        for headers in [&[][..], &[""], &["</v2/a/tags/list>; rel=first, </v2/a/tags/list>; rel=\"prev\""]] {
            assert_eq!(next(headers).unwrap(), None, "{headers:?}");
        }
    }

    #[test]
    fn a_link_that_is_not_understood_is_an_error() {
        for header in [
            "/v2/a/tags/list?n=2&last=x; rel=next",
            "</v2/a/tags/list?n=2&last=x; rel=next",
            "</v2/a/tags/list?last=x> rel=next",
            "</v2/a/tags/list?last=x>; rel=more",
            "<http://[/>; rel=next",
            "</a?last=x>; rel=next, </a?last=y>; rel=next",
        ] {
            assert!(next(&[header]).is_err(), "{header}");
        }
    }
}
