//! What can be set: the options of `build`, as clap defines them.

use std::any::TypeId;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Args, Command};
use lambda_img::build::Add;
use lambda_img::check::Policy;
use lambda_img::publish::Output;
use lambda_img::runtime;
use lambda_img::source::ImageRef;

use crate::cli::options::build::Build;
use crate::cli::options::prepare::Prepare;
use crate::cli::options::values::Words;

/// What is no setting: which settings hold, and what explains the command line.
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
    pub kind: Kind,
    /// Whether a relative path is within.
    pub place: Place,
    /// What it is, from the help.
    pub about: String,
    /// What clap takes where nothing is said.
    pub default: Vec<String>,
    arg: Arg,
    /// The names of the keys that cannot be set beside it.
    conflicts: Vec<String>,
}

/// The form of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// How many times the option stands there.
    Count,
    /// An integer, at least this.
    Number(u32),
    /// A string; where choices are listed, one of them.
    Text(Vec<String>),
    /// A string, or an array of strings that are one value.
    Program,
    /// An array of strings, or a string for an array of one.
    List,
    /// A table of strings.
    Pairs,
}

/// Where in a value a relative path is, which is relative to the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Nowhere.
    None,
    /// It is one.
    Whole,
    /// Before the last colon.
    Source,
    /// Behind `oci:`, `oci-archive:` or `docker-archive:`.
    Image,
}

/// What stands before the path of an image.
const IMAGES: [&str; 3] = ["oci:", "oci-archive:", "docker-archive:"];

impl Keys {
    /// Of the options of `build`.
    pub fn new() -> Self {
        let command = Build::augment_args(Command::new("build").no_binary_name(true));
        let args = command.get_arguments().filter(|arg| !NOT_SET.contains(&arg.get_id().as_str()));
        let mut list: Vec<_> = args.map(Key::new).collect();
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

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.list.iter()
    }

    /// The key of a name.
    pub fn get(&self, name: &str) -> Option<&Key> {
        self.list.iter().find(|key| key.name == name)
    }

    /// The options, parsed from words.
    pub fn parse(&self, words: Vec<std::ffi::OsString>) -> Result<Build, clap::Error> {
        let matches = self.command.clone().try_get_matches_from(words)?;
        clap::FromArgMatches::from_arg_matches(&matches)
    }
}

impl Key {
    fn new(arg: &Arg) -> Self {
        let name = arg.get_long().unwrap_or(arg.get_id().as_str()).to_owned();
        let values = arg.get_value_parser();
        let is = |kinds: &[TypeId]| kinds.iter().any(|kind| ValueParser::type_id(values) == *kind);
        let of = TypeId::of::<PathBuf>;
        let choices: Vec<_> =
            arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        let kind = match arg.get_action() {
            ArgAction::SetTrue | ArgAction::SetFalse => Kind::Flag,
            ArgAction::Count => Kind::Count,
            ArgAction::Append if is(&[TypeId::of::<(String, String)>()]) => Kind::Pairs,
            ArgAction::Append => Kind::List,
            _ if is(&[TypeId::of::<Words>(), TypeId::of::<Prepare>()]) => Kind::Program,
            _ if is(&[TypeId::of::<NonZeroU64>(), TypeId::of::<NonZeroUsize>()]) => Kind::Number(1),
            _ if is(&[TypeId::of::<u32>()]) => Kind::Number(0),
            _ => Kind::Text(choices),
        };
        let place = if is(&[of()]) {
            Place::Whole
        } else if is(&[TypeId::of::<ImageRef>(), TypeId::of::<Output>()]) {
            Place::Image
        } else if is(&[TypeId::of::<Add>()]) {
            Place::Source
        } else {
            Place::None
        };
        let about = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let default = match kind {
            Kind::Flag | Kind::Count => Vec::new(),
            _ => arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect(),
        };
        Self { name, kind, place, about, default, arg: arg.clone(), conflicts: Vec::new() }
    }

    /// Whether this key and another cannot both be set.
    pub fn conflicts_with(&self, other: &Key) -> bool {
        self.conflicts.contains(&other.name)
    }

    /// clap's identifier of the option.
    pub fn id(&self) -> &str {
        self.arg.get_id().as_str()
    }

