//! `lambda-img invoke`: runs a function's image here, as Lambda would run it.

mod image;
mod serve;
#[cfg(feature = "watch")]
mod watch;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use clap::ArgMatches;
use lambda_img::arch::Arch;
use lambda_img::invoke::{
    self, Failure, Function, Instance, Invocation, InvokeError, Listener, Means, Outcome,
};
use lambda_img::work::Run;

use self::image::{Found, Wanted, find};
use crate::cli::options::build::ImageOptions;
use crate::cli::options::headings::CONFIGURATION;
use crate::cli::options::image::ReadOptions;
use crate::cli::options::lambda_configuration::ConfigurationOptions;
use crate::cli::options::{event, interrupt, samples, values};
use crate::cli::show::error::CliError;
use crate::cli::show::{json, stdout, ui, usage};

#[derive(clap::Args)]
#[group(skip)]
pub struct Invoke {
    /// Run this image, or the image of this function [default: the only function of lambda-img.toml, else .]
    ///
    /// An image is oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or REGISTRY/REPOSITORY[:TAG].
    /// A function is a name in lambda-img.toml or a path; its image is built and not kept.
    #[arg(value_name = "SOURCE|NAME|PATH")]
    pub source: Option<String>,

    /// Invoke it with this event: a sample, a file, - for standard input, or JSON itself [default: {}]
    #[arg(long, value_name = "SAMPLE|FILE|-|JSON")]
    pub event: Option<String>,

    /// List the sample events; with a name, print that event
    #[arg(
        long,
        value_name = "SAMPLE",
        num_args = 0..=1,
        default_missing_value = "",
        hide_short_help = true,
        conflicts_with_all = ["event", "count", "json", "serve", "source"],
    )]
    pub list_events: Option<String>,

    /// Invoke it N times in the same environment, one after the other
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub count: u32,

    /// Serve Lambda's Invoke API until Ctrl-C instead [default address: 127.0.0.1:9000]
    ///
    /// SDKs and the AWS CLI invoke the function through this endpoint, by any name. Without a NAME, all functions of
    /// lambda-img.toml are served, each by its own name.
    #[arg(
        long,
        value_name = "ADDRESS",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:9000",
        conflicts_with_all = ["event", "count", "json"],
    )]
    pub serve: Option<SocketAddr>,

    /// Serve a function URL instead: each HTTP request is an event, and the answer is the response
    #[arg(long, hide_short_help = true, requires = "serve")]
    pub url: bool,

    /// Build and invoke it again after each change, until Ctrl-C; with --serve, serve the new function
    #[arg(long, conflicts_with_all = ["count", "list_events"])]
    pub watch: bool,

    /// Answer at most N requests at once, in an environment each; more are throttled
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub concurrency: u16,

    /// Run the image for x86_64 or arm64; an index of several images needs this option
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    #[command(flatten)]
    pub configuration: ConfigurationOptions,

    /// Run the function without a sandbox, as this user on the files of this machine
    ///
    /// Only programs that need no file of the image outside of their own directory can run so.
    #[arg(help_heading = CONFIGURATION, hide_short_help = true, long)]
    pub no_sandbox: bool,

    /// Print one JSON object (docs/schemas/invoke.json)
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub reading: ReadOptions,

    /// Print only the log of the function, and errors
    #[arg(short, long)]
    pub quiet: bool,

    #[command(flatten)]
    pub function: ImageOptions,
}

/// What the log of a function goes to: standard error.
struct Log {
    /// Bytes of answers that come in pieces.
    pieces: Mutex<Vec<u8>>,
}

impl Listener for Log {
    fn output(&self, _: Option<&str>, bytes: &[u8]) {
        // A reader that has gone stops no function.
        let _ = io::stderr().lock().write_all(bytes);
    }

    fn piece(&self, bytes: &[u8]) {
        if let Ok(mut pieces) = self.pieces.lock() {
            pieces.extend(bytes);
        }
    }
}

