//! Identifiers of documents, derived from what the documents are about (RFC 9562, version 5).

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

/// The namespace of this tool's documents: a random UUID, chosen once.
const NAMESPACE: [u8; 16] =
    [0x5b, 0x0c, 0x7e, 0x3d, 0x8a, 0x41, 0x4f, 0x62, 0x9d, 0x15, 0x27, 0xc6, 0x0e, 0xb8, 0x93, 0xf4];

/// The UUID of a name: the same name has the same one.
pub fn uuid(name: &str) -> String {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    context.update(&NAMESPACE);
    context.update(name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&context.finish().as_ref()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
