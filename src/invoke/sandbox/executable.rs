//! What the kernel of Lambda executes: ELF files for the function's processor, and scripts that name their interpreter.
//!
//! It is looked at before a program is started, for the C library hands what the kernel refuses to a shell (execvp(3)),
//! and a kernel with an emulator runs programs of other processors.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;

use rustix::io::Errno;

/// Where `e_machine` stands in an ELF file (System V ABI): after sixteen bytes of identification and two of the type.
const MACHINE: std::ops::Range<usize> = 18..20;

/// Refuses what the kernel of Lambda refuses.
///
/// # Errors
/// `ENOEXEC` for another format or machine; what cannot be read is left to the start of the program.
pub fn check(path: &str, machine: u16) -> io::Result<()> {
    let mut head = Vec::new();
    let mut read = |path: &str| {
        let file = File::open(path)?;
        let is_program = file.metadata()?.permissions().mode() & 0o111 != 0;
        file.take(MACHINE.end as u64).read_to_end(&mut head).map(|_| is_program)
    };
    match read(path) {
        Ok(true) if !is_executable(&head, machine) => Err(Errno::NOEXEC.into()),
        _ => Ok(()),
    }
}

fn is_executable(head: &[u8], machine: u16) -> bool {
    if head.starts_with(b"\x7fELF") {
        // Processors of Lambda are little-endian.
        return head.get(MACHINE).is_some_and(|bytes| bytes == machine.to_le_bytes());
    }
    head.starts_with(b"#!")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_programs_of_this_processor_alone() {
        let elf =
            |machine: u16| [&b"\x7fELF\x02\x01\x01"[..], &[0; 9], &[2, 0], &machine.to_le_bytes()].concat();
        assert!(is_executable(&elf(62), 62) && !is_executable(&elf(183), 62));
        assert!(is_executable(b"#!/bin/sh\n", 62));
        for other in [&b""[..], b"#", b"MZ", b"\x7fELF", b"echo hello"] {
            assert!(!is_executable(other, 62), "{other:?}");
        }
    }
}
