//! The program around the library: arguments, environment, words for people, exit codes.

/// As the standard library's, for lines of our own: what others wrote in them steers no terminal, and a stderr that
/// nobody reads any more stops no work.
macro_rules! eprint {
    ($($text:tt)*) => { $crate::cli::ui::tell(&format!($($text)*)) };
}

/// The same for one line, whatever others wrote in it.
macro_rules! eprintln {
    ($($text:tt)*) => { $crate::cli::ui::tell_line(&format!($($text)*)) };
}

mod apart;
mod args;
mod cache_dir;
mod changed;
mod clock;
mod cmd_auth;
mod cmd_base;
mod cmd_build;
mod cmd_cache;
mod cmd_check;
mod cmd_completions;
mod cmd_config;
mod cmd_diff;
mod cmd_explain;
mod cmd_fleet;
mod cmd_init;
mod cmd_inspect;
mod cmd_login;
mod cmd_man;
mod cmd_push;
mod cmd_runtimes;
mod cmd_version;
mod colour;
mod complete;
mod differences;
mod earlier;
mod examples;
mod exit_code;
mod failure;
mod findings;
mod git;
mod groups;
mod handler;
mod handoff;
mod hints;
mod iam;
mod init;
mod inputs;
mod inspection;
mod left_out;
mod live;
mod made;
mod names;
mod net;
mod pins;
mod prepare;
mod prompt;
mod pushes;
mod reading;
mod refusal;
mod sarif;
mod settings;
mod signal;
mod sources;
mod told;
mod trust;
mod ui;
mod unpinned;
mod values;
mod watch;

use std::panic;
use std::process::ExitCode;

use clap::FromArgMatches;

use args::{Args, Command, Fleet, Given};
use exit_code::INTERNAL;
use failure::Failure;
use settings::{Function, Keys, Settings};

/// Runs the command of the arguments.
pub fn main() -> ExitCode {
    signal::hear_limits();
    colour::choose(std::env::args_os().skip(1));
    let mut words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    if words.next().is_some_and(|word| word == complete::WORD) {
        let _ = complete::run(&words.collect::<Vec<_>>());
        return ExitCode::SUCCESS;
    }
    let parsed = examples::command().try_get_matches().and_then(|given| Args::from_arg_matches(&given));
    let args = parsed.unwrap_or_else(|error| refusal::end(&error));
    let run = || run(args.command);
    match panic::catch_unwind(panic::AssertUnwindSafe(run)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            failure.print();
            failure.exit_code()
        }
        Err(_) => {
            eprintln!("hint: this is a fault of lambda-img: please report it with the lines above");
            ExitCode::from(INTERNAL)
        }
    }
}

fn run(mut command: Command) -> Outcome {
    if let Some(net) = command.network() {
        settings::reach(net)?;
    }
    match command {
        Command::Build(given) => build(&given),
        Command::Config(config) => cmd_config::run(&config),
        Command::Init(init) => cmd_init::run(&init),
        Command::Check(check) => cmd_check::run(*check),
        Command::Diff(diff) => cmd_diff::run(*diff),
        Command::Inspect(inspect) => cmd_inspect::run(*inspect),
        Command::Explain(explain) => cmd_explain::run(&explain),
        Command::Push(push) => cmd_push::run(*push),
        Command::Login(login) => cmd_login::login(login),
        Command::Logout(logout) => cmd_login::logout(&logout),
        Command::Auth(command) => cmd_auth::run(&command),
        Command::Base(command) => cmd_base::run(command),
        Command::Cache(command) => cmd_cache::run(command),
        Command::Runtimes(runtimes) => cmd_runtimes::run(&runtimes),
        Command::Completions(completions) => cmd_completions::run(&completions),
        Command::Man(man) => cmd_man::run(&man),
        Command::Version(version) => cmd_version::run(&version),
    }
}

/// `lambda-img build`: from what is given and set to functions, made and built.
fn build(given: &Given) -> Outcome {
    let fleet = given.fleet();
    if fleet.watch {
        return watch::run(given, &fleet);
    }
    let keys = Keys::new();
    let settings = Settings::find(&keys)?;
    let (functions, alone) = meant(given, &fleet, &settings, &keys)?;
    round(functions, alone, &settings, &keys, &fleet, || {})
}

/// The functions that are meant, and whether it is one alone.
fn meant(
    given: &Given,
    fleet: &Fleet,
    settings: &Settings,
    keys: &Keys,
) -> Result<(Vec<Function>, bool), Failure> {
    if fleet.all || fleet.changed_since.is_some() {
        return Ok((settings::all(&given.0, settings, keys)?, false));
    }
    let functions = settings::chosen(&given.0, settings, keys)?;
    let alone = functions.len() == 1;
    Ok((functions, alone))
}

/// Makes and builds functions; `prepared` is called when their commands have run.
fn round(
    functions: Vec<Function>,
    alone: bool,
    settings: &Settings,
    keys: &Keys,
    fleet: &Fleet,
    prepared: impl FnOnce(),
) -> Outcome {
    let Some(function) = functions.first().filter(|_| alone) else {
        return cmd_fleet::run(functions, settings, keys, fleet, prepared);
    };
    // What can be refused is, before anything runs.
    let handoff = handoff::Handoff::of(fleet)?;
    let options = function.options(settings, keys)?.settled()?;
    handoff.apart(&options.outputs)?;
    let made = function.prepare.run(&function.dir, options.quiet);
    prepared();
    made?;
    let name = function.name.clone().unwrap_or_else(|| options.path.display().to_string());
    cmd_build::run(options, &name, &handoff)
        .map_err(|failure| failure.of_function(function.origin("handler")))
}

/// The result of a command.
pub type Outcome = Result<(), Failure>;
