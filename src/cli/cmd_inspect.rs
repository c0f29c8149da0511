//! `lambda-img inspect`: what is in an image.

use std::num::NonZeroUsize;
use std::{env, thread};

use lambda_img::base::Workplace;
use lambda_img::epoch::Epoch;
use lambda_img::inspect::{self, Inspected, Inspecting, Layer, Program};
use lambda_img::pack::Effort;
use lambda_img::store::Staging;
use lambda_img::survey::{Entry, Kind};
use serde_json::{Value, json};

use super::args::Inspect;
use super::failure::Failure;
use super::{Outcome, cmd_runtimes, signal, ui};

pub fn run(args: Inspect) -> Outcome {
    let interrupted = signal::watch()?;
    let jobs = args.jobs.or(thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let context = args.net.context(jobs.get(), args.quiet)?;
    let staging = Staging::inside(&env::temp_dir()).map_err(Failure::File)?;
    let effort = Effort { jobs, interrupted };
    let at = Workplace { staging: &staging, effort, epoch: Epoch::default(), context: &context };
    let today = Some(cmd_runtimes::today());
    let wanted = Inspecting { arch: args.arch, files: args.files, layer: args.layer, today };
    let inspected = inspect::inspect(&args.source, &wanted, &at).map_err(Failure::of_inspection)?;
    if args.json {
        return ui::print(&format!("{}\n", to_json(&inspected, args.files)));
    }
    ui::print(&if args.files { files(&inspected) } else { summary(&inspected) })
}

/// Text of an image without what would steer a terminal.
fn clean(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn summary(image: &Inspected) -> String {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| rows.push(vec![format!("  {name}"), clean(&value)]);
    let text = |key: &str| image.config(key).as_str().unwrap_or("unknown").to_owned();
    row("digest", image.digest.map_or("none: the archive has no manifest".to_owned(), |it| it.to_string()));
    let runtime = image.seen.profile.as_ref().map(|profile| format!("{} ({})", profile.name, profile.id));
    row("runtime", runtime.unwrap_or("not recognised".to_owned()));
    let base = if image.base.embedded { Some("embedded".to_owned()) } else { image.base.name.clone() };
    let base = [base, image.base.digest.clone()].into_iter().flatten().collect::<Vec<_>>().join("@");
    row("base", if base.is_empty() { "not named".to_owned() } else { base });
    row("architecture", format!("{}/{}", text("os"), text("architecture")));
    row("starts", json!(image.start.words).to_string());
    row("program", program(&image.start.program));
    let mut out = format!("{}\n{}", clean(&image.name), ui::table(&rows, &[]));
    let mut rows =
        vec![["  layer", "what", "files", "size", "compressed", "base"].map(str::to_owned).to_vec()];
    rows.extend(image.layers.iter().enumerate().map(|(at, layer)| layer_row(at, layer)));
    out += &format!("layers\n{}", ui::table(&rows, &[2, 3, 4]));
    let mut rows = Vec::new();
    for limit in &image.limits {
        let kind = if limit.advice { "advised" } else { "allowed" };
        let bytes = limit.bytes.map_or("–".to_owned(), ui::bytes);
        rows.push(vec![format!("  {}", limit.what), bytes, format!("of {} {kind}", ui::bytes(limit.max))]);
    }
    out += &format!("limits\n{}", ui::table(&rows, &[1]));
    for (name, pairs) in [("annotations", &image.annotations), ("labels", &image.labels)] {
        if !pairs.is_empty() {
            let rows: Vec<_> =
                pairs.iter().map(|(key, value)| vec![format!("  {}", clean(key)), clean(value)]).collect();
            out += &format!("{name}\n{}", ui::table(&rows, &[]));
        }
    }
    if !image.report.findings.is_empty() {
        out += "findings\n";
        for one in &image.report.findings {
            let line = format!("{}  {}: {}", one.check.id, one.fault.place, one.fault.message);
            out += &format!("  {}  {}\n", one.level, clean(&line));
        }
    }
    out
}

fn layer_row(at: usize, layer: &Layer) -> Vec<String> {
    let mut what: String = clean(&layer.what());
    if what.chars().count() > 48 {
        what = what.chars().take(47).chain(['…']).collect();
    }
    let bytes = |bytes: Option<u64>| bytes.map_or("–".to_owned(), ui::bytes);
    let files = layer.files.map_or("–".to_owned(), |count| count.to_string());
    let base = if layer.of_base { "base's" } else { "" };
    vec![format!("  {at}"), what, files, bytes(layer.bytes), bytes(layer.compressed), base.to_owned()]
}

fn program(program: &Program) -> String {
    match program {
        Program::Nothing => "none: there is no command".to_owned(),
        Program::Unknown => "not known: layers were not read".to_owned(),
        Program::Missing => "missing: no layer has it".to_owned(),
        Program::Found { path, layer, executable } => {
            let not = if *executable { "" } else { ", not executable" };
            format!("{path}, of layer {layer}{not}")
        }
    }
}

fn files(image: &Inspected) -> String {
    let rows = image.files().into_iter().map(|found| {
        let Entry { mode, size, mtime, link, .. } = found.entry;
        let arrow = link.as_ref().map_or(String::new(), |link| format!(" -> {}", clean(link)));
        let path = format!("/{}{arrow}", clean(found.entry.name()));
        vec![kind(found.entry.kind), format!("{mode:04o}"), size.to_string(), mtime.to_string(), path]
    });
    ui::table(&rows.collect::<Vec<_>>(), &[2, 3])
}

fn kind(kind: Kind) -> String {
    match serde_json::to_value(kind) {
        Ok(Value::String(name)) => name,
        _ => "other".to_owned(),
    }
}

/// Version 1 of the object that `--json` prints; sizes are bytes, times seconds since 1970.
fn to_json(image: &Inspected, files: bool) -> Value {
    let layer = |layer: &Layer| {
        json!({
            "digest": layer.digest, "diff_id": layer.diff_id, "media_type": layer.media_type,
            "created_by": layer.created_by, "of_base": layer.of_base, "files": layer.files,
            "size": layer.bytes, "compressed_size": layer.compressed,
        })
    };
    let listed = files.then(|| {
        let files = image.files().into_iter().map(|found| {
            let Entry { mode, size, mtime, link, owner, .. } = found.entry;
            json!({
                "path": format!("/{}", found.entry.name()), "kind": kind(found.entry.kind), "mode": mode,
                "size": size, "mtime": mtime, "owner": [owner.0, owner.1], "link": link, "layer": found.layer,
            })
        });
        files.collect::<Vec<_>>()
    });
    let findings = image.report.findings.iter().map(|one| {
        json!({
            "id": one.check.id, "level": one.level.to_string(), "subject": one.fault.place.to_string(),
            "message": one.fault.message,
        })
    });
    let limits = image.limits.iter().map(
        |limit| json!({ "what": limit.what, "bytes": limit.bytes, "max": limit.max, "advice": limit.advice }),
    );
    json!({
        "version": 1,
        "image": image.name,
        "digest": image.digest,
        "config_digest": image.config_digest,
        "runtime": image.seen.profile.as_ref().map(|profile| &profile.id),
        "base": { "name": image.base.name, "digest": image.base.digest, "embedded": image.base.embedded },
        "os": image.config("os"),
        "architecture": image.config("architecture"),
        "start": { "words": image.start.words, "program": program(&image.start.program) },
        "layers": image.layers.iter().map(layer).collect::<Vec<_>>(),
        "limits": limits.collect::<Vec<_>>(),
        "annotations": image.annotations,
        "labels": image.labels,
        "findings": findings.collect::<Vec<_>>(),
        "files": listed,
    })
}
