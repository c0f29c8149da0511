//! Which tool lists what a project needs, and the script that installs it for the base's system.

use lambda_img::runtime::RuntimeProfile;

use super::super::draft::Step;
use super::super::machine;
use super::super::source::{Source, matches};
use crate::cli::show::shell::word;

/// What lists the packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// `uv.lock`.
    Uv,
    /// `poetry.lock`, or `[tool.poetry]`.
    Poetry,
    /// `Pipfile.lock`, or `Pipfile`.
    Pipenv,
    /// A file of requirements.
    Requirements(&'static str),
    /// `[project]` of pyproject.toml, without a lock file.
    Project,
}

/// Files of requirements, the likeliest first.
const REQUIREMENTS: [&str; 5] = [
    "requirements.txt",
    "requirements/prod.txt",
    "requirements/production.txt",
    "requirements/base.txt",
    "requirements.in",
];

/// Where the list that a tool exports is, until it is installed.
const EXPORTED: &str = "{out}/.requirements.txt";

impl List {
    /// What lists the packages of a project; `None` where nothing does, or the list is empty.
    pub fn of(source: &Source<'_>) -> Option<Self> {
        let project = source.text("pyproject.toml").parse::<toml::Table>().unwrap_or_default();
        let of_poetry = project.get("tool").and_then(|tool| tool.get("poetry")).is_some();
        let depends = project.get("project").and_then(|project| project.get("dependencies"));
        let depends = depends.and_then(toml::Value::as_array).is_some_and(|list| !list.is_empty());
        if source.has("uv.lock") {
            return Some(Self::Uv);
        }
        if source.has("poetry.lock") || of_poetry {
            return Some(Self::Poetry);
        }
        if source.has("Pipfile") {
            return Some(Self::Pipenv);
        }
        let requirements = REQUIREMENTS.into_iter().find(|name| source.has(name)).map(Self::Requirements);
        requirements.or(depends.then_some(Self::Project))
    }

    /// The file that told.
    pub fn file(self, source: &Source<'_>) -> &'static str {
        match self {
            Self::Uv => "uv.lock",
            Self::Poetry if source.has("poetry.lock") => "poetry.lock",
            Self::Pipenv if source.has("Pipfile.lock") => "Pipfile.lock",
            Self::Pipenv => "Pipfile",
            Self::Requirements(name) => name,
            Self::Poetry | Self::Project => "pyproject.toml",
        }
    }

    /// What the step starts besides `python3` and pip.
    fn programs(self, with_uv: bool) -> Vec<&'static str> {
        let lists = match self {
            Self::Poetry => Some("poetry").filter(|_| machine::has("poetry") || !has_uv()),
            Self::Pipenv => Some("pipenv"),
            _ => None,
        };
        lists.into_iter().chain([if with_uv { "uv" } else { "python3" }]).collect()
    }

    /// The step that installs the packages. `notes` gets what the user has to do for it.
    pub fn step(self, source: &Source<'_>, runtime: &RuntimeProfile, notes: &mut Vec<String>) -> Step {
        let here = source.path("");
        let file = |name: &str| source.path(name);
        let with_uv = self == Self::Uv || !machine::runs("python3", &["-m", "pip", "--version"]) && has_uv();
        let (export, list, mut inputs) = match self {
            Self::Uv => {
                let export = format!(
                    "uv export --quiet --project {} --frozen --no-dev --no-emit-project --no-editable \\\n  \
                     --output-file {EXPORTED}\n",
                    word(&here)
                );
                (export, EXPORTED.to_owned(), vec![file("uv.lock"), file("pyproject.toml")])
            }
            Self::Poetry => {
                let lock = file("poetry.lock");
                if !source.has("poetry.lock") {
                    notes.push(
                        "run `poetry lock` and commit poetry.lock: the build installs what it lists"
                            .to_owned(),
                    );
                }
                (poetry(&here, notes), EXPORTED.to_owned(), vec![lock, file("pyproject.toml")])
            }
            Self::Pipenv => {
                if !source.has("Pipfile.lock") {
                    notes.push(
                        "run `pipenv lock` and commit Pipfile.lock: the build installs what it lists"
                            .to_owned(),
                    );
                }
                let pipfile = word(&file("Pipfile"));
                let export =
                    format!("PIPENV_PIPFILE=\"$PWD\"/{pipfile} pipenv requirements --hash >{EXPORTED}\n");
                (export, EXPORTED.to_owned(), vec![file("Pipfile.lock"), file("Pipfile")])
            }
            Self::Requirements(name) => requirements(source, name, notes),
            Self::Project if with_uv => {
                (String::new(), word(&file("pyproject.toml")), vec![file("pyproject.toml")])
            }
            Self::Project => {
                let read = "import tomllib; \
                            print(*tomllib.load(open(0, \"rb\"))[\"project\"][\"dependencies\"], sep=\"\\n\")";
                let export = format!("python3 -c '{read}' <{} >{EXPORTED}\n", word(&file("pyproject.toml")));
                (export, EXPORTED.to_owned(), vec![file("pyproject.toml")])
            }
        };
        inputs.dedup();
        let install = if with_uv { uv(&list) } else { pip(&list, runtime) };
        let remove = if list == EXPORTED { format!("rm {EXPORTED}\n") } else { String::new() };
        let env = match self {
            Self::Poetry => &["PIP_*", "POETRY_*"][..],
            _ if with_uv => &["UV_*"],
            _ => &["PIP_*"],
        };
        Step {
            name: "dependencies",
            // Console scripts, and what RECORD says of them, begin with the path of this machine's Python.
            run: format!(
                "{export}{install}{remove}rm -rf {{out}}/bin {{out}}/.lock\n\
                 find {{out}} -name RECORD -exec sed -i.old -e '/^\\.\\.\\/\\.\\.\\/bin\\//d' {{{{}}}} +\n\
                 find {{out}} -name RECORD.old -delete\n"
            ),
            programs: self.programs(with_uv),
            inputs,
            env: env.iter().copied().map(str::to_owned).collect(),
            ..Step::default()
        }
    }
}