    /// The option as it is typed.
    pub fn option(&self) -> String {
        if self.arg.is_positional() { "PATH".to_owned() } else { format!("--{}", self.name) }
    }

    /// The environment variable.
    pub fn variable(&self) -> String {
        match self.name.as_str() {
            // Older than the rule.
            "cache-dir" => "LAMBDA_IMG_CACHE".to_owned(),
            name => format!("LAMBDA_IMG_{}", name.to_ascii_uppercase().replace('-', "_")),
        }
    }

    /// Whether `{name}` in a value stands for the function's name.
    pub fn names(&self) -> bool {
        matches!(self.name.as_str(), "path" | "tag" | "output")
    }

    /// What the option has against a value, if anything.
    pub fn refuses(&self, word: &str) -> Option<String> {
        let value = if self.names() { word.replace("{name}", "name") } else { word.to_owned() };
        // What the command line lets pass, and the build refuses.
        match self.name.as_str() {
            "runtime" => return runtime::profile(&value).err().map(|error| error.to_string()),
            "allow" => {
                let ids = value.split(',').map(str::to_owned).collect();
                return Policy::new(ids, Vec::new()).err().map(|error| error.to_string());
            }
            _ => {}
        }
        // The option alone: what it needs beside it is not there.
        let alone = Arg::new("value")
            .long("value")
            .value_parser(self.arg.get_value_parser().clone())
            .value_delimiter(self.arg.get_value_delimiter());
        let command = Command::new("x").no_binary_name(true).arg(alone);
        let error = command.try_get_matches_from([format!("--value={value}")]).err()?;
        let choices = match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(choices)) if !choices.is_empty() => Some(choices.join(", ")),
            _ => None,
        };
        let source = std::error::Error::source(&error).map(ToString::to_string);
        // Most say themselves what they are about.
        let quoted = format!("`{value}`");
        Some(match (choices, source) {
            (Some(choices), _) => format!("{quoted} is none of {choices}"),
            (None, Some(why)) if why.contains(&quoted) => why,
            (None, Some(why)) => format!("{quoted} {why}"),
            (None, None) => format!("{quoted} is empty or not of its form"),
        })
    }

    /// A value of a file in a directory (`dir/`, or nothing for the current one), as it is to be typed here.
    pub fn resolved(&self, word: &str, dir: &str) -> String {
        let from = |path: &str| if path.starts_with('/') { path.to_owned() } else { format!("{dir}{path}") };
        match self.place {
            Place::Whole => from(word),
            Place::Source => from(word),
            Place::Image => match IMAGES.iter().find_map(|kind| Some((*kind, word.strip_prefix(kind)?))) {
                Some((kind, path)) => format!("{kind}{}", from(path)),
                None => word.to_owned(),
            },
            Place::None => word.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_places_follow_the_options() {
        let keys = Keys::new();
        let form = |name: &str| keys.get(name).map(|key| (key.kind.clone(), key.place)).unwrap();
        assert_eq!(form("path"), (Kind::Text(vec![]), Place::Whole));
        assert_eq!(form("push"), (Kind::Flag, Place::None));
        assert_eq!(form("retries"), (Kind::Number(0), Place::None));
        assert_eq!(form("jobs"), (Kind::Number(1), Place::None));
        assert_eq!(form("arch"), (Kind::List, Place::None));
        assert_eq!(form("env"), (Kind::Pairs, Place::None));
        assert_eq!(form("cmd"), (Kind::Program, Place::None));
        assert_eq!(form("lambda-layer"), (Kind::List, Place::Whole));
        assert_eq!(form("add"), (Kind::List, Place::Source));
        assert_eq!(form("output"), (Kind::List, Place::Image));
        assert_eq!(form("split").0, Kind::Text(vec!["auto".to_owned(), "none".to_owned()]));
        assert!(keys.get("profile").is_none() && keys.get("help").is_none());
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let keys = Keys::new();
        let resolved = |name: &str, word: &str| keys.get(name).unwrap().resolved(word, "../");
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
        let keys = Keys::new();
        let get = |name| keys.get(name).unwrap();
        assert!(get("handler").conflicts_with(get("cmd")) && get("cmd").conflicts_with(get("handler")));
        assert!(!get("handler").conflicts_with(get("base")));
    }
}
