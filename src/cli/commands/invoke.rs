//! `lambda-img invoke`: runs a function's image here, as Lambda would run it.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, fs, thread};

use clap::ArgMatches;
use lambda_img::arch::Arch;
use lambda_img::build::Built;
use lambda_img::epoch::Epoch;
use lambda_img::image::{BlobSource, ImageConfig};
use lambda_img::invoke::{
    self, Configuration, Failure, Function, Identity, Instance, Invocation, LambdaApi, Listener, Outcome,
};
use lambda_img::source::{self, SourceEnv};
use lambda_img::store::Staging;
use lambda_img::work::Run;

use crate::cli::options::build::ImageOptions;
use crate::cli::options::image::ReadOptions;
use crate::cli::options::{interrupt, values};
use crate::cli::settings::Settings;
use crate::cli::settings::function_image::{Fallback, Unpublished};
use crate::cli::settings::sources::{self, Source};
use crate::cli::show::error::CliError;
use crate::cli::show::{json, stdout, usage};

#[derive(clap::Args)]
#[group(skip)]
pub struct Invoke {
    /// The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or a registry reference;
    /// or the name or path of a function, which is built and not kept [default: the only function of
    /// lambda-img.toml, else the current directory]
    #[arg(value_name = "SOURCE|NAME|PATH")]
    pub source: Option<String>,

    /// The event: a file, `-` for standard input, or JSON itself [default: {}]
    #[arg(long, value_name = "FILE|-|JSON")]
    pub event: Option<String>,

    /// Serve Lambda's Invoke API instead, until it is interrupted [default address: 127.0.0.1:9000]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:9000", conflicts_with_all = ["event", "count", "json"])]
    pub serve: Option<SocketAddr>,

    /// Of a function that is served, the environments at once
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub concurrency: u16,

    /// Invoke the function this many times in the same environment, one after the other
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub count: u32,

    /// Architecture of the image: x86_64 or arm64
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    /// Set an environment variable of the function; without a value, the one that it has here; repeatable
    #[arg(long = "set-env", value_name = "NAME[=VALUE]", help_heading = "The function in Lambda")]
    pub variables: Vec<String>,

    /// Memory of the function in MB: 128 to 10240
    #[arg(long, value_name = "MB", default_value_t = 128, value_parser = clap::value_parser!(u32).range(128..=10_240), help_heading = "The function in Lambda")]
    pub memory: u32,

    /// The most seconds for an event: 1 to 900
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=900), help_heading = "The function in Lambda")]
    pub function_timeout: u64,

    /// Size of /tmp in MB: 512 to 10240
    #[arg(long, value_name = "MB", default_value_t = 512, value_parser = clap::value_parser!(u64).range(512..=10_240), help_heading = "The function in Lambda")]
    pub tmp_size: u64,

    /// Name of the function [default: the name in lambda-img.toml, else `function`]
    #[arg(long, value_name = "NAME", help_heading = "The function in Lambda")]
    pub function_name: Option<String>,

    /// Region of the function
    #[arg(long, value_name = "REGION", default_value = "us-east-1", help_heading = "The function in Lambda")]
    pub region: String,

    /// Give the function the credentials in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
    #[arg(long, help_heading = "The function in Lambda")]
    pub pass_credentials: bool,

    /// Keep the function from all networks
    #[arg(long, help_heading = "The function in Lambda")]
    pub no_network: bool,

    /// Print one JSON object (docs/schemas/invoke.json)
    #[arg(long, help_heading = "Options")]
    pub json: bool,

    #[command(flatten)]
    pub reading: ReadOptions,

    /// Say nothing but the function's log, and errors
    #[arg(short, long, help_heading = "Options")]
    pub quiet: bool,

    #[command(flatten, next_help_heading = "A function that is built")]
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
    let event = event(args.event.as_deref())?;
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
            let image = image.ok_or_else(|| usage::commands::nothing_built())?;
            let layers = image.layers.iter().map(|layer| Arc::clone(&layer.source)).collect();
            (context, Found { name, config: image.config.clone(), layers, _built: Some(built) })
        }
    };
    let mode = invoke::find_mode(&context.cache).map_err(invoke::InvokeError::from)?;
    let configuration = configuration(args, found.name.as_deref())?;
    let configured_name = configuration.identity.name.clone();
    let function = Function::new(found.config, &found.layers, configuration, mode, &context.cache, run)?;
    if !args.quiet {
        let not_enforced = function.mode().not_enforced();
        let but =
            if not_enforced.is_empty() { String::new() } else { format!("; {}", not_enforced.join("; ")) };
        status!("sandbox: {}{but}", function.mode());
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
        print(args, &outcome, &log)?;
        last = Some(outcome);
    }
    instance.shut_down();
    match last.map(|outcome| outcome.result) {
        Some(Err(failure)) => Err(CliError::FunctionFailed { error_type: failure.name() }),
        _ => Ok(()),
    }
}

