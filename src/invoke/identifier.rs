//! Random identifiers: of requests, invocations and extensions.

use std::fs::File;
use std::io::{self, Read};

/// A random identifier in the form of a UUID of version 4 (RFC 9562).
///
/// # Errors
/// Those of the host.
pub fn identifier() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}
