//! `lambda-img build`.

use std::env;

use jiff::Timestamp;
use lambda_img::arch::Arch;
use lambda_img::base::{BaseError, BaseRef};
use lambda_img::epoch::Epoch;
use lambda_img::pack::{Effort, LAYER_FORMAT};
use lambda_img::pipeline::{self, BuildError, BuildSpec, Built, BuiltImage};
use lambda_img::progress::{Meter, Phase, Spent};
use lambda_img::publish::Output;
use lambda_img::reference::Reference;
use lambda_img::runtime;
use serde_json::{Value, json};

use super::Outcome;
use super::args::Build;
use super::failure::Failure;
use super::handoff::{self, Handoff, Way};
use super::reading::threads;
use super::{clock, cmd_runtimes, findings, left_out, live, pins, pushes, signal, ui, unpinned};

pub fn run(args: Build, name: &str, handoff: &Handoff<'_>) -> Outcome {
    let began = clock::now();
    let interrupted = signal::watch()?;
    let (quiet, verbose, json) = (args.quiet, args.verbose > 0, args.json);
    let jobs = threads(args.jobs);
    let args = args.settled()?;
    let outputs = args.outputs.iter().map(ToString::to_string);
    let targets: Vec<_> = outputs.chain(args.tags.iter().map(ToString::to_string)).collect();
    let way = Way::of([&args]);
    let context = match args.push {
        true => args.net.context_to(jobs.get(), quiet, &args.tags, args.create_repository)?,
        false => args.reading(jobs)?,
    };
    let spec = BuildSpec { written: handoff.files(), ..spec(args, began)? };
    let meter = Meter::default();
    let effort = Effort { meter: &meter, ..Effort::new(jobs, interrupted) };
    let building = live::during([(name, &meter)], quiet, |lines| {
        lines.begun(0);
        pipeline::build(&spec, effort, &context).map_err(Box::new)
    });
    let built = match building {
        Ok(built) => built,
        Err(error) => {
            pushes::stopped(&error, json)?;
            return Err((*error).into());
        }
    };

    if !quiet {
        let is_told = |text: &&String| unpinned::is_told(text, way == Way::Push, &context.cache);
        for warning in built.warnings.iter().chain(built.unpinned.as_ref().filter(is_told)) {
            eprintln!("warning: {warning}");
        }
        if let Some(warning) = cmd_runtimes::past(&built.profile) {
            eprintln!("warning: {warning}");
        }
        left_out::note(&built).iter().for_each(|note| eprintln!("{note}"));
        eprint!("{}", findings::brief(&built.checked));
        eprint!("{}", report(&built, verbose));
        if verbose {
            eprint!("{}", spent([&meter].into_iter()));
        }
        if !built.pushed.is_empty() {
            eprintln!("pushed");
            built.pushed.iter().for_each(|(_, one)| eprint!("{}", pushes::report(one, verbose)));
            handoff::here(&built).for_each(|one| eprintln!("written {one}"));
        }
        if way == Way::Nowhere {
            eprintln!("nothing was written; without --dry-run: {}", targets.join(", "));
        }
    }
    // First what is published: it is told also where a file of those who come after cannot be written.
    if json { ui::print_json(&to_json(&built)) } else { ui::print(&way.lines(None, &built)) }?;
    handoff.write(way, &[(name, &built)], &way.refs(&built), &to_json(&built))
}

impl Build {
    /// The bases that are in registries.
    pub fn remote_bases(&self) -> Result<Vec<Reference>, Failure> {
        let profile = runtime::profile(&self.runtime)?;
        let base = |arch: &Arch| match &self.base {
            Some(BaseRef::Registry(reference)) => Ok(Some(reference.clone())),
            Some(_) => Ok(None),
            None => Ok(Some(
                profile.image(*arch)?.parse().map_err(BaseError::Reference).map_err(BuildError::Base)?,
            )),
        };
        self.arch.iter().map(base).filter_map(Result::transpose).collect()
    }

