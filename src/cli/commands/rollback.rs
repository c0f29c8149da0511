//! `lambda-img rollback`: moves the alias of a function back.

use std::num::NonZeroUsize;

use clap::ArgMatches;
use lambda_img::credentials::ecr::EcrHost;
use lambda_img::deploy::{self, Api, Target};
use lambda_img::http::RetryPolicy;

use crate::cli::options::deployment;
use crate::cli::options::headings::DEPLOYMENT;
use crate::cli::options::interrupt;
use crate::cli::options::registries::Network;
use crate::cli::settings::{Settings, select};
use crate::cli::show::clock::Waiting;
use crate::cli::show::error::CliError;
use crate::cli::show::json::rollback as json;
use crate::cli::show::json::values::Version;
use crate::cli::show::{deployed, stdout, usage};

#[derive(clap::Args)]
#[group(skip)]
pub struct Rollback {
    /// Move the alias of this function of lambda-img.toml [default: the only one]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// Move this alias [default: `alias` in lambda-img.toml]
    #[arg(help_heading = DEPLOYMENT, long, value_name = "ALIAS", value_parser = deployment::alias)]
    pub alias: Option<String>,

    /// Move it to this version [default: the version before the last deployment]
    #[arg(help_heading = DEPLOYMENT, long, value_name = "VERSION", value_parser = clap::value_parser!(u64).range(1..))]
    pub to: Option<u64>,

    /// Move the alias of this Lambda function, by name or ARN [default: `function` in lambda-img.toml]
    #[arg(help_heading = DEPLOYMENT, long, value_name = "FUNCTION", value_parser = deployment::function)]
    pub function: Option<String>,

    /// Move the tag in-use-FUNCTION.ALIAS to the image of that version [default: `tag-in-use` in lambda-img.toml]
    #[arg(help_heading = DEPLOYMENT, long)]
    pub tag_in_use: bool,

    /// Print from which version to which it would move, and change nothing
    #[arg(help_heading = DEPLOYMENT, long)]
    pub plan: bool,

    /// Use the settings of [profiles.NAME] in lambda-img.toml [default: $LAMBDA_IMG_PROFILE]
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    pub profile: Option<String>,

    #[command(flatten)]
    pub net: Network,

    /// Print one JSON object (docs/schemas/rollback.json)
    #[arg(long)]
    pub json: bool,

    /// Print only errors
    #[arg(short, long)]
    pub quiet: bool,
}

pub fn run(args: Rollback, given: &ArgMatches) -> Result<(), CliError> {
    if args.net.offline {
        return Err(usage::options::offline("rollback"));
    }
    let all = wanted(&args, given)?;
    let interrupted = interrupt::watch()?;
    let ecr = args.net.access(NonZeroUsize::MIN, args.quiet, &[])?.connection.ecr;
    let clock = Waiting::new(interrupted);
    let api =
        Api::new(&ecr, &clock, RetryPolicy { retries: args.net.reach.retries, ..RetryPolicy::default() });
    let to = args.to.map(|to| to.to_string());
    let mut functions = Vec::new();
    for Wanted { target, alias, tag_in_use } in &all {
        let moved = deploy::rollback(&api, target, alias, to.as_deref(), args.plan)?;
        if !args.quiet {
            let would = if args.plan { "would move" } else { "moved" };
            status!(
                "{}: alias `{alias}` {would} from version {} to {}",
                target.function,
                moved.from,
                moved.to
            );
        }
        if *tag_in_use && !args.plan {
            let tagged = deploy::tag_version(&api, target, alias, &moved.to)?;
            if !args.quiet {
                status_block!("{}", deployed::fixed(&target.function, &tagged));
            }
        }
        functions.push(json::Moved {
            function: &target.function,
            region: &target.host.region,
            account: &target.host.account,
            alias,
            from: moved.from,
            to: moved.to,
            moved: !args.plan,
        });
    }
    if args.json { stdout::print_json(&json::Rollback { version: Version, functions }) } else { Ok(()) }
}

/// A function, and the alias that moves.
struct Wanted {
    target: Target,
    alias: String,
    tag_in_use: bool,
}

/// The function in each account and Region in which its image has a tag, and its alias.
fn wanted(args: &Rollback, given: &ArgMatches) -> Result<Vec<Wanted>, CliError> {
    if let (Some(function), None) = (&args.function, &args.name)
        && let Some(target) = by_arn(function)?
    {
        let alias = args.alias.clone().ok_or_else(|| usage::deploy::rollback_without_alias(function))?;
        return Ok(vec![Wanted { target, alias, tag_in_use: args.tag_in_use }]);
    }
    let settings = Settings::find()?;
    let words = args.name.iter().map(Into::into).collect();
    let mut all: Vec<Wanted> = Vec::new();
    for function in select::meant(words, given, &settings)? {
        let set = function.deployment()?;
        let alias = set.alias.ok_or_else(|| usage::deploy::rollback_without_alias(&set.function))?;
        for host in set.tags.iter().filter_map(|tag| EcrHost::parse(tag.registry())) {
            let target = Target::of(&set.function, &host).map_err(usage::deploy::bad_function)?;
            if all.iter().all(|other| other.target != target) {
                all.push(Wanted { target, alias: alias.clone(), tag_in_use: set.tag_in_use });
            }
        }
        if all.is_empty() {
            return Err(usage::deploy::no_repository(&function.shown()));
        }
    }
    Ok(all)
}

/// The function of an ARN, which needs no settings.
fn by_arn(function: &str) -> Result<Option<Target>, CliError> {
    let parts: Vec<_> = function.split(':').collect();
    let ["arn", _, "lambda", region, account, "function", _] = parts[..] else { return Ok(None) };
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let host = EcrHost::parse(&format!("{account}.dkr.ecr.{region}.{suffix}"));
    let host = host
        .ok_or_else(|| usage::deploy::bad_function(format!("`{function}` is not the ARN of a function")))?;
    Target::of(function, &host).map(Some).map_err(usage::deploy::bad_function)
}