/// Prints the function's answer, or its error, as Lambda would return it.
fn print(args: &Invoke, outcome: &Outcome, log: &Log) -> Result<(), CliError> {
    let pieces = log.pieces.lock().map(|mut pieces| std::mem::take(&mut *pieces)).unwrap_or_default();
    if args.json {
        return stdout::print_json(&json::invoke::Invoked::of(outcome, &pieces));
    }
    let (Ok(payload) | Err(Failure { payload, .. })) = &outcome.result;
    let whole = [&pieces[..], payload].concat();
    stdout::print_bytes(&whole)?;
    if whole.last() == Some(&b'\n') { Ok(()) } else { stdout::print_exactly("\n") }
}

fn configuration(args: &Invoke, name: Option<&str>) -> Result<Configuration, CliError> {
    let name = args.function_name.as_deref().or(name).unwrap_or("function");
    let mut variables = Vec::new();
    for variable in &args.variables {
        match variable.split_once('=') {
            Some((name, value)) => variables.push((name.to_owned(), value.to_owned())),
            // As `docker run --env` has it.
            None => variables.extend(env::var(variable).ok().map(|value| (variable.clone(), value))),
        }
    }
    let credentials = match args.pass_credentials {
        false => None,
        true => {
            let variable = |name: &str| env::var(name).unwrap_or_default();
            let [id, secret, token] =
                ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map(variable);
            if id.is_empty() || secret.is_empty() {
                return Err(usage::invoke::no_credentials_to_pass());
            }
            Some([id, secret, token])
        }
    };
    Ok(Configuration {
        identity: Identity {
            name: name.to_owned(),
            version: "$LATEST".to_owned(),
            account: "123456789012".to_owned(),
            region: args.region.clone(),
            memory: args.memory,
        },
        variables,
        credentials,
        timeout: Duration::from_secs(args.function_timeout),
        tmp_size: args.tmp_size << 20,
        isolated: args.no_network,
    })
}

/// The most bytes of an event: 6 MB (AWS Lambda Developer Guide, "Lambda quotas").
const EVENT_MAX: u64 = 6 << 20;

fn event(given: Option<&str>) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let given = given.unwrap_or("{}");
    let origin = match given {
        "-" => {
            io::stdin().lock().take(EVENT_MAX + 1).read_to_end(&mut bytes).map_err(CliError::Stdin)?;
            "standard input".to_owned()
        }
        text if text.starts_with(['{', '[', '"'])
            || serde_json::from_str::<serde_json::Value>(text).is_ok() =>
        {
            bytes.extend(text.bytes());
            "--event".to_owned()
        }
        path => {
            let path = PathBuf::from(path);
            let failed = |error| {
                CliError::File(lambda_img::store::FileError {
                    verb: "read",
                    path: path.clone(),
                    source: error,
                })
            };
            fs::File::open(&path)
                .and_then(|file| file.take(EVENT_MAX + 1).read_to_end(&mut bytes))
                .map_err(failed)?;
            format!("`{}`", path.display())
        }
    };
    if bytes.len() as u64 > EVENT_MAX {
        return Err(usage::invoke::event_too_large(&origin, EVENT_MAX));
    }
    if let Err(error) = serde_json::from_slice::<serde_json::Value>(&bytes) {
        return Err(usage::invoke::event_not_json(&origin, &error));
    }
    Ok(bytes)
}