    /// The options as they are meant together; settled once, they stay so.
    pub fn settled(mut self) -> Result<Self, Failure> {
        match (self.push, self.tags.is_empty()) {
            (true, true) => {
                let hint = "name the image with `-t REGISTRY/REPOSITORY:TAG`";
                return Err(Failure::usage("`--push` without a name to push to", hint));
            }
            (false, false) => {
                let hint = "add `--push`; local outputs name their images themselves, as in `-o oci:DIR:TAG`";
                return Err(Failure::usage("`-t` names what is pushed, and nothing is", hint));
            }
            (true, false) if self.net.offline => {
                return Err(Failure::usage("`--push` needs the network", "leave `--offline` out"));
            }
            _ => {}
        }
        if self.create_repository && !self.push {
            let error = "`--create-repository` makes what a push misses, and nothing is pushed";
            return Err(Failure::usage(error, "add `--push`"));
        }
        if self.outputs.is_empty() && !self.push {
            self.outputs.push(Output::Layout { dir: "lambda-image".into(), tag: "latest".to_owned() });
        }
        let mut seen = Vec::new();
        self.tags.retain(|tag| {
            !seen.contains(tag) && {
                seen.push(tag.clone());
                true
            }
        });
        Ok(self)
    }
}

/// `SOURCE_DATE_EPOCH`, else the default.
pub fn epoch() -> Result<Epoch, Failure> {
    Ok(match std::env::var_os("SOURCE_DATE_EPOCH") {
        Some(text) if !text.is_empty() => text.to_string_lossy().parse().map_err(Failure::Epoch)?,
        _ => Epoch::default(),
    })
}

/// Every choice of a build that began then.
pub fn spec(args: Build, began: Timestamp) -> Result<BuildSpec, Failure> {
    let epoch = epoch()?;
    let mut archs = Vec::new();
    for arch in args.arch {
        if !archs.contains(&arch) {
            archs.push(arch);
        }
    }
    // Nothing else can be pinned.
    let remote = matches!(args.base, None | Some(BaseRef::Registry(_)));
    let pins = if remote { pins::find()?.pins } else { Default::default() };
    Ok(BuildSpec {
        path: args.path,
        runtime: args.runtime.clone(),
        archs,
        handler: args.handler,
        base: args.base,
        pins,
        locked: args.locked,
        bootstrap: args.bootstrap,
        lambda_layers: args.lambda_layers,
        extensions: args.extensions,
        adds: args.adds,
        excludes: args.excludes,
        no_default_excludes: args.no_default_excludes,
        env: args.env.into_iter().collect(),
        labels: args.labels.into_iter().collect(),
        annotations: args.annotations.into_iter().collect(),
        entrypoint: args.entrypoint.map(|words| words.0),
        cmd: args.cmd.map(|words| words.0),
        workdir: args.workdir,
        family: args.format.map(Into::into),
        split: args.split.into(),
        outputs: args.outputs,
        written: Vec::new(),
        push: args.tags,
        scratch: env::temp_dir(),
        began: nanoseconds(began),
        forget: args.no_cache,
        check: Some(args.checks.checking(Some(args.runtime.clone()), None)?),
        dry_run: args.dry_run,
        keep: false,
        epoch,
    })
}

/// Since 1970.
pub fn nanoseconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MIN)
}

/// What was built, for people: a head and a table of layers for each image.
pub fn report(built: &Built, verbose: bool) -> String {
    let mut out = String::new();
    for one in &built.images {
        let config = &one.image.config;
        let start = [config.entrypoint().unwrap_or_default(), config.cmd().unwrap_or_default()].concat();
        let base = ui::clean(&one.base.to_string());
        out += &format!("{} for {} on {base}\n", built.profile.name, one.arch);
        out += &format!("  starts {}\n", json!(start));
        out += &ui::table(&rows(built, one), &[1, 2, 3]);
        out += &format!("  image {}\n", one.image.digest);
    }
    if verbose {
        for layer in &built.layers {
            out += &format!("{}:\n", layer.part.name());
            out.extend(layer.files.iter().map(|file| format!("  /{}\n", file.escape_debug())));
        }
    }
    out
}

