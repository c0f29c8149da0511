//! Which package manager a project has, and the commands that install with it.

use serde_json::Value;

use super::super::source::{Source, matches};
use crate::cli::show::shell::word;

/// A package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    Npm,
    Pnpm,
    /// Yarn 1.
    YarnClassic,
    /// Yarn 2 and later.
    YarnBerry,
}

impl Manager {
    /// The one that the project names in `packageManager`, else that of its lock file.
    pub fn of(source: &Source<'_>, package: &Value) -> Self {
        let named = package["packageManager"].as_str().unwrap_or_default();
        let berry = || source.has(".yarnrc.yml") || source.text("yarn.lock").contains("__metadata:");
        match named.split_once('@') {
            Some(("pnpm", _)) => Self::Pnpm,
            Some(("yarn", version)) if version.starts_with("1.") => Self::YarnClassic,
            Some(("yarn", _)) => Self::YarnBerry,
            Some(("npm", _)) => Self::Npm,
            _ if source.has("pnpm-lock.yaml") => Self::Pnpm,
            _ if source.has("yarn.lock") && berry() => Self::YarnBerry,
            _ if source.has("yarn.lock") => Self::YarnClassic,
            _ => Self::Npm,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pnpm => "pnpm",
            Self::YarnClassic | Self::YarnBerry => "yarn",
        }
    }

    /// The lock file, where it is there.
    pub fn lock(self, source: &Source<'_>) -> Option<&'static str> {
        let names: &[&'static str] = match self {
            Self::Npm => &["package-lock.json", "npm-shrinkwrap.json"],
            Self::Pnpm => &["pnpm-lock.yaml"],
            Self::YarnClassic | Self::YarnBerry => &["yarn.lock"],
        };
        names.iter().copied().find(|name| source.has(name))
    }

    /// The files that the manager reads besides package.json: lock file, settings, patches, its own program.
    pub fn files(self, source: &Source<'_>) -> Vec<&'static str> {
        let settings: &[&str] = match self {
            Self::Npm => &[".npmrc"],
            Self::Pnpm => &[".npmrc", "pnpm-workspace.yaml", ".pnpmfile.cjs", "patches"],
            Self::YarnClassic => &[".npmrc", ".yarnrc"],
            Self::YarnBerry => &[".yarnrc.yml", ".yarn/releases", ".yarn/plugins", ".yarn/patches"],
        };
        let there = settings.iter().copied().filter(|name| source.has(name) || source.is_dir(name));
        self.lock(source).into_iter().chain(there).collect()
    }

    /// The variables that its settings name: tokens, usually.
    pub fn env(source: &Source<'_>) -> Vec<String> {
        let settings = [".npmrc", ".yarnrc", ".yarnrc.yml"].map(|name| source.text(name)).concat();
        let mut names = matches(&settings, r"\$\{(\w+)");
        names.sort();
        names.dedup();
        names
    }

    /// Installs what the function needs into the directory that has copies of the project's files, for Lambda's system;
    /// `member` is the one package of a workspace that is wanted.
    pub fn install(self, locked: bool, member: Option<&Member<'_>>) -> String {
        match self {
            Self::Npm => {
                let install = if locked { "ci" } else { "install" };
                let only =
                    member.map(|member| format!(" --workspace {}", word(member.dir))).unwrap_or_default();
                format!(
                    "npm {install} --prefix {{out}}{only} --omit=dev --os=linux --cpu={{node-arch}} --libc=glibc \\\n  \
                     --no-audit --no-fund --silent\n"
                )
            }
            Self::Pnpm => {
                let frozen = if locked { " --frozen-lockfile" } else { "" };
                let only = member.map(|member| format!(" --filter '{}...'", member.name)).unwrap_or_default();
                let alone = if member.is_none() { " --ignore-workspace" } else { "" };
                format!(
                    "pnpm --dir {{out}}{only} install --prod{frozen}{alone} --package-import-method=copy \\\n  \
                     --os=linux --cpu={{node-arch}} --libc=glibc --reporter=silent\n"
                )
            }
            Self::YarnClassic => {
                let frozen = if locked { " --frozen-lockfile" } else { "" };
                format!("yarn --cwd {{out}} install --production{frozen} --non-interactive --silent\n")
            }
            Self::YarnBerry => {
                let only = member.map_or("--all".to_owned(), |member| word(member.name));
                format!(
                    "printf '\\nsupportedArchitectures:\\n  os: [linux]\\n  cpu: [{{node-arch}}]\\n  libc: [glibc]\\n' >>{{out}}/.yarnrc.yml\n\
                     (cd {{out}} && YARN_NODE_LINKER=node-modules YARN_ENABLE_GLOBAL_CACHE=true yarn workspaces focus {only} --production)\n"
                )
            }
        }
    }

    /// What the manager keeps in node_modules for itself: with times, paths of this machine and registries' names.
    pub fn keeps(self) -> &'static [&'static str] {
        match self {
            Self::Npm => &[".package-lock.json"],
            Self::Pnpm => &[".modules.yaml", ".pnpm-workspace-state*.json"],
            Self::YarnClassic => &[".yarn-integrity"],
            Self::YarnBerry => &[".yarn-state.yml"],
        }
    }

    /// Installs everything, tools too, in the project's own directory where that is not done yet.
    pub fn install_tools(self, source: &Source<'_>) -> String {
        let here = word(&source.path(""));
        let locked = self.lock(source);
        match self {
            Self::Npm => {
                let (install, list) = match locked {
                    Some(lock) => ("ci", lock),
                    None => ("install", "package.json"),
                };
                let (modules, list) = (word(&source.path("node_modules")), word(&source.path(list)));
                format!(
                    "[ {modules} -nt {list} ] || npm {install} --prefix {here} --no-audit --no-fund --silent\n"
                )
            }
            Self::Pnpm => {
                let frozen = if locked.is_some() { " --frozen-lockfile" } else { "" };
                format!("pnpm --dir {here} install{frozen} --reporter=silent\n")
            }
            Self::YarnClassic => {
                let frozen = if locked.is_some() { " --frozen-lockfile" } else { "" };
                format!("yarn --cwd {here} install{frozen} --non-interactive --silent\n")
            }
            Self::YarnBerry => format!("(cd {here} && yarn install --immutable >&2)\n"),
        }
    }

    /// Runs a script of package.json.
    pub fn run_script(self, source: &Source<'_>, name: &str) -> String {
        let here = word(&source.path(""));
        match self {
            Self::Npm => format!("npm run {name} --prefix {here} --silent\n"),
            Self::Pnpm => format!("pnpm --dir {here} --silent run {name}\n"),
            Self::YarnClassic => format!("yarn --cwd {here} --silent run {name}\n"),
            Self::YarnBerry => format!("(cd {here} && yarn run {name})\n"),
        }
    }

    /// Runs a program of the project's tools.
    pub fn run_tool(self, source: &Source<'_>, line: &str) -> String {
        match (self, source.dir) {
            (Self::YarnBerry, "") => format!("yarn run {line}"),
            (_, "") => format!("node_modules/.bin/{line}"),
            (Self::YarnBerry, dir) => format!("(cd {} && yarn run {line})", word(dir)),
            (_, dir) => format!("(cd {} && node_modules/.bin/{line})", word(dir)),
        }
    }
}

/// A package of a workspace.
pub struct Member<'a> {
    /// Its directory below that of the workspace.
    pub dir: &'a str,
    /// The name in its package.json.
    pub name: &'a str,
}
