//! The two processor architectures of Lambda, by all their names.

use std::fmt;
use std::str::FromStr;

/// A processor architecture that Lambda offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arch {
    /// 64-bit x86, Lambda's default (Lambda API, `Architectures`).
    #[default]
    X86_64,
    /// 64-bit Arm (AWS Graviton).
    Arm64,
}

/// Lambda has two architectures.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an architecture of Lambda: use x86_64 or arm64")]
pub struct UnknownArch(String);

impl Arch {
    /// Both, in the order of the Lambda documentation.
    pub const ALL: [Arch; 2] = [Arch::X86_64, Arch::Arm64];

    /// Lambda's name: `x86_64` or `arm64`.
    pub fn lambda(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86_64",
            Arch::Arm64 => "arm64",
        }
    }

    /// The OCI name (`architecture` of an image configuration, Go's `GOARCH`): `amd64` or `arm64`.
    pub fn oci(self) -> &'static str {
        match self {
            Arch::X86_64 => "amd64",
            Arch::Arm64 => "arm64",
        }
    }

    /// `e_machine` of an ELF header (System V ABI): 62 or 183.
    pub fn elf_machine(self) -> u16 {
        match self {
            Arch::X86_64 => 62,
            Arch::Arm64 => 183,
        }
    }

    /// The architecture by its OCI name.
    pub fn from_oci(name: &str) -> Option<Arch> {
        Arch::ALL.into_iter().find(|arch| arch.oci() == name)
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.lambda())
    }
}

impl FromStr for Arch {
    type Err = UnknownArch;

    fn from_str(text: &str) -> Result<Self, UnknownArch> {
        match text {
            "x86_64" | "amd64" => Ok(Arch::X86_64),
            "arm64" | "aarch64" => Ok(Arch::Arm64),
            _ => Err(UnknownArch(text.to_owned())),
        }
    }
}
