//! `Body`: the body of a request, which is read as it comes.

use std::io::{self, BufRead, Read};

use super::error::HttpError;
use super::lines::{HEAD_MAX, headers, line};

/// The most bytes of the line that begins a chunk.
const CHUNK_LINE_MAX: u64 = 256;

/// How long a body is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Length {
    /// There is none.
    #[default]
    None,
    /// So many bytes.
    Bytes(u64),
    /// It comes in chunks.
    Chunked,
}

/// The body of a request.
pub struct Body<'a, R> {
    from: &'a mut R,
    left: Left,
    begun: bool,
    malformed: Option<&'static str>,
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
        if buf.is_empty() {
            return Ok(0);
        }
        if let Left::Chunk(0) = self.left {
            self.begin_chunk().map_err(|error| match error {
                HttpError::Io(error) => error,
                HttpError::Malformed(what) => {
                    self.malformed = Some(what);
                    io::Error::new(io::ErrorKind::InvalidData, what)
                }
            })?;
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

impl<'a, R: BufRead> Body<'a, R> {
    /// A body of this length.
    pub fn new(from: &'a mut R, length: Length) -> Self {
        let left = match length {
            Length::None => Left::Bytes(0),
            Length::Bytes(bytes) => Left::Bytes(bytes),
            Length::Chunked => Left::Chunk(0),
        };
        Self { from, left, trailers: Vec::new(), begun: false, malformed: None }
    }

    /// What breaks the rules in it, where that ended the reading.
    pub fn malformed(&self) -> Option<&'static str> {
        self.malformed
    }

    /// The next chunk; after the last one, the trailers.
    fn begin_chunk(&mut self) -> Result<(), HttpError> {
        let size = self.next_chunk()?;
        self.left = if size == 0 { Left::Nothing } else { Left::Chunk(size) };
        if size == 0 {
            self.trailers = headers(&mut self.from.by_ref().take(HEAD_MAX))?.unwrap_or_default();
        }
        Ok(())
    }

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
