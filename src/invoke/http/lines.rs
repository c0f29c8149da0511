//! The lines of a message's head and of its trailers: within bounds, and without what a proxy might read otherwise.

use std::io::BufRead;

use super::error::HttpError;

/// The most bytes of a request's first line and its headers together, and of trailers.
pub const HEAD_MAX: u64 = 64 << 10;
/// The most headers of a request.
const HEADERS_MAX: usize = 128;

/// Headers up to the empty line; `None` where the connection ends before.
pub fn headers(head: &mut impl BufRead) -> Result<Option<Vec<(String, String)>>, HttpError> {
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
pub fn line(from: &mut impl BufRead) -> Result<Option<String>, HttpError> {
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
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
