//! The options that stand for a function's configuration in Lambda.

use std::env;
use std::time::Duration;

use lambda_img::invoke::{Configuration, Identity};

use super::headings::CONFIGURATION;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// The Region of a function where nothing says another one.
const REGION: &str = "us-east-1";

/// The memory in MB and the timeout in seconds of a function where nothing says others: Lambda's own defaults.
pub const MEMORY: u32 = 128;
pub const TIMEOUT: u64 = 3;

/// The size of /tmp in MB where nothing says another one: the least that Lambda gives.
const TMP_SIZE: u64 = 512;

/// How Lambda would be told to run the function.
#[derive(clap::Args)]
#[group(skip)]
pub struct ConfigurationOptions {
    /// Set an environment variable of the function; repeatable
    ///
    /// It is set as in the configuration of a function: over the variables of the image. Names that Lambda reserves
    /// are refused. NAME without a value takes the value that the variable has here.
    #[arg(help_heading = CONFIGURATION, long = "set-env", value_name = "NAME[=VALUE]")]
    pub variables: Vec<String>,

    /// Set the memory of the function: 128 to 10240 MB
    #[arg(
        help_heading = CONFIGURATION,
        long,
        value_name = "MB",
        default_value_t = MEMORY,
        value_parser = clap::value_parser!(u32).range(128..=10_240),
    )]
    pub memory: u32,

    /// Set the timeout of the function: 1 to 900 seconds
    #[arg(
        help_heading = CONFIGURATION,
        long,
        value_name = "SECONDS",
        default_value_t = TIMEOUT,
        value_parser = clap::value_parser!(u64).range(1..=900),
    )]
    pub function_timeout: u64,

    /// Set the size of /tmp: 512 to 10240 MB
    #[arg(
        help_heading = CONFIGURATION,
        long,
        value_name = "MB",
        default_value_t = TMP_SIZE,
        value_parser = clap::value_parser!(u64).range(512..=10_240),
    )]
    pub tmp_size: u64,

    /// Set the name of the function [default: its name in lambda-img.toml, else function]
    #[arg(help_heading = CONFIGURATION, long, value_name = "NAME")]
    pub function_name: Option<String>,

    /// Set the Region of the function [default: that of --aws-profile, else us-east-1]
    #[arg(help_heading = CONFIGURATION, long, value_name = "REGION")]
    pub region: Option<String>,

    /// Leave the function no network: it reaches the Runtime API alone
    #[arg(help_heading = CONFIGURATION, hide_short_help = true, long)]
    pub no_network: bool,

    /// Start environments as with SnapStart: run the hooks before a snapshot and after a restore
    #[arg(help_heading = CONFIGURATION, hide_short_help = true, long)]
    pub snapstart: bool,

    /// Give an environment up to N events at once, as Lambda Managed Instances do
    ///
    /// One environment answers them all. The runtime client must know AWS_LAMBDA_MAX_CONCURRENCY.
    #[arg(
        help_heading = CONFIGURATION,
        hide_short_help = true,
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=1_600),
        conflicts_with_all = ["snapstart", "concurrency"],
    )]
    pub environment_concurrency: Option<u16>,

    /// Hand the function the credentials of this environment: AWS_ACCESS_KEY_ID and the others
    #[arg(help_heading = CONFIGURATION, long)]
    pub pass_credentials: bool,

    /// Hand the function the credentials of this profile of AWS's configuration files
    #[arg(
        help_heading = CONFIGURATION,
        hide_short_help = true,
        long,
        value_name = "NAME",
        conflicts_with = "pass_credentials"
    )]
    pub aws_profile: Option<String>,
}

impl Default for ConfigurationOptions {
    fn default() -> Self {
        Self {
            variables: Vec::new(),
            memory: MEMORY,
            function_timeout: TIMEOUT,
            tmp_size: TMP_SIZE,
            function_name: None,
            region: None,
            no_network: false,
            snapstart: false,
            environment_concurrency: None,
            pass_credentials: false,
            aws_profile: None,
        }
    }
}

impl ConfigurationOptions {
    /// The name of a function, which lambda-img.toml may call `name`.
    pub fn name(&self, name: Option<&str>) -> String {
        self.function_name.as_deref().or(name).unwrap_or("function").to_owned()
    }

    /// What Lambda would be told; `name` is what the function is called, unless an option says so.
    pub fn configuration(&self, name: Option<&str>) -> Result<Configuration, CliError> {
        let mut variables = Vec::new();
        for variable in &self.variables {
            match variable.split_once('=') {
                Some((name, value)) => variables.push((name.to_owned(), value.to_owned())),
                None => match env::var(variable) {
                    Ok(value) => variables.push((variable.clone(), value)),
                    Err(_) => return Err(usage::invoke::no_variable(variable)),
                },
            }
        }
        let region = self.region.as_deref();
        let (credentials, of_profile) = match (&self.aws_profile, self.pass_credentials) {
            (Some(profile), _) => keys_of(profile, region).map(|(keys, region)| (Some(keys), region))?,
            (None, true) => (Some(keys_of_environment()?), None),
            (None, false) => (None, None),
        };
        let region = region.map(str::to_owned).or(of_profile).unwrap_or_else(|| REGION.to_owned());
        Ok(Configuration {
            identity: Identity {
                name: self.name(name),
                version: "$LATEST".to_owned(),
                account: "123456789012".to_owned(),
                region,
                memory: self.memory,
                snap_start: self.snapstart,
                concurrency: self.environment_concurrency,
            },
            variables,
            credentials,
            timeout: Duration::from_secs(self.function_timeout),
            tmp_size: self.tmp_size << 20,
            isolated: self.no_network,
        })
    }
}

fn keys_of_environment() -> Result<[String; 3], CliError> {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map(variable);
    if keys[0].is_empty() || keys[1].is_empty() {
        return Err(usage::invoke::no_credentials_to_pass());
    }
    Ok(keys)
}

/// The credentials of a profile, and its Region.
#[cfg(feature = "aws")]
fn keys_of(profile: &str, region: Option<&str>) -> Result<([String; 3], Option<String>), CliError> {
    use lambda_img::credentials::ecr::{profile_keys, region_of_profile};

    let own = region_of_profile(profile).map_err(|why| usage::invoke::no_credentials_of(profile, &why))?;
    let keys = profile_keys(profile, region.or(own.as_deref()).unwrap_or(REGION));
    Ok((keys.map_err(|why| usage::invoke::no_credentials_of(profile, &why))?, own))
}

#[cfg(not(feature = "aws"))]
fn keys_of(profile: &str, _: Option<&str>) -> Result<([String; 3], Option<String>), CliError> {
    Err(usage::invoke::no_credentials_of(profile, "this `lambda-img` was compiled without AWS's SDK"))
}
