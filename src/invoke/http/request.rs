//! `Request`: the head of a request.

use std::io::{self, BufRead, Read};

use super::body::{Body, Length};
use super::error::HttpError;
use super::lines::{HEAD_MAX, headers, is_token, line};

/// The head of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path, without a query.
    pub path: String,
    /// The query, without `?`; empty where there is none.
    pub query: String,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// Whether the connection ends with the answer.
    pub closes: bool,
    /// How long the body is.
    length: Length,
}

impl Request {
    /// Reads the head of the next request; `None` where the client closed the connection between two.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn read(from: &mut impl BufRead) -> Result<Option<Self>, HttpError> {
        let mut head = from.by_ref().take(HEAD_MAX);
        let mut first = line(&mut head)?;
        if first.as_deref() == Some("") {
            // RFC 9112, 2.2: an empty line before a request is passed over.
            first = line(&mut head)?;
        }
        let Some(first) = first else { return Ok(None) };
        let mut words = first.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(HttpError::Malformed("the request line has not three words"));
        };
        if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
            return Err(HttpError::Malformed("only HTTP/1.1 and HTTP/1.0 are spoken"));
        }
        if method.is_empty() || !method.bytes().all(is_token) {
            return Err(HttpError::Malformed("the method is malformed"));
        }
        // A proxy's form has the host in front.
        let target = target
            .strip_prefix("http://")
            .map_or(target, |rest| rest.find('/').map_or("/", |at| &rest[at..]));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = headers(&mut head)?.ok_or(io::ErrorKind::UnexpectedEof).map_err(io::Error::from)?;
        let mut request = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            closes: version == "HTTP/1.0",
            length: Length::None,
        };
        // RFC 9112, 3.2: which of them counts, each program on the way might see otherwise.
        if request.headers.iter().filter(|(name, _)| name == "host").count() > 1 {
            return Err(HttpError::Malformed("a request names two hosts"));
        }
        request.length = request.body_length()?;
        if let Some(connection) = request.header("connection") {
            let has = |word: &str| connection.split(',').any(|part| part.trim().eq_ignore_ascii_case(word));
            request.closes = has("close") || (request.closes && !has("keep-alive"));
        }
        Ok(Some(request))
    }

    /// The value of a header; `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| &**value)
    }

    fn body_length(&self) -> Result<Length, HttpError> {
        let lengths: Vec<_> = self.headers.iter().filter(|(name, _)| name == "content-length").collect();
        let chunked = self.header("transfer-encoding");
        match (chunked, &lengths[..]) {
            (Some(_), [_, ..]) => Err(HttpError::Malformed("a body has a length or comes in chunks")),
            (Some(coding), []) if coding.eq_ignore_ascii_case("chunked") => Ok(Length::Chunked),
            (Some(_), []) => Err(HttpError::Malformed("the only transfer coding is `chunked`")),
            (None, []) => Ok(Length::None),
            (None, [(_, first), rest @ ..]) => {
                let digits = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
                match first.parse() {
                    Ok(length) if digits && rest.iter().all(|(_, other)| other == first) => {
                        Ok(Length::Bytes(length))
                    }
                    _ => Err(HttpError::Malformed("the length of the body is malformed")),
                }
            }
        }
    }

    /// The body, to be read from the same connection.
    pub fn body<'a, R: BufRead>(&self, from: &'a mut R) -> Body<'a, R> {
        Body::new(from, self.length)
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    pub fn expects_continue(&self) -> bool {
        self.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<Request>, HttpError> {
        Request::read(&mut &bytes[..])
    }

    #[test]
    fn a_request_in_chunks_with_trailers() {
        let mut wire = &b"POST /a?b=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX-Y:  z \r\n\r\n\
            3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nLambda-Runtime-Function-Error-Type: E\r\n\r\nGET / HTTP/1.1\r\n\r\n"[..];
        let request = Request::read(&mut wire).unwrap().unwrap();
        assert_eq!((&*request.method, &*request.path, &*request.query), ("POST", "/a", "b=1"));
        assert_eq!(request.header("x-y"), Some("z"));
        let mut body = request.body(&mut wire);
        let mut text = String::new();
        body.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abcde");
        assert_eq!(body.trailers, [("lambda-runtime-function-error-type".to_owned(), "E".to_owned())]);
        assert_eq!(Request::read(&mut wire).unwrap().unwrap().method, "GET");
        assert_eq!(Request::read(&mut wire).unwrap(), None);
    }

    #[test]
    fn what_breaks_the_rules_is_refused() {
        for bytes in [
            "GET /\r\n\r\n",
            "GET / HTTP/2\r\n\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\na b: c\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1",
        ] {
            assert!(matches!(read(bytes.as_bytes()), Err(HttpError::Malformed(_))), "{bytes:?}");
        }
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000));
        assert!(matches!(read(long.as_bytes()), Err(HttpError::Malformed(_))));
        for chunk in ["x\r\n", "\r\n", "-1\r\n", "10000000000000000\r\n", "1\r\nab\r\n"] {
            let mut wire =
                format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n").into_bytes();
            wire.extend([0; 300]);
            let mut wire = &wire[..];
            let request = Request::read(&mut wire).unwrap().unwrap();
            assert!(request.body(&mut wire).read_to_end(&mut Vec::new()).is_err(), "{chunk:?}");
        }
    }
}
