//! Completion in shells: the scripts of `completions` call `lambda-img __complete WORD…`; the last word is the one
//! under the cursor.
//!
//! An answer is a line: the whole word, a tab, and its description. The words `:files` and `:dirs` ask the shell to
//! complete paths; after their tab comes the text that precedes the path.

use clap::{Arg, Command};
use lambda_img::check::CHECKS;
use lambda_img::runtime;
use lambda_img::scheme::Scheme;

use super::runtimes;
use crate::cli::settings::Settings;
use crate::cli::show::error::CliError;
use crate::cli::show::{check_page, clock, stdout, ui};

/// The word that asks; no command, so that neither help nor manual has it.
pub const WORD: &str = "__complete";

/// What an image on this machine is, by its scheme.
fn about(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Oci => "an OCI image layout",
        Scheme::OciArchive => "an OCI image layout in a tar",
        Scheme::DockerArchive => "what `docker save` writes",
    }
}

/// Answers for these words. Errors give no answers, because a shell cannot show them.
pub fn run(words: &[String], root: Command) -> Result<(), CliError> {
    let mut answers = answers(words, root);
    let line = |Answer { word, about }: Answer| format!("{}\t{}\n", ui::clean(&word), ui::clean(&about));
    answers.retain(|answer| !answer.word.contains(['\n', '\t']));
    stdout::print_exactly(&answers.into_iter().map(line).collect::<String>())
}

struct Answer {
    word: String,
    about: String,
}

fn answer(word: impl Into<String>, about: impl ToString) -> Answer {
    Answer { word: word.into(), about: about.to_string() }
}

fn answers(words: &[String], mut root: Command) -> Vec<Answer> {
    root.build();
    let Some((current, before)) = words.split_last() else { return Vec::new() };
    let at = Cursor::behind(before, &root);
    let mut found = match (&at.awaited, current.split_once('=')) {
        (Some(option), _) => values(at.command, option, current, ""),
        (None, Some((name, value))) if !at.escaped && name.starts_with("--") => {
            let head = format!("{name}=");
            option(at.command, name).map_or_else(Vec::new, |option| values(at.command, option, value, &head))
        }
        _ if !at.escaped && current.starts_with('-') => options(at.command),
        _ if at.command.has_subcommands() => commands(at.command),
        _ => at.positional().map_or_else(Vec::new, |argument| values(at.command, argument, current, "")),
    };
    found.retain(|answer| answer.word.starts_with(':') || answer.word.starts_with(current.as_str()));
    found
}

/// Where in a command line the cursor is.
struct Cursor<'c> {
    command: &'c Command,
    /// The option whose value is to come.
    awaited: Option<&'c Arg>,
    /// The number of arguments that are not options.
    positionals: usize,
    /// Whether all that follows is not an option.
    escaped: bool,
}

impl<'c> Cursor<'c> {
    fn behind(words: &[String], root: &'c Command) -> Self {
        let mut at = Self { command: root, awaited: None, positionals: 0, escaped: false };
        words.iter().for_each(|word| at.pass(word));
        at
    }

    fn pass(&mut self, word: &str) {
        if self.awaited.take().is_some() {
            return;
        }
        if self.escaped {
            self.positionals += 1;
        } else if word == "--" {
            self.escaped = true;
        } else if word.starts_with('-') && word.len() > 1 {
            self.awaited = option(self.command, word).filter(|option| option.get_action().takes_values());
        } else if let Some(command) = self.command.find_subcommand(word) {
            self.command = command;
        } else {
            self.positionals += 1;
        }
    }

    /// The argument at the cursor; the last one may be repeated.
    fn positional(&self) -> Option<&'c Arg> {
        let mut all = self.command.get_positionals();
        let last = self.command.get_positionals().last().filter(|last| {
            last.get_num_args().is_some_and(|count| count.max_values() > 1)
                || matches!(last.get_action(), clap::ArgAction::Append)
        });
        all.nth(self.positionals).or(last)
    }
}

/// The option of a name, `--long` or `-s`; of several letters in one word, the last.
fn option<'c>(command: &'c Command, name: &str) -> Option<&'c Arg> {
    let is = |arg: &&Arg| match name.strip_prefix("--") {
        Some(long) => {
            arg.get_long() == Some(long) || arg.get_all_aliases().is_some_and(|names| names.contains(&long))
        }
        None => arg.get_short().is_some_and(|short| name.ends_with(short)),
    };
    command.get_arguments().find(is)
}