/// Where the time went: of all threads together, so that the sum is more than what passed.
pub fn spent<'m>(meters: impl Iterator<Item = &'m Meter> + Clone) -> String {
    let mut rows = vec![["  phase", "seconds", "bytes", "saved by the cache"].map(str::to_owned).to_vec()];
    for phase in Phase::ALL {
        let Spent { time, bytes, saved, .. } = meters.clone().map(|meter| meter.spent(phase)).sum();
        if time.is_zero() && saved == 0 {
            continue;
        }
        let bytes = match phase {
            Phase::Walk => format!("{bytes} files"),
            _ => ui::bytes(bytes),
        };
        let saved = if saved > 0 { ui::bytes(saved) } else { String::new() };
        rows.push(vec![format!("  {}", phase.name()), format!("{:.3}", time.as_secs_f64()), bytes, saved]);
    }
    format!("time\n{}", ui::table(&rows, &[1, 2, 3]))
}

fn rows(built: &Built, one: &BuiltImage) -> Vec<Vec<String>> {
    let mut rows = vec![["  layer", "files", "size", "compressed", "digest"].map(str::to_owned).to_vec()];
    let layers = &one.image.layers;
    for layer in &layers[..one.base_layers] {
        let size = ui::bytes(layer.descriptor.size);
        let digest = layer.descriptor.digest.to_string();
        rows.push(vec!["  base".to_owned(), String::new(), String::new(), size, digest]);
    }
    for layer in &built.layers {
        let packed = layer.packed;
        let (name, files) = (format!("  {}", layer.part.name()), layer.files.len().to_string());
        let (size, compressed) = (ui::bytes(packed.tar_size), ui::bytes(packed.size));
        rows.push(vec![name, files, size, compressed, packed.digest.to_string()]);
    }
    let compressed = layers.iter().map(|layer| layer.descriptor.size).sum();
    rows.push(vec!["  total".to_owned(), String::new(), String::new(), ui::bytes(compressed)]);
    rows
}

/// Version 1 of the object that `--json` prints; sizes are bytes.
pub fn to_json(built: &Built) -> Value {
    let new = built.layers.iter().map(|layer| {
        json!({
            "part": layer.part.name(),
            "digest": layer.packed.digest.to_string(),
            "diff_id": layer.packed.diff_id.to_string(),
            "size": layer.packed.size,
            "uncompressed_size": layer.packed.tar_size,
            "files": layer.files.len(),
        })
    });
    let new: Vec<_> = new.collect();
    let image = |one: &BuiltImage| {
        let base = one.image.layers[..one.base_layers].iter().map(|layer| {
            json!({
                "part": "base",
                "digest": layer.descriptor.digest.to_string(),
                "diff_id": layer.diff_id.to_string(),
                "size": layer.descriptor.size,
            })
        });
        let pushed = built.pushed.iter().filter(|(arch, _)| *arch == one.arch);
        let pushed = pushed.map(|(_, one)| pushes::json(one));
        let checked = built.checked.iter().filter(|checked| checked.arch == Some(one.arch));
        let findings = checked.flat_map(|checked| &checked.report.findings).map(findings::finding);
        let outputs = built.published.iter().filter(|published| published.arch == one.arch);
        json!({
            "architecture": one.arch.lambda(),
            "base": one.base.to_string(),
            "digest": one.image.digest.to_string(),
            "media_type": one.image.family.manifest(),
            "config_digest": one.image.config.digest().to_string(),
            "entrypoint": one.image.config.entrypoint(),
            "cmd": one.image.config.cmd(),
            "working_dir": one.image.config.working_dir(),
            "env": one.image.config.env(),
            "layers": base.chain(new.clone()).collect::<Vec<_>>(),
            "findings": findings.collect::<Vec<_>>(),
            "pushed": pushed.collect::<Vec<_>>(),
            "outputs": outputs.map(|one| format!("{}@{}", one.target, one.digest)).collect::<Vec<_>>(),
        })
    };
    json!({
        "version": 1,
        "runtime": built.profile.id,
        "layer_format": LAYER_FORMAT,
        "images": built.images.iter().map(image).collect::<Vec<_>>(),
        "warnings": built.warnings.iter().chain(&built.unpinned).collect::<Vec<_>>(),
        "left_out": built.left_out,
    })
}
