//! Python: requirements.txt, pyproject.toml, uv.lock, or files alone.

use lambda_img::arch::Arch;
use lambda_img::runtime::{Family, RuntimeProfile};
use regex::Regex;

use super::draft::{Draft, EXCLUDED, TemplateFunction};
use super::runtimes;
use super::shell::word;
use super::source::{Source, find};

/// A function's definition, by the names that are usual.
const HANDLER: &str = r"(?m)^(?:async )?def (lambda_handler|handler)\(";

pub fn functions(source: &Source<'_>, told: &TemplateFunction) -> Vec<Draft> {
    let first = ["lambda_function", "app", "main", "handler"];
    let has = |name| source.has(name);
    let found = ["uv.lock", "requirements.txt", "pyproject.toml"].into_iter().find(|name| has(name));
    let handler = |dir: &str, depth| source.search(dir, depth, &[".py"], &first, HANDLER);
    let (dir, handler) = match handler("", 0) {
        Some(found) => ("", Some(found)),
        None => match handler("src", 1) {
            Some((file, name)) => ("src", Some((file.trim_start_matches("src/").to_owned(), name))),
            // Without a list of what it needs, a directory in it may be a function of its own.
            None => ("", found.and_then(|_| handler("", 1))),
        },
    };
    let asked_for = told.runtime.as_deref().is_some_and(|id| id.starts_with("python"));
    if found.is_none() && handler.is_none() && !asked_for {
        return Vec::new();
    }
    let runtime = match &told.runtime {
        Some(id) => runtimes::named(Family::Python, Some(id.clone())),
        None => runtime(source),
    };
    let out = told.made.clone();
    let prepare = found.map(|name| install(source, told, &runtime, name, &out));
    let mut notes = Vec::new();
    if handler.is_none() && told.handler.is_none() {
        notes.push(
            "no `def lambda_handler(event, context)` was found: name the file and the function in `handler`"
                .to_owned(),
        );
    }
    let handler = handler.map(|(file, name)| format!("{}.{name}", file.trim_end_matches(".py")));
    vec![Draft {
        name: told.name.clone(),
        found: found.map_or_else(|| "Python files".to_owned(), |name| source.path(name)),
        runtime: runtime.id,
        adds: if prepare.is_some() { vec![format!("{out}:/var/task")] } else { vec![] },
        prepare,
        path: source.path(dir),
        handler: handler.or_else(|| Some("lambda_function.lambda_handler".to_owned())),
        excludes: [&EXCLUDED[..], &["**/__pycache__", "venv"]].concat(),
        notes,
        ..Draft::default()
    }]
}

/// The runtime of `.python-version`, else the newest that `requires-python` allows.
fn runtime(source: &Source<'_>) -> RuntimeProfile {
    if let Some(version) = source.first(".python-version", r"(?m)^(3\.\d+)") {
        return runtimes::named(Family::Python, Some(format!("python{version}")));
    }
    let asked = source.first("pyproject.toml", r#"requires-python\s*=\s*["']([^"']+)"#).unwrap_or_default();
    runtimes::newest_where(Family::Python, |profile| allows(&asked, runtimes::number(profile)))
}

/// Whether a version specifier (PEP 440) allows Python 3.`minor`, as far as `3.N` tells.
fn allows(specifier: &str, minor: u32) -> bool {
    let Ok(clause) = Regex::new(r"^\s*(<=|>=|==|~=|!=|<|>)\s*3\.(\d+)((?:\.\d+)*)") else { return true };
    specifier.split(',').filter_map(|text| clause.captures(text)).all(|clause| {
        let Ok(bound) = clause[2].parse::<u32>() else { return true };
        match &clause[1] {
            ">=" | ">" => minor >= bound,
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

/// The script that installs what the code imports: for the base's system, not for this machine's.
fn install(
    source: &Source<'_>,
    told: &TemplateFunction,
    runtime: &RuntimeProfile,
    found: &str,
    out: &str,
) -> String {
    let arch = if told.archs.first() == Some(&Arch::Arm64) { "aarch64" } else { "x86_64" };
    let version = runtime.id.trim_start_matches("python");
    let (out, list) = (word(out), word(&format!("{out}.txt")));
    let file = word(&source.path(found));
    let fresh = format!("rm -rf {out}\nmkdir -p {out}\n");
    let install = match found {
        "uv.lock" => format!(
            "uv export --quiet --project {} --frozen --no-dev --no-emit-project --output-file {list}\n\
             uv pip install --requirements {list} --target {out} \\\n  \
             --python-platform {arch}-manylinux2014 --python-version {version} --only-binary :all:\n",
            word(&source.path(""))
        ),
        "pyproject.toml" => {
            let project = "tomllib.load(open(0, \"rb\"))[\"project\"]";
            let read = format!("import tomllib; print(*{project}.get(\"dependencies\", []), sep=\"\\n\")");
            format!(
                "python3 -c '{read}' <{file} >{list}\n{}",
                pip(&list, &out, arch, version, &runtime.glibc)
            )
        }
        _ => pip(&file, &out, arch, version, &runtime.glibc),
    };
    // Console scripts, and what RECORD says of them, begin with the path of this machine's Python.
    format!(
        "{fresh}{install}# scripts name this machine's Python: without them the image is the same everywhere\n\
         rm -rf {out}/bin\n\
         find {out} -name RECORD -exec sed -i.pip -e '/^\\.\\.\\/\\.\\.\\/bin\\//d' {{}} +\n\
         find {out} -name RECORD.pip -delete\n"
    )
}

fn pip(requirements: &str, out: &str, arch: &str, version: &str, glibc: &str) -> String {
    // PEP 600: a wheel for a glibc that is not newer than the base's.
    let minor: u32 = find(glibc, r"^2\.(\d+)").and_then(|minor| minor.parse().ok()).unwrap_or(17);
    let newer = [28, 34].into_iter().filter(|needed| *needed <= minor);
    let newer: String = newer.map(|needed| format!(" --platform manylinux_2_{needed}_{arch}")).collect();
    format!(
        "python3 -m pip install --requirement {requirements} --target {out} --no-compile \\\n  \
         --platform manylinux2014_{arch}{newer} \\\n  \
         --implementation cp --python-version {version} --only-binary=:all: --disable-pip-version-check\n"
    )
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
        ] {
            assert!(allows(specifier, allowed), "{specifier} {allowed}");
            assert!(specifier.is_empty() || !allows(specifier, refused), "{specifier} {refused}");
        }
    }
}