fn options(command: &Command) -> Vec<Answer> {
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set() && !arg.is_positional());
    let about = |arg: &Arg| arg.get_help().map(ToString::to_string).unwrap_or_default();
    shown.flat_map(|arg| Some(answer(format!("--{}", arg.get_long()?), about(arg)))).collect()
}

fn commands(command: &Command) -> Vec<Answer> {
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    let about = |command: &Command| command.get_about().map(ToString::to_string).unwrap_or_default();
    shown.map(|command| answer(command.get_name(), about(command))).collect()
}

/// What an argument takes; `head` stands before it in the word, of which `current` is the rest.
fn values(command: &Command, arg: &Arg, current: &str, head: &str) -> Vec<Answer> {
    let mut found = known(arg);
    // Lists go on behind a comma.
    let listed =
        arg.get_value_delimiter().and_then(|comma| current.rfind(comma)).map_or("", |at| &current[..=at]);
    let path = match arg.get_id().as_str() {
        "outputs" | "base" => local(current, &mut found),
        // What is pushed exists.
        "source" if command.get_name() == "push" => {
            found.clear();
            local(current, &mut found)
        }
        // Images, and functions by name or path.
        "source" | "a" | "b" => {
            local(current, &mut found).or_else(|| (!found.is_empty()).then(|| (":files", String::new())))
        }
        id => takes_path(id).then(|| (":files", String::new())),
    };
    found.iter_mut().for_each(|answer| answer.word = format!("{head}{listed}{}", answer.word));
    found.extend(path.map(|(kind, before)| answer(kind, format!("{head}{before}"))));
    found
}

/// Whether an argument that is not an image is a path of this machine.
fn takes_path(id: &str) -> bool {
    const PATHS: [&str; 12] = [
        "path",
        "bootstrap",
        "lambda_layers",
        "extensions",
        "adds",
        "workdir",
        "ca_certs",
        "dir",
        "image_refs",
        "metadata_file",
        "cache_dir",
        "cache",
    ];
    PATHS.contains(&id)
}

/// Local images: their schemes, and after a scheme the path. Tags are not completed.
fn local(current: &str, found: &mut Vec<Answer>) -> Option<(&'static str, String)> {
    match Scheme::split(current) {
        Some((_, path)) if path.contains(':') => {
            found.clear();
            None
        }
        Some((scheme, _)) => {
            found.clear();
            Some((if scheme == Scheme::Oci { ":dirs" } else { ":files" }, format!("{scheme}:")))
        }
        None => {
            found.extend(Scheme::ALL.map(|scheme| answer(format!("{scheme}:"), about(scheme))));
            None
        }
    }
}

/// The values that are known by name.
fn known(arg: &Arg) -> Vec<Answer> {
    match arg.get_id().as_str() {
        "runtime" | "runtimes" => {
            let all = runtime::all().unwrap_or_default();
            let shown = runtimes::select(all, clock::today(), true);
            shown.into_iter().map(|profile| answer(profile.id, profile.name)).collect()
        }
        "allow" | "deny" | "id" => {
            CHECKS.iter().map(|check| answer(check.id, check_page::summary(check))).collect()
        }
        "archs" | "arch" => ["x86_64", "arm64"].map(|arch| answer(arch, "")).into(),
        "base" => vec![
            answer("embedded", "the base that lambda-img makes itself"),
            answer("scratch", "no base at all"),
        ],
        "profile" => {
            set(|settings| settings.profiles().map(str::to_owned).collect(), "a profile of lambda-img.toml")
        }
        "path" | "source" | "a" | "b" => {
            set(|settings| settings.functions().map(str::to_owned).collect(), "a function of lambda-img.toml")
        }
        _ => {
            let possible = arg.get_possible_values();
            let about =
                |help: Option<&clap::builder::StyledStr>| help.map(ToString::to_string).unwrap_or_default();
            let shown = possible.iter().filter(|value| !value.is_hide_set());
            shown.map(|value| answer(value.get_name(), about(value.get_help()))).collect()
        }
    }
}

/// Names of the nearest file; none, where it is not there or wrong.
fn set(names: impl Fn(&Settings) -> Vec<String>, about: &str) -> Vec<Answer> {
    let settings = Settings::find().unwrap_or_default();
    names(&settings).into_iter().map(|name| answer(name, about)).collect()
}