pub fn run(args: &Invoke, given: &ArgMatches) -> Result<(), CliError> {
    if let Some(name) = &args.list_events {
        return list_events(name);
    }
    let event = event::read(args.event.as_deref())?;
    let (interrupted, jobs) = (interrupt::watch()?, args.reading.jobs.count());
    let run = Run::new(jobs, interrupted);
    if args.watch {
        #[cfg(feature = "watch")]
        return watch::run(args, given, event, run);
        #[cfg(not(feature = "watch"))]
        return Err(usage::commands::no_watch());
    }
    let images = find(&args.wanted(), given, args.serves_all(), run)?;
    args.check_name(images.len())?;
    let means = args.means()?;
    let functions: Result<Vec<_>, _> = images.iter().map(|found| function(args, found, means, run)).collect();
    let functions = functions?;
    args.tell(means);
    let log = Arc::new(Log { pieces: Mutex::default() });
    match args.serve {
        Some(address) => serve::until_interrupt(args, address, functions, log, run),
        None => functions.into_iter().try_for_each(|function| answer(args, function, &event, &log, run)),
    }
}

impl Invoke {
    fn wanted(&self) -> Wanted<'_> {
        let (source, arch) = (self.source.as_deref(), self.arch);
        Wanted { source, arch, reading: &self.reading, quiet: self.quiet }
    }

    /// Whether all functions of lambda-img.toml are meant where none is named.
    fn serves_all(&self) -> bool {
        self.serve.is_some() && !self.url
    }

    /// Refuses one name for several functions.
    fn check_name(&self, functions: usize) -> Result<(), CliError> {
        let several = functions > 1 && self.configuration.function_name.is_some();
        if several { Err(usage::invoke::one_name_for_many()) } else { Ok(()) }
    }

    fn means(&self) -> Result<Means, CliError> {
        match self.no_sandbox {
            true => Ok(Means::OFF),
            false => Ok(invoke::find_means().map_err(InvokeError::from)?),
        }
    }

    /// Says how functions are shut in.
    fn tell(&self, means: Means) {
        if !self.quiet {
            let not_enforced = means.not_enforced();
            let but =
                if not_enforced.is_empty() { String::new() } else { format!("; {}", not_enforced.join("; ")) };
            status!("sandbox: {}{but}", means.mode);
        }
    }
}

/// Lists the sample events, or prints one.
fn list_events(name: &str) -> Result<(), CliError> {
    if name.is_empty() {
        let rows = samples::SAMPLES.iter().map(|one| vec![one.name.to_owned(), one.source.to_owned()]);
        return stdout::print(&ui::table(&rows.collect::<Vec<_>>(), &[]));
    }
    let names = || samples::SAMPLES.iter().map(|one| one.name).collect::<Vec<_>>().join(", ");
    let sample = samples::find(name).ok_or_else(|| usage::invoke::unknown_sample(name, &names()))?;
    stdout::print_exactly(sample.event)
}

/// The image, unpacked.
fn function(args: &Invoke, found: &Found, means: Means, run: Run<'_>) -> Result<Function, CliError> {
    let configuration = args.configuration.configuration(found.name.as_deref())?;
    let config = found.config.clone();
    Ok(Function::new(config, &found.layers, configuration, means, &found.context.cache, run)?)
}

/// Invokes the function, as often as is wanted.
fn answer(
    args: &Invoke,
    function: Function,
    event: &[u8],
    log: &Arc<Log>,
    run: Run<'_>,
) -> Result<(), CliError> {
    let means = function.means();
    let mut instance = Instance::new(Arc::new(function), Arc::clone(log) as Arc<dyn Listener>);
    let mut last = None;
    for _ in 0..args.count {
        run.check().map_err(|interrupted| CliError::of_image(interrupted.into()))?;
        let invocation = Invocation { payload: event.to_vec(), ..Invocation::default() };
        let outcome = instance.invoke(invocation)?;
        print(args, &outcome, log, means)?;
        last = Some(outcome);
    }
    instance.shut_down();
    match last {
        Some(Outcome { result: Err(failure), log, .. }) => Err(CliError::FunctionFailed {
            error_type: failure.name(),
            said: String::from_utf8_lossy(&[&failure.payload[..], &log].concat()).into_owned(),
        }),
        _ => Ok(()),
    }
}

/// Prints the function's answer, or its error, as Lambda would return it.
fn print(args: &Invoke, outcome: &Outcome, log: &Log, means: Means) -> Result<(), CliError> {
    let pieces = log.pieces.lock().map(|mut pieces| std::mem::take(&mut *pieces)).unwrap_or_default();
    if args.json {
        return stdout::print_json(&json::invoke::Invoked::of(outcome, &pieces, means));
    }
    let (Ok(payload) | Err(Failure { payload, .. })) = &outcome.result;
    let whole = [&pieces[..], payload].concat();
    stdout::print_bytes(&whole)?;
    if whole.last() == Some(&b'\n') { Ok(()) } else { stdout::print_exactly("\n") }
}
