//! HTTP/1.1 as the runtime clients of Lambda speak it: a server's side, over blocking connections (RFC 9112).
//!
//! Bodies come with a length or in chunks; trailers are read, for a streamed answer ends with them. Sizes are bounded
//! before memory is used.

use std::io::{self, BufRead, Read, Write};

use super::error::HttpError;

/// The most bytes of a request's first line and its headers together, and of trailers.
const HEAD_MAX: u64 = 64 << 10;
/// The most headers of a request.
const HEADERS_MAX: usize = 128;
/// The most bytes of the line that begins a chunk.
const CHUNK_LINE_MAX: u64 = 256;

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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Length {
    #[default]
    None,
    Bytes(u64),
    Chunked,
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
        let left = match self.length {
            Length::None => Left::Bytes(0),
            Length::Bytes(bytes) => Left::Bytes(bytes),
            Length::Chunked => Left::Chunk(0),
        };
        Body { from, left, trailers: Vec::new(), begun: false }
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    pub fn expects_continue(&self) -> bool {
        self.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
    }
}

/// The body of a request.
pub struct Body<'a, R> {
    from: &'a mut R,
    left: Left,
    begun: bool,
    /// Names, in lower case, and values of what followed a chunked body, once it was read to its end.
    pub trailers: Vec<(String, String)>,
}

enum Left {
    Bytes(u64),
    /// Of the chunk that is read.
    Chunk(u64),
    Nothing,
}

impl<R: BufRead> Read for Body<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let malformed = |error: HttpError| match error {
            HttpError::Io(error) => error,
            HttpError::Malformed(what) => io::Error::new(io::ErrorKind::InvalidData, what),
        };
        if buf.is_empty() {
            return Ok(0);
        }
        if let Left::Chunk(0) = self.left {
            let size = self.next_chunk().map_err(malformed)?;
            self.left = if size == 0 { Left::Nothing } else { Left::Chunk(size) };
            if size == 0 {
                self.trailers =
                    headers(&mut self.from.by_ref().take(HEAD_MAX)).map_err(malformed)?.unwrap_or_default();
            }
        }
        let (Left::Bytes(left) | Left::Chunk(left)) = &mut self.left else { return Ok(0) };
        let most = buf.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let count = self.from.read(&mut buf[..most])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        *left -= count as u64;
        Ok(count)
    }
}

impl<R: BufRead> Body<'_, R> {
    fn next_chunk(&mut self) -> Result<u64, HttpError> {
        let mut from = self.from.by_ref().take(CHUNK_LINE_MAX);
        if self.begun && line(&mut from)?.as_deref() != Some("") {
            return Err(HttpError::Malformed("a chunk does not end where its size says"));
        }
        self.begun = true;
        let line = line(&mut from)?.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        let digits = line.split(';').next().unwrap_or_default().trim_end();
        let fits = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u64::from_str_radix(digits, 16) {
            Ok(size) if fits => Ok(size),
            _ => Err(HttpError::Malformed("the size of a chunk is malformed")),
        }
    }
}

/// Headers up to the empty line; `None` where the connection ends before.
fn headers(head: &mut impl BufRead) -> Result<Option<Vec<(String, String)>>, HttpError> {
    let mut headers = Vec::new();
    loop {
        let Some(line) = line(head)? else { return Ok(None) };
        if line.is_empty() {
            return Ok(Some(headers));
        }
        let (name, value) = line.split_once(':').ok_or(HttpError::Malformed("a header has no colon"))?;
        if name.is_empty() || !name.bytes().all(is_token) || headers.len() == HEADERS_MAX {
            return Err(HttpError::Malformed("a header is malformed, or there are too many"));
        }
        headers.push((name.to_ascii_lowercase(), value.trim_matches([' ', '\t']).to_owned()));
    }
}

/// A line without its end; `None` at the end of the connection. A line that is not ended within the bound is malformed.
fn line(from: &mut impl BufRead) -> Result<Option<String>, HttpError> {
    let mut bytes = Vec::new();
    if from.read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if bytes.pop() != Some(b'\n') {
        return Err(HttpError::Malformed("a line is too long, or has no end"));
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    if bytes.iter().any(|byte| matches!(byte, 0 | b'\r')) {
        return Err(HttpError::Malformed("a line has a control character"));
    }
    String::from_utf8(bytes).map(Some).map_err(|_| HttpError::Malformed("a line is not UTF-8"))
}

/// RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The answer to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names and values; `Content-Length` is added.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// An answer without headers of its own.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// The answer with one more header. A value that would end the header ends before that.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value: String = value.into().split(['\r', '\n', '\0']).next().unwrap_or_default().to_owned();
        self.headers.push((name, value));
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn send(&self, to: &mut impl Write) -> io::Result<()> {
        let mut bytes = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status)).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend(format!("{name}: {value}\r\n").bytes());
        }
        // RFC 9110, 8.6: no length where there can be no body.
        if self.status != 204 {
            bytes.extend(format!("Content-Length: {}\r\n", self.body.len()).bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        to.write_all(&bytes)?;
        to.flush()
    }
}

/// What a status is called (RFC 9110, 15).
fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        200 => "OK",
        202 => "Accepted",
        204 => "No Content",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        _ => "Unknown",
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

    #[test]
    fn a_header_ends_where_its_value_would_end_it() {
        let mut wire = Vec::new();
        Response::new(200, "x").with("A", "b\r\nEvil: c").send(&mut wire).unwrap();
        assert_eq!(String::from_utf8(wire).unwrap(), "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 1\r\n\r\nx");
    }
}
