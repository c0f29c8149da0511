//! `lambda-img push`: an image that exists, to registries.

use std::env;

use lambda_img::base::Workplace;
use lambda_img::epoch::Epoch;
use lambda_img::pack::Effort;
use lambda_img::pipeline;
use lambda_img::progress::Meter;
use lambda_img::store::Staging;
use serde_json::json;

use super::args::Push;
use super::failure::Failure;
use super::reading::threads;
use super::{Outcome, findings, live, pushes, signal, ui};

pub fn run(mut args: Push) -> Outcome {
    let interrupted = signal::watch()?;
    if args.net.offline {
        return Err(Failure::usage("`push` needs the network", "leave `--offline` out"));
    }
    let jobs = threads(args.jobs);
    let context = args.net.context_to(jobs.get(), args.quiet, &args.targets, args.create_repository)?;
    // Only the bare layers of a Docker archive are ever written there.
    let staging = Staging::inside(&env::temp_dir()).map_err(Failure::File)?;
    let meter = Meter::default();
    let effort = Effort { meter: &meter, ..Effort::new(jobs, interrupted) };
    let at = Workplace { staging: &staging, effort, epoch: Epoch::default(), context: &context };
    let checking = std::mem::take(&mut args.checks).checking(None, args.arch)?;
    let source = args.source.to_string();
    let copying = live::during([(source.as_str(), &meter)], args.quiet, |lines| {
        lines.begun(0);
        pipeline::copy(&args.source, args.arch, &args.targets, &checking, &at).map_err(Box::new)
    });
    let copied = match copying {
        Ok(copied) => copied,
        Err(error) => {
            pushes::stopped(&error, args.json)?;
            return Err(Failure::Push(error));
        }
    };
    if !args.quiet {
        eprint!("{}", findings::brief(&copied.checked));
        eprintln!("pushed `{}`, {}", args.source, copied.image.digest);
        copied.pushed.iter().for_each(|one| eprint!("{}", pushes::report(one, args.verbose > 0)));
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
        return ui::print_json(&object);
    }
    ui::print(&pushes::lines(&copied.pushed))
}
