//! `lambda-img invoke`: runs a function's image here, as Lambda would run it.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use clap::ArgMatches;
use lambda_img::arch::Arch;
use lambda_img::build::Built;
use lambda_img::epoch::Epoch;
use lambda_img::image::{BlobSource, ImageConfig};
use lambda_img::invoke::{
    self, Failure, Function, Instance, Invocation, LambdaApi, Listener, Means, Outcome,
};
use lambda_img::source::{self, SourceEnv};
use lambda_img::store::Staging;
use lambda_img::work::Run;

use crate::cli::options::build::ImageOptions;
use crate::cli::options::headings::CONFIGURATION;
use crate::cli::options::image::ReadOptions;
use crate::cli::options::lambda_configuration::ConfigurationOptions;
use crate::cli::options::{event, interrupt, values};
use crate::cli::settings::Settings;
use crate::cli::settings::function_image::{Fallback, Unpublished};
use crate::cli::settings::sources::{self, Source};
use crate::cli::show::error::CliError;
use crate::cli::show::{json, stdout, usage};

#[derive(clap::Args)]
#[group(skip)]
pub struct Invoke {
    /// Run this image, or the image of this function [default: the only function of lambda-img.toml, else .]
    ///
    /// An image is oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or REGISTRY/REPOSITORY[:TAG].
    /// A function is a name in lambda-img.toml or a path; its image is built and not kept.
    #[arg(value_name = "SOURCE|NAME|PATH")]
    pub source: Option<String>,

    /// Invoke it with this event: a file, - for standard input, or JSON itself [default: {}]
    #[arg(long, value_name = "FILE|-|JSON")]
    pub event: Option<String>,

    /// Invoke it N times in the same environment, one after the other
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub count: u32,

    /// Serve Lambda's Invoke API until Ctrl-C instead [default address: 127.0.0.1:9000]
    #[arg(
        long,
        value_name = "ADDRESS",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:9000",
        conflicts_with_all = ["event", "count", "json"],
    )]
    pub serve: Option<SocketAddr>,

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

/// An image to run, and what keeps its layers.
struct Found {
    name: Option<String>,
    config: ImageConfig,
    layers: Vec<Arc<dyn BlobSource>>,
    _built: Option<Built>,
}

pub fn run(args: &Invoke, given: &ArgMatches) -> Result<(), CliError> {
    let event = event::read(args.event.as_deref())?;
    let settings = Settings::find()?;
    let target = match &args.source {
        Some(word) => sources::source(word, given, &settings)?,
        None => sources::nameless(given, &settings)?,
    };
    let (interrupted, jobs) = (interrupt::watch()?, args.reading.jobs.count());
    let run = Run::new(jobs, interrupted);
    let (context, found) = match target {
        Source::Image(source) => {
            let (context, _) = args.reading.begin(args.quiet, [&source])?;
            let staging = Staging::nowhere();
            let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
            let image =
                source::find(&source, args.arch, &at).map_err(|error| CliError::of_image(error.into()))?;
            let missing = |why: String| usage::invoke::cannot_run(&source, &why);
            let config =
                ImageConfig::parse(image.config.map_err(missing)?).map_err(invoke::InvokeError::from)?;
            let layers: Result<Vec<_>, _> = image.layers.into_iter().map(|layer| layer.source).collect();
            (context, Found { name: None, config, layers: layers.map_err(missing)?, _built: None })
        }
        Source::Function(function) => {
            let fallback = Fallback { arch: args.arch, ..Fallback::default() };
            let one = Unpublished::of(&function, &fallback, &settings)?;
            let context = one.options.reading(jobs)?;
            let name = function.name.clone();
            let built = one.build(&function, run, &context)?;
            let image = built.images.first().map(|built| &built.image);
            let image = image.ok_or_else(usage::commands::nothing_built)?;
            let layers = image.layers.iter().map(|layer| Arc::clone(&layer.source)).collect();
            (context, Found { name, config: image.config.clone(), layers, _built: Some(built) })
        }
    };
    let means = match args.no_sandbox {
        true => Means::OFF,
        false => invoke::find_means().map_err(invoke::InvokeError::from)?,
    };
    let configuration = args.configuration.configuration(found.name.as_deref())?;
    let configured_name = configuration.identity.name.clone();
    let function = Function::new(found.config, &found.layers, configuration, means, &context.cache, run)?;
    if !args.quiet {
        let not_enforced = means.not_enforced();
        let but =
            if not_enforced.is_empty() { String::new() } else { format!("; {}", not_enforced.join("; ")) };
        status!("sandbox: {}{but}", means.mode);
    }
    let log = Arc::new(Log { pieces: Mutex::default() });
    if let Some(address) = args.serve {
        let listener = Arc::clone(&log) as Arc<dyn Listener>;
        let served = LambdaApi::start(address, vec![function], &listener, args.concurrency.into())?;
        let address = served.address().unwrap_or(address);
        status!("serving {} at http://{address}; interrupt with Ctrl-C", configured_name);
        while run.check().is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
        return Ok(());
    }
    let mut instance = Instance::new(Arc::new(function), Arc::clone(&log) as Arc<dyn Listener>);
    let mut last = None;
    for _ in 0..args.count {
        run.check().map_err(|interrupted| CliError::of_image(interrupted.into()))?;
        let invocation = Invocation { payload: event.clone(), ..Invocation::default() };
        let outcome = instance.invoke(invocation)?;
        print(args, &outcome, &log, means)?;
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
