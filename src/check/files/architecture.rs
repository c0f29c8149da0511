//! Native code for another architecture.

use super::faults::{MOST, location};
use crate::arch::Arch;
use crate::check::start::machine;
use crate::check::{Check, Evidence, Fault, Group, Level, Subject};

/// The kernel and the loader refuse ELF files of another machine (System V ABI, `e_machine`).
pub const CHECK: Check = Check {
    id: "elf-architecture",
    group: Group::Files,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("elf-architecture"),
    run,
};

/// Words in paths by which packages keep what is meant for other machines apart.
const WORDS: [(&str, Option<Arch>); 28] = [
    ("x86_64", Some(Arch::X86_64)),
    ("x86-64", Some(Arch::X86_64)),
    ("amd64", Some(Arch::X86_64)),
    ("x64", Some(Arch::X86_64)),
    ("aarch64", Some(Arch::Arm64)),
    ("arm64", Some(Arch::Arm64)),
    ("armv", None),
    ("armhf", None),
    ("armel", None),
    ("arm", None),
    ("i386", None),
    ("i486", None),
    ("i586", None),
    ("i686", None),
    ("ia32", None),
    ("x86", None),
    ("ppc64", None),
    ("powerpc", None),
    ("s390", None),
    ("riscv", None),
    ("mips", None),
    ("loong", None),
    ("sparc", None),
    ("android", None),
    ("freebsd", None),
    ("openbsd", None),
    ("netbsd", None),
    ("sunos", None),
];

/// Whether a path says that a file is for a machine other than `arch`.
pub fn names_another(path: &str, arch: Arch) -> bool {
    let path = path.to_ascii_lowercase();
    let named = |part: &str| {
        let mut rest = part;
        // The longest word at each place counts: `x86_64` is no `x86`, `arm64` no `arm`.
        while let Some((at, word, of)) = WORDS
            .iter()
            .filter_map(|(word, of)| Some((rest.find(word)?, *word, *of)))
            .min_by_key(|(at, word, _)| (*at, usize::MAX - word.len()))
        {
            let before = rest[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
            if before && of != Some(arch) {
                return true;
            }
            rest = &rest[at + word.len()..];
        }
        false
    };
    path.split('/').any(named)
}

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(arch) = subject.arch() else { return Vec::new() };
    let function = subject.function();
    let foreign = function.files.iter().filter_map(|file| {
        let elf = file.elf().filter(|elf| elf.is_loaded())?;
        let other = elf.machine != arch.elf_machine() || elf.bits != 64;
        (other && !names_another(file.path, arch)).then_some((file, elf))
    });
    let faults = foreign.map(|(file, elf)| {
        let message = format!("it is built for {}, but the image is for {arch}", machine(elf));
        let fix = format!(
            "install it for the image's architecture: in a container of {arch}, or `pip install --platform \
             manylinux2014_{} --only-binary=:all:`, `npm install --os=linux --cpu={}`",
            if arch == Arch::X86_64 { "x86_64" } else { "aarch64" },
            if arch == Arch::X86_64 { "x64" } else { "arm64" },
        );
        Fault::new(location(file), message, fix)
    });
    let mut faults: Vec<_> = faults.collect();
    let more = faults.len().saturating_sub(MOST);
    faults.truncate(MOST);
    if let Some(last) = faults.last_mut().filter(|_| more > 0) {
        last.message += &format!("; the same applies to {more} more files");
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_machines() {
        for path in [
            "node_modules/x/prebuilds/linux-arm64/x.node",
            "node_modules/x/prebuilds/linux-arm/x.node",
            "runtimes/linux-musl-arm64/native/x.so",
            "runtimes/linux-x86/native/x.so",
            "node_modules/@esbuild/linux-ia32/bin/esbuild",
            "p/m.cpython-312-aarch64-linux-gnu.so",
            "lib/armv7/x.so",
            "prebuilds/android-x64/x.node",
        ] {
            assert!(names_another(path, Arch::X86_64), "{path}");
        }
        for path in [
            "runtimes/linux-x64/native/x.so",
            "numpy.libs/x.so",
            "p/m.cpython-312-x86_64-linux-gnu.so",
            "lib/charm/swarm.so",
            "alarm/warm",
        ] {
            assert!(!names_another(path, Arch::X86_64), "{path}");
        }
        assert!(
            names_another("lib/x86_64/x.so", Arch::Arm64) && !names_another("lib/arm64/x.so", Arch::Arm64)
        );
    }
}
