//! `Keys`: the keys of the settings, from clap's definitions of the options of `build`.

use std::ffi::OsString;

use clap::{Arg, Command};
use lambda_img::check::Policy;
use lambda_img::runtime;

use super::kinds::{PathPart, ValueKind};
use super::via_clap;
use crate::cli::options::build::Build;
use crate::cli::options::old_names;

/// Options that are not settings: the profile selects settings, and help and version explain the command line.
const NOT_SET: [&str; 3] = ["profile", "help", "version"];

/// Every key, in the order in which `build --help` has them.
pub struct Keys {
    command: Command,
    list: Vec<Key>,
}

/// An option of `build` as a key of the file.
pub struct Key {
    /// The option without its dashes; `path` for the argument.
    pub name: String,
    /// The form of its values.
    pub kind: ValueKind,
    /// Which part of a value is a path.
    pub path: PathPart,
    /// The names that it had before, which are still taken.
    pub old_names: Vec<String>,
    /// Whether it is only read, and sets another key: it is the older form of that one.
    pub is_hidden: bool,
    /// What it does, from `--help`: the first paragraph and the details.
    pub about: String,
    /// What clap takes where nothing is said.
    pub default: Vec<String>,
    arg: Arg,
    /// The names of the keys that cannot be set together with it.
    conflicts: Vec<String>,
}

impl Default for Keys {
    fn default() -> Self {
        let command = via_clap::command();
        let args = command.get_arguments().filter(|arg| !NOT_SET.contains(&arg.get_id().as_str()));
        let mut list: Vec<_> = args.map(Key::new).collect();
        list.sort_by_key(|key| (!key.is_argument(), key.arg.get_display_order()));
        // Asked once: every value of every function of a file is judged by it.
        let lists = |one: &Key, other: &Key| {
            command.get_arg_conflicts_with(&one.arg).iter().any(|arg| arg.get_id() == other.arg.get_id())
        };
        let names = |one: &Key, list: &[Key]| -> Vec<_> {
            let beside = list.iter().filter(|other| lists(one, other) || lists(other, one));
            beside.map(|other| other.name.clone()).collect()
        };
        let conflicts: Vec<_> = list.iter().map(|one| names(one, &list)).collect();
        list.iter_mut().zip(conflicts).for_each(|(key, conflicts)| key.conflicts = conflicts);
        Self { command, list }
    }
}

impl Keys {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.list.iter()
    }

    /// The key of a name, or of one that it had before.
    pub fn get(&self, name: &str) -> Option<&Key> {
        self.list.iter().find(|key| key.name == name || key.old_names.iter().any(|old| old == name))
    }

    /// The names of all that are shown.
    pub fn names(&self) -> Vec<&str> {
        self.list.iter().filter(|key| !key.is_hidden).map(|key| key.name.as_str()).collect()
    }

    /// The options that words of a command line set; `hint` is what to do where they do not go together.
    pub fn parse(&self, words: Vec<OsString>) -> Result<Build, String> {
        via_clap::parse(&self.command, words)
    }
}

impl Key {
    fn new(arg: &Arg) -> Self {
        Self {
            name: arg.get_long().unwrap_or(arg.get_id().as_str()).to_owned(),
            kind: via_clap::kind(arg),
            path: via_clap::path_part(arg),
            old_names: old_names::of(arg),
            is_hidden: arg.is_hide_set(),
            about: about(arg),
            default: via_clap::default(arg),
            arg: arg.clone(),
            conflicts: Vec::new(),
        }
    }

    /// Whether this key and another cannot both be set.
    pub fn conflicts_with(&self, other: &Key) -> bool {
        self.conflicts.contains(&other.name)
    }

    /// The definition of the option.
    pub fn arg(&self) -> &Arg {
        &self.arg
    }

    /// clap's identifier of the option.
    pub fn id(&self) -> &str {
        self.arg.get_id().as_str()
    }

    /// Whether it is the argument of `build` and not one of its options.
    pub fn is_argument(&self) -> bool {
        self.arg.is_positional()
    }

