//! The program around the library: arguments, environment, words for people, exit codes.

/// As the standard library's, for lines of our own: what others wrote in them steers no terminal, and a stderr that
/// nobody reads any more stops no work.
macro_rules! eprint {
    ($($text:tt)*) => { $crate::cli::show::ui::tell(&format!($($text)*)) };
}

/// The same for one line, whatever others wrote in it.
macro_rules! eprintln {
    ($($text:tt)*) => { $crate::cli::show::ui::tell_line(&format!($($text)*)) };
}

mod commands;
mod fleet;
#[cfg(feature = "init")]
mod init;
mod options;
mod settings;
mod show;
#[cfg(feature = "watch")]
mod watch;

use crate::cli::fleet::ci_outputs;
use crate::cli::options::interrupt;
use crate::cli::show::colour;
use crate::cli::show::usage_error;
use std::panic;
use std::process::ExitCode;

use clap::FromArgMatches;

use crate::cli::commands::args::{Args, Command};
use crate::cli::commands::{complete, examples};
use crate::cli::options::build::Given;
use crate::cli::options::fleet::Fleet;
use crate::cli::show::error::CliError;
use crate::cli::show::exit_code::INTERNAL;
use settings::{Function, Keys, Settings};

/// Runs the command of the arguments.
pub fn main() -> ExitCode {
    interrupt::hear_limits();
    colour::choose(std::env::args_os().skip(1));
    let mut words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    if words.next().is_some_and(|word| word == complete::WORD) {
        let _ = complete::run(&words.collect::<Vec<_>>());
        return ExitCode::SUCCESS;
    }
    let parsed = examples::command().try_get_matches().and_then(|given| Args::from_arg_matches(&given));
    let args = parsed.unwrap_or_else(|error| usage_error::end(&error));
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
        Command::Config(config) => commands::config::run(&config),
        #[cfg(feature = "init")]
        Command::Init(init) => commands::init::run(&init),
        Command::Check(check) => commands::check::run(*check),
        Command::Diff(diff) => commands::diff::run(*diff),
        Command::Inspect(inspect) => commands::inspect::run(*inspect),
        Command::Explain(explain) => commands::explain::run(&explain),
        Command::Push(push) => commands::push::run(*push),
        Command::Login(login) => commands::login::login(login),
        Command::Logout(logout) => commands::login::logout(&logout),
        Command::Auth(command) => commands::auth::run(&command),
        Command::Base(command) => commands::base::run(command),
        Command::Cache(command) => commands::cache::run(command),
        Command::Runtimes(runtimes) => commands::runtimes::run(&runtimes),
        Command::Completions(completions) => commands::completions::run(&completions),
        Command::Man(man) => commands::man::run(&man),
        Command::Version(version) => commands::version::run(&version),
    }
}

/// `lambda-img build`: from what is given and set to functions, made and built.
fn build(given: &Given) -> Outcome {
    let fleet = given.fleet();
    if fleet.watch {
        #[cfg(feature = "watch")]
        return watch::run(given, &fleet);
        #[cfg(not(feature = "watch"))]
        return Err(CliError::usage(
            "this `lambda-img` was compiled without `--watch`",
            "compile it with the feature `watch` of its crate, which is on by default",
        ));
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
) -> Result<(Vec<Function>, bool), CliError> {
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
        return fleet::run(functions, settings, keys, fleet, prepared);
    };
    // What can be refused is, before anything runs.
    let handoff = ci_outputs::Handoff::of(fleet)?;
    let options = function.options(settings, keys)?.settled()?;
    handoff.apart(&options.outputs)?;
    let made = function.prepare.run(&function.dir, options.quiet);
    prepared();
    made?;
    let name = function.name.clone().unwrap_or_else(|| options.path.display().to_string());
    commands::build::run(options, &name, &handoff)
        .map_err(|failure| failure.of_function(function.origin("handler")))
}

/// The result of a command.
pub type Outcome = Result<(), CliError>;
