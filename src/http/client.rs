//! Sends every request: checks the scheme, follows redirects and repeats failed requests.

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap};

use super::retry::{is_transient, retry_after};
use super::{
    Body, HttpError, Method, Purpose, Reason, Request, Response, RetryPolicy, Transport, Url, redirect,
};
use crate::redact;

/// Sends requests by the rules of this module. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    retry: RetryPolicy,
    insecure: Arc<[String]>,
    anonymous: Arc<[String]>,
}

impl Client {
    /// A client over `transport`. `insecure` lists each `host[:port]` that plain HTTP may be spoken
    /// to besides loopback; without a port it stands for every port.
    pub fn new(transport: Arc<dyn Transport>, retry: RetryPolicy, insecure: Vec<String>) -> Self {
        Self { transport, retry, insecure: insecure.into(), anonymous: Arc::default() }
    }

    /// The same client, which may speak plain HTTP to these hosts, too, but tells them no credential in clear.
    pub fn with_anonymous(self, hosts: Vec<String>) -> Self {
        Self { anonymous: hosts.into(), ..self }
    }

    /// The retry policy.
    pub fn retry(&self) -> &RetryPolicy {
        &self.retry
    }

    /// The same client with another retry policy.
    pub fn with_retry(&self, retry: RetryPolicy) -> Self {
        Self { retry, ..self.clone() }
    }

    /// Whether plain HTTP may be spoken to this URL's host.
    pub fn may_be_plain(&self, url: &Url) -> bool {
        self.may_tell(url) || is_listed(&self.anonymous, url)
    }

    /// Whether a credential may travel to this URL: by TLS, within this machine, or to a host that was named
    /// for it.
    pub fn may_tell(&self, url: &Url) -> bool {
        url.scheme() == "https" || is_listed(&self.insecure, url) || self.transport.is_loopback(url)
    }

    /// Sends `request`, follows redirects and tries again on 408, 429, 5xx and broken connections,
    /// as long as the policy allows. The last answer is returned whatever its status.
    ///
    /// # Errors
    /// Where no answer came, or a redirect is refused.
    pub fn send(&self, request: Request, purpose: Purpose) -> Result<Response, HttpError> {
        let mut backoff = self.retry.start();
        loop {
            let (outcome, asked) = match self.follow(request.clone(), purpose) {
                Ok(response) if is_transient(response.status) => {
                    let asked = retry_after(&response.headers);
                    (Ok(response), asked)
                }
                Err(error) if error.is_transient() => (Err(error), None),
                done => return done,
            };
            if !backoff.wait(asked) {
                return outcome;
            }
        }
    }

    /// One try, with its redirects.
    fn follow(&self, mut request: Request, purpose: Purpose) -> Result<Response, HttpError> {
        for _ in 0..=redirect::MOST {
            // Asked once: the connection is held to what was found.
            request.local = self.transport.is_loopback(&request.url);
            self.permit(&request, purpose)?;
            let response = self.transport.send(request.clone())?;
            if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let Some(location) = response.header("location") else { return Ok(response) };
            let to = redirect::target(&request.url, location, purpose)
                .and_then(|to| self.may_carry(&request, &response, purpose, to))
                .map_err(|(to, why)| request.error(Reason::Redirect { to, why }))?;
            if !redirect::same_origin(&request.url, &to) {
                forget_credentials(&mut request.headers);
            }
            request.url = to;
        }
        let to = redact::url(&request.url);
        Err(request.error(Reason::Redirect { to, why: "there are more than 10 in a row" }))
    }

    /// Whether the request may go in clear, where it does.
    fn permit(&self, request: &Request, purpose: Purpose) -> Result<(), HttpError> {
        let url = &request.url;
        if url.scheme() == "https" || request.local || is_listed(&self.insecure, url) {
            return Ok(());
        }
        if !is_listed(&self.anonymous, url) {
            return Err(request.error(Reason::Plain));
        }
        // At a registry, its session knows tokens that everybody gets from others.
        let told = request.headers.contains_key(AUTHORIZATION) || !matches!(request.body, Body::Empty);
        if purpose == Purpose::Token && told { Err(request.error(Reason::Clear)) } else { Ok(()) }
    }

    /// Whether what the request carries may go where the redirect leads.
    fn may_carry(
        &self,
        request: &Request,
        response: &Response,
        purpose: Purpose,
        to: Url,
    ) -> Result<Url, (String, &'static str)> {
        let refused = |why| Err((redact::url(&to), why));
        if to.scheme() == "http" && !self.may_be_plain(&to) {
            return refused("plain HTTP is allowed to loopback and to listed insecure hosts only");
        }
        let has_body = !matches!(request.body, Body::Empty);
        if purpose == Purpose::Token && has_body && !redirect::same_origin(&request.url, &to) {
            return refused("the request carries a token to another host");
        }
        // 301 to 303 turn into a GET by old habit: a body would be lost silently.
        let reads = matches!(request.method, Method::Get | Method::Head);
        if !reads && !matches!(response.status, 307 | 308) {
            return refused("only 307 and 308 keep the method");
        }
        Ok(to)
    }
}

