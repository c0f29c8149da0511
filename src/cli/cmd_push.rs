//! `lambda-img push`: an image that exists, to registries.

use std::num::NonZeroUsize;
use std::{env, thread};

use lambda_img::base::Workplace;
use lambda_img::epoch::Epoch;
use lambda_img::pack::Effort;
use lambda_img::pipeline;
use lambda_img::store::Staging;
use serde_json::json;

use super::args::Push;
use super::failure::Failure;
use super::{Outcome, findings, net, pushes, signal, ui};

pub fn run(mut args: Push) -> Outcome {
    let interrupted = signal::watch()?;
    if args.net.offline {
        return Err(Failure::usage("`push` needs the network", "leave `--offline` out"));
    }
    let jobs = args.jobs.or(thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let host = net::one_host(&args.targets)?;
    let context = args.net.context_at(jobs.get(), args.quiet, host, args.create_repository)?;
    // Only the bare layers of a Docker archive are ever written there.
    let staging = Staging::inside(&env::temp_dir()).map_err(Failure::File)?;
    let effort = Effort { jobs, interrupted };
    let at = Workplace { staging: &staging, effort, epoch: Epoch::default(), context: &context };
    let checking = std::mem::take(&mut args.checks).checking(None, args.arch)?;
    let copied = pipeline::copy(&args.source, args.arch, &args.targets, &checking, &at)
        .map_err(|error| Failure::Push(Box::new(error)))?;
    if !args.quiet {
        eprint!("{}", findings::brief(&copied.checked));
        eprintln!("pushed `{}`, {}", args.source, copied.image.digest);
        copied.pushed.iter().for_each(|one| eprint!("{}", pushes::line(one)));
    }
    if args.json {
        let pushed: Vec<_> = copied.pushed.iter().map(pushes::json).collect();
        let (os, architecture) = copied.image.config.platform();
        let object = json!({
            "version": 1,
            "source": args.source.to_string(),
            "digest": copied.image.digest.to_string(),
            "media_type": copied.image.family.manifest(),
            "platform": format!("{os}/{architecture}"),
            "pushed": pushed,
        });
        return ui::print(&format!("{object}\n"));
    }
    let lines = copied.pushed.iter().map(|one| format!("{}\n", one.pinned));
    ui::print(&lines.collect::<String>())
}
