//! What a build made, for people and as JSON.

use lambda_img::build::{Built, BuiltImage};
use lambda_img::pack::LAYER_FORMAT;
use lambda_img::progress::{Meter, Phase, Spent};
use serde_json::{Value, json};

use super::{findings, pushed, ui, unpinned};

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
        let pushed = pushed.map(|(_, one)| pushed::json(one));
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
        "warnings": built.warnings.iter().cloned().chain(built.unpinned.as_ref().map(unpinned::warning)).collect::<Vec<_>>(),
        "left_out": built.left_out,
    })
}
