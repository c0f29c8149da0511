//! Which version of Python a project wants.

use lambda_img::runtime::{Family, RuntimeProfile};
use regex::Regex;

use super::super::machine;
use super::super::runtimes;
use super::super::source::Source;

/// The runtime of the version that the project is pinned to; else, of those that it allows, this machine's, so that the
/// function was tried with it and can be compiled by it; else the newest.
pub fn runtime(source: &Source<'_>) -> RuntimeProfile {
    let pins = [
        (".python-version", r"(?m)^\s*(3\.\d+)"),
        ("runtime.txt", r"(?m)^python-(3\.\d+)"),
        ("Pipfile", r#"(?m)^python_(?:full_)?version\s*=\s*["'](3\.\d+)"#),
    ];
    if let Some(version) = pins.iter().find_map(|(file, pattern)| source.first(file, pattern)) {
        return runtimes::named(Family::Python, Some(format!("python{version}")));
    }
    let asked = specifier(source);
    let allowed = |profile: &RuntimeProfile| allows(&asked, runtimes::number(profile));
    let here =
        machine::version("python3", &["--version"], r"(3\.\d+)").map(|version| format!("python{version}"));
    let local = runtimes::current(Family::Python)
        .into_iter()
        .find(|profile| Some(&profile.id) == here.as_ref() && allowed(profile));
    local.unwrap_or_else(|| runtimes::newest_where(Family::Python, allowed))
}

/// The versions that the project says it runs on, as PEP 440 writes them; Poetry has two signs more.
fn specifier(source: &Source<'_>) -> String {
    let specified = [
        ("pyproject.toml", r#"(?m)^\s*requires-python\s*=\s*["']([^"']+)"#),
        ("uv.lock", r#"(?m)^requires-python\s*=\s*"([^"]+)"#),
        ("pyproject.toml", r#"(?ms)^\[tool\.poetry\.dependencies\]$.*?^python\s*=\s*["']([^"']+)"#),
        ("setup.cfg", r"(?m)^\s*python_requires\s*=\s*(\S.*)$"),
        ("setup.py", r#"python_requires\s*=\s*["']([^"']+)"#),
    ];
    specified.iter().find_map(|(file, pattern)| source.first(file, pattern)).unwrap_or_default()
}

/// Whether a version specifier allows Python 3.`minor`, as far as `3.N` tells.
fn allows(specifier: &str, minor: u32) -> bool {
    let Ok(clause) = Regex::new(r"^\s*(<=|>=|===?|~=|!=|<|>|\^|~|)\s*3\.(\d+)((?:\.\d+)*)") else {
        return true;
    };
    specifier.split(',').filter_map(|text| clause.captures(text)).all(|clause| {
        let Ok(bound) = clause[2].parse::<u32>() else { return true };
        match &clause[1] {
            ">=" | ">" | "^" => minor >= bound,
            // `~=3.9` allows 3.10, `~=3.9.1` does not.
            "~=" if clause[3].is_empty() => minor >= bound,
            "<=" => minor <= bound,
            // `<3.13.2` allows some of 3.13.
            "<" => minor < bound || (minor == bound && !matches!(&clause[3], "" | ".0")),
            "!=" => minor != bound || !clause[3].is_empty(),
            _ => minor == bound,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_allow_what_they_say() {
        for (specifier, allowed, refused) in [
            ("", 14, 99),
            (">=3.9", 14, 8),
            (">=3.9,<3.13", 12, 13),
            ("<3.13.2", 13, 14),
            ("==3.11.*", 11, 12),
            ("~=3.10", 12, 9),
            ("~=3.10.2", 10, 11),
            (">=3.8, !=3.12", 11, 12),
            // Poetry's.
            ("^3.11", 13, 10),
            ("~3.11", 11, 12),
            ("3.12.*", 12, 13),
        ] {
            assert!(allows(specifier, allowed), "{specifier} {allowed}");
            assert!(specifier.is_empty() || !allows(specifier, refused), "{specifier} {refused}");
        }
    }
}
