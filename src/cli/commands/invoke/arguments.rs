//! The arguments of `lambda-img invoke`.

use std::net::SocketAddr;

use lambda_img::arch::Arch;
use lambda_img::invoke::{self, InvokeError, Means};

use super::image::Wanted;
use crate::cli::options::build::ImageOptions;
use crate::cli::options::headings::CONFIGURATION;
use crate::cli::options::image::ReadOptions;
use crate::cli::options::lambda_configuration::ConfigurationOptions;
use crate::cli::options::values;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

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
    /// lambda-img.toml are served, each by its own name. A port alone, or localhost:PORT, is one of 127.0.0.1.
    #[arg(
        long,
        value_name = "PORT|ADDRESS",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:9000",
        value_parser = values::listen_address,
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

impl Invoke {
    /// Which image is meant.
    pub fn wanted(&self) -> Wanted<'_> {
        let (source, arch) = (self.source.as_deref(), self.arch);
        Wanted { source, arch, reading: &self.reading, quiet: self.quiet }
    }

    /// Whether all functions of lambda-img.toml are meant where none is named.
    pub fn serves_all(&self) -> bool {
        self.serve.is_some() && !self.url
    }

    /// Refuses one name for several functions.
    pub fn check_name(&self, functions: usize) -> Result<(), CliError> {
        let several = functions > 1 && self.configuration.function_name.is_some();
        if several { Err(usage::invoke::one_name_for_many()) } else { Ok(()) }
    }

    /// How the function is shut in.
    pub fn means(&self) -> Result<Means, CliError> {
        match self.no_sandbox {
            true => Ok(Means::OFF),
            false => Ok(invoke::find_means().map_err(InvokeError::from)?),
        }
    }

    /// Says how functions are shut in.
    pub fn tell(&self, means: Means) {
        if !self.quiet {
            let not_enforced = means.not_enforced();
            let but = if not_enforced.is_empty() {
                String::new()
            } else {
                format!("; {}", not_enforced.join("; "))
            };
            status!("sandbox: {}{but}", means.mode);
        }
    }
}
