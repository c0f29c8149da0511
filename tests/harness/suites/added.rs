//! What the tests of `added` share, whichever binary they are in.

pub const BUILD: &str = "build fn -r provided.al2023 -b embedded -o oci:out/image";

/// A static program for x86_64, as far as its first bytes tell.
pub fn program() -> Vec<u8> {
    let mut elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 57]].concat();
    (elf[16], elf[18]) = (2, 62);
    elf
}