fn has_uv() -> bool {
    machine::runs("uv", &["--version"])
}

/// Poetry's export: of Poetry itself where it has the plugin, else of one that uv brings along.
fn poetry(here: &str, notes: &mut Vec<String>) -> String {
    let export = "export --format requirements.txt --only main";
    let in_project = if here == "." { String::new() } else { format!("--directory {} ", word(here)) };
    let poetry = if machine::runs("poetry", &["export", "--help"]) {
        "poetry"
    } else if has_uv() {
        "uvx --quiet --with poetry-plugin-export poetry"
    } else {
        notes.push(
            "install Poetry with its plugin for exports: `pipx install poetry`, \
                    `pipx inject poetry poetry-plugin-export`"
                .to_owned(),
        );
        "poetry"
    };
    format!("{poetry} {in_project}{export} --output {EXPORTED}\n")
}

/// A file of requirements, with those that it includes. What is installed for editing is the project itself.
fn requirements(source: &Source<'_>, name: &str, notes: &mut Vec<String>) -> (String, String, Vec<String>) {
    let text = source.text(name);
    let folder = name.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let included = r"(?m)^\s*(?:-r|--requirement|-c|--constraint)[ =]\s*(\S+)";
    let mut inputs = vec![source.path(name)];
    inputs.extend(matches(&text, included).into_iter().map(|other| source.path(&format!("{folder}{other}"))));
    let editable = matches(&text, r"(?m)^\s*(?:-e|--editable)[ =]\s*(\S+)");
    if editable.is_empty() {
        return (String::new(), word(&source.path(name)), inputs);
    }
    for other in editable.iter().filter(|other| !matches!(other.as_str(), "." | "./" | "file:." | "file:./"))
    {
        notes.push(format!(
            "`-e {other}` is left out of the installation: put its code into `path`, or name it in `add`"
        ));
    }
    let export = format!(
        "grep -vE '^[[:space:]]*(-e|--editable)[ =]' {} >{EXPORTED} || true\n",
        word(&source.path(name))
    );
    (export, EXPORTED.to_owned(), inputs)
}

fn uv(list: &str) -> String {
    format!(
        "uv pip install --quiet --requirements {list} --target {{out}} --link-mode copy \\\n  \
         --python-platform {{python-platform}} --python-version {{python-version}} --only-binary :all:\n"
    )
}

fn pip(list: &str, runtime: &RuntimeProfile) -> String {
    // PEP 600: a wheel for a glibc that is not newer than the base's. pip calls the architectures as the kernel does.
    let minor = runtime.glibc_minor().unwrap_or(17);
    let newer = [28, 34].into_iter().filter(|needed| *needed <= minor);
    let newer: String = newer.map(|needed| format!(" --platform manylinux_2_{needed}_$cpu")).collect();
    format!(
        "case {{arch}} in arm64) cpu=aarch64 ;; *) cpu=x86_64 ;; esac\n\
         python3 -m pip install --quiet --requirement {list} --target {{out}} --no-compile \\\n  \
         --platform manylinux2014_$cpu{newer} \\\n  \
         --implementation cp --python-version {{python-version}} --only-binary=:all: --disable-pip-version-check\n"
    )
}

/// The packages of a lock file that have no wheel, and so cannot be installed for another system than this machine's.
pub fn without_wheels(source: &Source<'_>, list: List) -> Vec<String> {
    let (file, of_project) = match list {
        List::Uv => ("uv.lock", true),
        List::Poetry => ("poetry.lock", false),
        _ => return Vec::new(),
    };
    let lock = source.text(file).parse::<toml::Table>().unwrap_or_default();
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let lacking = packages.filter(|package| {
        if of_project {
            // Those of a registry alone: the project itself and its neighbours are sources.
            let registry = package.get("source").is_some_and(|source| source.get("registry").is_some());
            return registry && package.get("wheels").is_none();
        }
        let files = package.get("files").and_then(toml::Value::as_array);
        let names = files.into_iter().flatten().filter_map(|file| file.get("file")?.as_str());
        let names: Vec<&str> = names.collect();
        !names.is_empty() && !names.iter().any(|name| name.ends_with(".whl"))
    });
    let name = |package: &toml::Value| Some(package.get("name")?.as_str()?.to_owned());
    lacking.filter_map(name).collect()
}
