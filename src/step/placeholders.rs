//! Words in braces that stand for what is built.

use super::error::StepError;
use crate::arch::Arch;
use crate::runtime::{Family, RuntimeProfile};

/// What a step is for.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The runtime.
    pub profile: &'a RuntimeProfile,
    /// The architecture.
    pub arch: Arch,
}

/// What `{out}` is: the directory for the files of a step.
pub const OUT: &str = "{out}";

/// All of them, with what they stand for.
pub const NAMES: [(&str, &str); 10] = [
    ("out", "the directory, empty, into which the step writes its files"),
    ("name", "the name of the function"),
    ("arch", "the architecture: x86_64, arm64"),
    ("runtime", "Lambda's identifier of the runtime: python3.13"),
    ("python-version", "the version of Python: 3.13"),
    ("python-platform", "uv's name of the platform: x86_64-manylinux_2_34"),
    ("node-arch", "Node.js's name of the architecture: x64, arm64"),
    ("goarch", "Go's name of the architecture: amd64, arm64"),
    ("rust-target", "Rust's name of the target: x86_64-unknown-linux-gnu"),
    ("dotnet-rid", ".NET's runtime identifier: linux-x64, linux-arm64"),
];

/// The versions of glibc that uv has platforms for (uv, `--python-platform`), the second number of each.
const MANYLINUX: [u32; 12] = [17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40];

/// A placeholder that stands for nothing.
pub struct Unknown {
    text: String,
    word: String,
    why: &'static str,
}

impl Unknown {
    /// The same as an error of a step.
    pub fn of(self, step: &str) -> StepError {
        let Self { text, word, why } = self;
        let known = NAMES.map(|(name, _)| format!("`{{{name}}}`")).join(", ");
        StepError::Placeholder { step: step.to_owned(), text, word, why, known }
    }
}

/// Puts values in the place of placeholders; `{out}` stays. `{{` and `}}` are braces; braces around anything else, and
/// those behind a `$`, are the shell's.
pub fn expand(text: &str, target: &Target<'_>, function: Option<&str>) -> Result<String, Unknown> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, found) = rest.split_at(at);
        out += before;
        let doubled = ["{{", "}}"].iter().find(|two| found.starts_with(**two));
        let word = found.strip_prefix('{').and_then(|inside| inside.split_once('}')).map(|(word, _)| word);
        let (taken, put) = match (doubled, word) {
            (Some(two), _) => (2, two[1..].to_owned()),
            (None, Some(word)) if is_word(word) && !before.ends_with('$') => {
                let why = |why| Unknown { text: text.to_owned(), word: word.to_owned(), why };
                (word.len() + 2, value(word, target, function).map_err(why)?)
            }
            _ => (1, found[..1].to_owned()),
        };
        out += &put;
        rest = &found[taken..];
    }
    Ok(out + rest)
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

fn value(word: &str, target: &Target<'_>, function: Option<&str>) -> Result<String, &'static str> {
    let Target { profile, arch } = target;
    let by = |x86: &str, arm: &str| match arch {
        Arch::X86_64 => x86.to_owned(),
        Arch::Arm64 => arm.to_owned(),
    };
    Ok(match word {
        "out" => OUT.to_owned(),
        "name" => function.ok_or("has no value: what is built has no name")?.to_owned(),
        "arch" => arch.to_string(),
        "runtime" => profile.id.clone(),
        "python-version" => match (profile.family, profile.id.strip_prefix("python")) {
            (Family::Python, Some(version)) => version.to_owned(),
            _ => return Err("has a value for Python's runtimes only"),
        },
        "python-platform" => {
            format!("{}-manylinux_2_{}", by("x86_64", "aarch64"), manylinux(profile))
        }
        "node-arch" => by("x64", "arm64"),
        "goarch" => arch.oci().to_owned(),
        "rust-target" => by("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"),
        "dotnet-rid" => by("linux-x64", "linux-arm64"),
        _ => return Err("is unknown"),
    })
}

/// The newest platform that a base with this glibc has.
fn manylinux(profile: &RuntimeProfile) -> u32 {
    let minor = profile.glibc_minor().unwrap_or_default();
    MANYLINUX.into_iter().rev().find(|known| *known <= minor).unwrap_or(MANYLINUX[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime;

    fn expanded(text: &str, runtime: &str, arch: Arch) -> Result<String, String> {
        let profile = runtime::profile(runtime).unwrap();
        expand(text, &Target { profile: &profile, arch }, Some("orders"))
            .map_err(|error| error.of("s").to_string())
    }

    #[test]
    fn placeholders_stand_for_what_is_built() {
        let all = NAMES.map(|(name, _)| format!("{{{name}}}")).join(" ");
        assert_eq!(
            expanded(&all, "python3.13", Arch::X86_64).unwrap(),
            "{out} orders x86_64 python3.13 3.13 x86_64-manylinux_2_34 x64 amd64 x86_64-unknown-linux-gnu linux-x64"
        );
        assert_eq!(
            expanded(&all, "python3.11", Arch::Arm64).unwrap(),
            "{out} orders arm64 python3.11 3.11 aarch64-manylinux_2_17 arm64 arm64 aarch64-unknown-linux-gnu linux-arm64"
        );
    }

    #[test]
    fn braces_of_the_shell_stay() {
        let same = "cp a.{js,map} ${out} \"${HOME}\" '{\"a\": 1}' {1..3} {} { echo; }";
        assert_eq!(expanded(same, "python3.13", Arch::X86_64).unwrap(), same);
        assert_eq!(
            expanded("awk '{{print}}' {{{arch}}}", "python3.13", Arch::X86_64).unwrap(),
            "awk '{print}' {x86_64}"
        );
    }

    #[test]
    fn unknown_ones_are_refused() {
        for (text, why) in [
            ("x {target}", "step `s`: `{target}` in `x {target}` is unknown"),
            (
                "{python-version}",
                "step `s`: `{python-version}` in `{python-version}` has a value for Python's",
            ),
        ] {
            let error = expanded(text, "nodejs22.x", Arch::X86_64).unwrap_err();
            assert!(error.starts_with(why), "{error}");
        }
    }
}
