//! SHA-256 digests, and readers and writers that compute or check them while bytes pass.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::sha256::Sha256;

/// Bytes that are read at a time: calls of the host are few, and all of it is still in the processor's cache.
const READ: usize = 128 * 1024;

/// A SHA-256 digest: 32 bytes, written `sha256:<64 lower-case hex digits>`.
///
/// Other algorithms that the OCI image specification registers are refused: Lambda, ECR and
/// every peer use SHA-256 alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// The text is not a SHA-256 digest.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a digest of the form sha256:<64 lower-case hex digits>")]
pub struct InvalidDigest(String);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The digest of all that `reader` gives, and its size in bytes.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn of_reader(mut reader: impl Read) -> io::Result<(Self, u64)> {
        let (mut hasher, mut size, mut buffer) = (Hasher::default(), 0, vec![0; READ]);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok((hasher.finish(), size)),
                Ok(count) => {
                    hasher.update(&buffer[..count]);
                    size += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The 64 hex digits, without the algorithm: the name of a blob in an image layout.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The digest that these bytes are.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let invalid = || InvalidDigest(text.to_owned());
        let hex = text.strip_prefix("sha256:").ok_or_else(invalid)?.as_bytes();
        let mut bytes = [0; 32];
        if hex.len() != 64 {
            return Err(invalid());
        }
        let nibble = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(invalid()),
        };
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// A running SHA-256.
#[derive(Clone, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes added.
    pub fn finish(self) -> Digest {
        Digest(self.0.finish())
    }
}

/// Passes bytes on to a writer, and knows their digest and count.
pub struct HashWriter<W> {
    inner: W,
    hasher: Hasher,
    size: u64,
}

impl<W: Write> HashWriter<W> {
    /// A writer in front of `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: Hasher::default(), size: 0 }
    }

    /// The inner writer, the digest of what was written and its size in bytes.
    pub fn finish(self) -> (W, Digest, u64) {
        (self.inner, self.hasher.finish(), self.size)
    }
}

impl<W: Write> Write for HashWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buf)?;
        self.hasher.update(&buf[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Bytes that are not what their descriptor says. Carried inside the [`io::Error`] of a
/// [`VerifyReader`].
#[derive(Debug, thiserror::Error)]
pub enum Mismatch {
    /// The content has fewer or more bytes than its descriptor states.
    #[error("{digest} has {actual} bytes, expected {expected} bytes")]
    Size {
        /// The blob.
        digest: Digest,
        /// Its size in bytes by its descriptor.
        expected: u64,
        /// The size in bytes found, or a lower bound where reading stopped early.
        actual: String,
    },
    /// The content has the size that its descriptor states, but other bytes.
    #[error("the content has digest {actual}, expected {expected}")]
    Digest {
        /// The digest by the descriptor.
        expected: Digest,
        /// The digest of the bytes read.
        actual: Digest,
    },
}

/// Passes bytes through and fails, at the end, where their size or SHA-256 is not the promised one.
/// Stops as soon as there are too many bytes; the last ones are given out only where all are right, so
/// that who counts bytes instead of reading to the end, as an upload does, never has a corrupt whole.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] around a [`Mismatch`].
pub struct VerifyReader<R> {
    inner: R,
    hasher: Hasher,
    expected: Digest,
    size: u64,
    seen: u64,
    verified: bool,
}

impl<R: Read> VerifyReader<R> {
    /// Reads `inner`, which must be `size` bytes with digest `expected`.
    pub fn new(inner: R, expected: Digest, size: u64) -> Self {
        Self { inner, hasher: Hasher::default(), expected, size, seen: 0, verified: false }
    }

    fn wrong_size(&self, actual: String) -> io::Error {
        let mismatch = Mismatch::Size { digest: self.expected, expected: self.size, actual };
        io::Error::new(io::ErrorKind::InvalidData, mismatch)
    }
}

impl<R: Read> Read for VerifyReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let count = self.inner.read(buf)?;
        self.seen += count as u64;
        if self.seen > self.size {
            return Err(self.wrong_size(format!("at least {}", self.seen)));
        }
        self.hasher.update(&buf[..count]);
        if self.seen < self.size {
            return if count > 0 { Ok(count) } else { Err(self.wrong_size(self.seen.to_string())) };
        }
        if self.verified {
            return Ok(count);
        }
        let actual = std::mem::take(&mut self.hasher).finish();
        if actual != self.expected {
            let mismatch = Mismatch::Digest { expected: self.expected, actual };
            return Err(io::Error::new(io::ErrorKind::InvalidData, mismatch));
        }
        self.verified = true;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_sha256_parses_and_it_displays_as_it_was() {
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(text.parse::<Digest>().unwrap(), Digest::of(b""));
        assert_eq!(Digest::of(b"").to_string(), text);
        for wrong in
            ["", "sha256:", &text[..70], &text.to_uppercase(), "md5:d41d8cd98f00b204e9800998ecf8427e"]
        {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn verify_reader_tells_wrong_bytes_from_wrong_sizes() {
        let read = |bytes: &[u8], size: u64| {
            let mut out = Vec::new();
            VerifyReader::new(bytes, Digest::of(b"abc"), size).read_to_end(&mut out).map(|_| out)
        };
        assert_eq!(read(b"abc", 3).unwrap(), b"abc");
        assert!(read(b"abd", 3).unwrap_err().to_string().contains("the content has digest"));
        assert!(read(b"ab", 3).unwrap_err().to_string().contains("has 2 bytes, expected 3"));
        assert!(read(b"abcd", 3).unwrap_err().to_string().contains("at least 4"));
    }
}
