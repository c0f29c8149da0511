//! `Response`: an answer that is complete before it is sent.

use std::io::{self, Write};

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

    #[test]
    fn a_header_ends_where_its_value_would_end_it() {
        let mut wire = Vec::new();
        Response::new(200, "x").with("A", "b\r\nEvil: c").send(&mut wire).unwrap();
        assert_eq!(String::from_utf8(wire).unwrap(), "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 1\r\n\r\nx");
    }
}
