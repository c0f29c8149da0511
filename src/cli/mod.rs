//! The program around the library: arguments, environment, words for people, exit codes.

/// As the standard library's, but for a stderr that nobody reads any more: it stops no work.
macro_rules! eprint {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = write!(std::io::stderr(), $($text)*);
    }};
}

/// The same for a line.
macro_rules! eprintln {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

mod apart;
mod args;
mod changed;
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
mod cmd_push;
mod cmd_runtimes;
mod cmd_version;
mod differences;
mod exit_code;
mod failure;
mod findings;
mod groups;
mod handoff;
mod hints;
mod iam;
mod init;
mod inputs;
mod inspection;
mod left_out;
mod live;
mod names;
mod net;
mod pins;
mod prepare;
mod pushes;
mod reading;
mod sarif;
mod settings;
mod signal;
mod ui;
mod values;
mod watch;

use std::panic;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command, Fleet, Given};
use exit_code::INTERNAL;
use failure::Failure;
use lambda_img::redact;
use settings::{Function, Keys, Settings};

/// Runs the command of the arguments.
pub fn main() -> ExitCode {
    let args = Args::try_parse().unwrap_or_else(|error| refuse(&error));
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

/// Ends with what clap says, but for passwords in the arguments.
fn refuse(error: &clap::Error) -> ! {
    let said = error.render().to_string();
    let shown = redact::passwords(&said);
    if shown == said {
        error.exit()
    }
    eprint!("{shown}");
    std::process::exit(error.exit_code())
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
        Command::Auth(command) => cmd_auth::run(&command),
        Command::Base(command) => cmd_base::run(command),
        Command::Cache(command) => cmd_cache::run(command),
        Command::Runtimes(runtimes) => cmd_runtimes::run(&runtimes),
        Command::Completions(completions) => cmd_completions::completions(&completions),
        Command::Man(man) => cmd_completions::man(&man),
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
    let made = function.prepare.run(&function.dir, options.quiet);
    prepared();
    made?;
    let name = function.name.clone().unwrap_or_else(|| options.path.display().to_string());
    cmd_build::run(options, &name, &handoff)
}

/// The result of a command.
pub type Outcome = Result<(), Failure>;