    /// The option as it is typed.
    pub fn option(&self) -> String {
        if self.is_argument() { "PATH".to_owned() } else { format!("--{}", self.name) }
    }

    /// The environment variable, and then those of the names that it had before.
    pub fn variables(&self) -> Vec<String> {
        let variable = |name: &str| match name {
            // Older than the rule.
            "cache-dir" => "LAMBDA_IMG_CACHE".to_owned(),
            name => format!("LAMBDA_IMG_{}", name.to_ascii_uppercase().replace('-', "_")),
        };
        std::iter::once(&self.name).chain(&self.old_names).map(|name| variable(name)).collect()
    }

    /// Whether `{name}` in a value stands for the function's name.
    pub fn has_name(&self) -> bool {
        matches!(self.name.as_str(), "path" | "tag" | "output" | "function")
    }

    /// Why a value is refused, if it is.
    pub fn refusal(&self, value: &str) -> Option<String> {
        let value = if self.has_name() { value.replace("{name}", "name") } else { value.to_owned() };
        // What the command line lets pass, and the build refuses.
        match self.name.as_str() {
            "runtime" => runtime::profile(&value).err().map(|error| error.to_string()),
            "allow" => {
                let ids = value.split(',').map(str::to_owned).collect();
                Policy::new(ids, Vec::new()).err().map(|error| error.to_string())
            }
            _ => via_clap::refusal(&self.arg, &value),
        }
    }
}

/// The help of an option in one paragraph.
fn about(arg: &Arg) -> String {
    let first = arg.get_help().map(ToString::to_string).unwrap_or_default();
    match arg.get_long_help().map(ToString::to_string) {
        Some(all) => all.replace("\n\n", ". ").replace('\n', " "),
        None => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_paths_follow_the_options() {
        let keys = Keys::default();
        let form = |name: &str| keys.get(name).map(|key| (key.kind.clone(), key.path)).unwrap();
        assert_eq!(form("path"), (ValueKind::Text(vec![]), PathPart::Whole));
        assert_eq!(form("push"), (ValueKind::Flag, PathPart::None));
        assert_eq!(form("retries"), (ValueKind::Number(0), PathPart::None));
        assert_eq!(form("jobs"), (ValueKind::Number(1), PathPart::None));
        assert_eq!(form("arch"), (ValueKind::List, PathPart::None));
        assert_eq!(form("env"), (ValueKind::Pairs, PathPart::None));
        assert_eq!(form("cmd"), (ValueKind::Program, PathPart::None));
        assert_eq!(form("lambda-layer"), (ValueKind::List, PathPart::Whole));
        assert_eq!(form("add"), (ValueKind::List, PathPart::Source));
        assert_eq!(form("output"), (ValueKind::List, PathPart::Image));
        assert_eq!(form("split").0, ValueKind::Text(vec!["auto".to_owned(), "none".to_owned()]));
        assert!(keys.get("profile").is_none() && keys.get("help").is_none());
        assert_eq!(keys.get("format").map(|key| key.name.as_str()), Some("media-types"));
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let keys = Keys::default();
        let resolved = |name: &str, value: &str| keys.get(name).unwrap().path.resolved(value, "../");
        assert_eq!(resolved("path", "a/b"), "../a/b");
        assert_eq!(resolved("path", "/a"), "/a");
        assert_eq!(resolved("add", "a:/opt/a"), "../a:/opt/a");
        assert_eq!(resolved("base", "oci:dir:tag"), "oci:../dir:tag");
        assert_eq!(resolved("base", "public.ecr.aws/x:1"), "public.ecr.aws/x:1");
        assert_eq!(resolved("output", "docker-archive:/a.tar"), "docker-archive:/a.tar");
        assert_eq!(resolved("handler", "a.b"), "a.b");
    }

    #[test]
    fn conflicts_go_both_ways() {
        let keys = Keys::default();
        let get = |name| keys.get(name).unwrap();
        assert!(get("handler").conflicts_with(get("cmd")) && get("cmd").conflicts_with(get("handler")));
        assert!(!get("handler").conflicts_with(get("base")));
    }
}
