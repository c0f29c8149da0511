//! An image for another processor: with an emulator that the kernel knows, it runs; without one, the error says what is
//! missing.

use crate::harness::common::{Place, must, run};

/// Registers an emulator in a user namespace of its own, as `qemu-user-static` and `binfmt-support` do for a machine, and
/// runs what follows there. Since Linux 6.7, such a registration counts for the namespace alone
/// (Documentation/admin-guide/binfmt-misc.rst).
const WITH_EMULATOR: &str = r#"set -e
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
printf '%s' ':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F' >/proc/sys/fs/binfmt_misc/register
exec "$@""#;

/// Whether this kernel keeps registrations of namespaces apart.
fn keeps_apart() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split('.').map(|number| number.trim().parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap(), numbers.next().unwrap()) >= (6, 7)
}

fn arm64() -> Place {
    let place = Place::new();
    place.dir("fn");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/local_invoke/runtime.c");
    let mut compiler = place.program("aarch64-linux-gnu-gcc");
    must(compiler.args(["-static", "-Os", "-o"]).arg(place.path("fn/bootstrap")).arg(source));
    place
}

const ARGUMENTS: &str =
    "invoke fn -r provided.al2023 -b embedded --arch arm64 --memory 512 --function-timeout 60";

#[test]
fn an_image_for_another_processor_runs_where_the_kernel_knows_an_emulator() {
    if !keeps_apart() || cfg!(target_arch = "aarch64") {
        return;
    }
    let place = arm64();
    let tool = place.tool(ARGUMENTS);
    let mut command = place.program("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", WITH_EMULATOR, "sh"]);
    let ran = run(command.arg(tool.get_program()).args(tool.get_args()));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.stdout, "[\"aarch64\", 993]\n", "{ran:?}");
}

/// Without an emulator of the other processor, which this machine may have.
#[test]
fn an_image_for_another_processor_says_what_is_missing() {
    if std::path::Path::new("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists() {
        return;
    }
    let place = Place::with_function();
    let ran = place.run("invoke fn -r provided.al2023 -b embedded --arch arm64");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for part in ["linux/arm64", "linux/amd64", "binfmt"] {
        assert!(ran.stderr.contains(part), "{ran:?}");
    }
}