/// Whether a list has a URL's host, with its port or for every port.
fn is_listed(list: &[String], url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let with_port = format!("{host}:{}", url.port_or_known_default().unwrap_or(80));
    list.iter().any(|listed| *listed == host || *listed == with_port)
}

fn forget_credentials(headers: &mut HeaderMap) {
    headers.remove(AUTHORIZATION);
    headers.remove(COOKIE);
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;

    type Script = VecDeque<(u16, Vec<(&'static str, &'static str)>)>;

    /// A client over scripted answers, and the log of what was asked: method, URL, authorization.
    fn scripted(script: Script) -> (Client, Arc<Mutex<Vec<String>>>) {
        let log = Arc::new(Mutex::new(Vec::new()));
        let (seen, script) = (log.clone(), Mutex::new(script));
        let transport = move |request: Request| {
            let auth = if request.headers.contains_key(AUTHORIZATION) { " +auth" } else { "" };
            seen.lock().unwrap().push(format!("{} {}{auth}", request.method, request.url));
            let (status, headers) =
                script.lock().unwrap().pop_front().ok_or(request.error(Reason::Connect("end".into())))?;
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.insert(name, value.parse().unwrap());
            }
            let body = Box::new(std::io::empty());
            let patience = Duration::from_secs(1);
            Ok(Response { method: request.method, url: request.url, status, headers: map, patience, body })
        };
        let retry = RetryPolicy { first: Duration::from_millis(1), ..RetryPolicy::default() };
        (Client::new(Arc::new(transport), retry, vec!["plain.example:80".into()]), log)
    }

    fn get(url: &str) -> Request {
        Request::new(Method::Get, Url::parse(url).unwrap())
            .header(AUTHORIZATION, "Basic eA==".parse().unwrap())
    }

    #[test]
    fn authorization_stays_with_its_host() {
        let script: Script = [
            (307, vec![("location", "/b")]),
            (307, vec![("location", "https://s3.example/c")]),
            (302, vec![("location", "https://r.example/d")]),
            (200, vec![]),
        ]
        .into();
        let (client, log) = scripted(script);
        let answer = client.send(get("https://r.example/a"), Purpose::Registry).unwrap();
        assert_eq!(answer.url.as_str(), "https://r.example/d");
        assert_eq!(
            *log.lock().unwrap(),
            [
                "GET https://r.example/a +auth",
                "GET https://r.example/b +auth",
                "GET https://s3.example/c",
                "GET https://r.example/d"
            ]
        );
    }

    #[test]
    fn plain_http_needs_leave() {
        let (client, log) = scripted(Script::new());
        let refused = client.send(get("http://r.example/a"), Purpose::Registry).err().unwrap();
        assert_eq!(refused.reason, Reason::Plain);
        assert!(log.lock().unwrap().is_empty());
        for (url, plain) in [
            ("http://127.0.0.1:5000/", true),
            ("http://[::1]:5000/", true),
            ("http://localhost/", true),
            ("http://plain.example/", true),
            ("http://plain.example:81/", false),
            ("http://localhost.example/", false),
        ] {
            assert_eq!(client.may_be_plain(&Url::parse(url).unwrap()), plain, "{url}");
        }
    }

    #[test]
    fn transient_answers_are_asked_again_and_others_are_not() {
        let (client, log) =
            scripted([(429, vec![("retry-after", "0")]), (503, vec![]), (404, vec![])].into());
        assert_eq!(client.send(get("https://r.example/a"), Purpose::Registry).unwrap().status, 404);
        assert_eq!(log.lock().unwrap().len(), 3);
        let (client, log) = scripted(Script::new());
        let error = client.send(get("https://r.example/a"), Purpose::Registry).err().unwrap();
        assert_eq!(error.to_string(), "GET https://r.example/a: cannot connect: end");
        assert_eq!(log.lock().unwrap().len(), 6);
    }

    #[test]
    fn loops_and_token_posts_are_refused() {
        let (client, log) = scripted(vec![(302, vec![("location", "/a")]); 20].into());
        let error = client.send(get("https://r.example/a"), Purpose::Registry).err().unwrap();
        assert!(error.to_string().contains("more than 10"), "{error}");
        assert_eq!(log.lock().unwrap().len(), 11);
        let (client, _) = scripted([(307, vec![("location", "https://evil.example/t")])].into());
        let post = Request::new(Method::Post, Url::parse("https://r.example/t").unwrap())
            .body(Body::Bytes(b"refresh_token=x".as_slice().into()));
        let error = client.send(post, Purpose::Token).err().unwrap();
        assert!(error.to_string().contains("carries a token to another host"), "{error}");
    }
}
