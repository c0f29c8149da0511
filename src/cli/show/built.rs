//! What a build made, for people.

use lambda_img::build::{Built, BuiltImage, LayerReport, StepReport};
use lambda_img::progress::{Meter, Phase, Spent};
use lambda_img::registry_cache::{Compared, Exchanged};
use serde_json::Value;

use super::ui;

/// What was built, for people: a head and a table of layers for each image.
pub fn report(built: &Built, verbose: bool) -> String {
    let mut out = String::new();
    for one in &built.images {
        let config = &one.image.config;
        let start = [config.entrypoint().unwrap_or_default(), config.cmd().unwrap_or_default()].concat();
        let base = ui::clean(&one.base.to_string());
        out += &format!("{} for {} on {base}\n", built.profile.name, one.arch);
        out += &format!("  starts {}\n", Value::from(start));
        if verbose {
            out.extend(built.steps_of(one.arch).map(step));
        }
        out += &ui::table(&rows(built, one), &[1, 2, 3]);
        out += &format!("  image {}\n", one.image.digest);
    }
    if verbose {
        for layer in &built.layers {
            out += &format!("{}:\n", name(layer));
            out.extend(layer.files.iter().map(|file| format!("  /{}\n", file.as_str().escape_debug())));
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
            Phase::RegistryCache => String::new(),
            _ => ui::bytes(bytes),
        };
        let saved = if saved > 0 { ui::bytes(saved) } else { String::new() };
        rows.push(vec![format!("  {}", phase.name()), format!("{:.3}", time.as_secs_f64()), bytes, saved]);
    }
    format!("time\n{}", ui::table(&rows, &[1, 2, 3]))
}

/// What was taken from the registry cache and written there, as a line.
pub fn exchanged(
    Exchanged { steps, layers, written, made_twice, already_there, compared }: Exchanged,
) -> String {
    let twice = match made_twice {
        0 => String::new(),
        twice => format!("; {twice} made here although another machine had made it meanwhile"),
    };
    let there = match already_there {
        0 => String::new(),
        1 => "; 1 made here although the repository already had it".to_owned(),
        there => format!("; {there} made here although the repository already had them"),
    };
    let verified = match compared {
        None => String::new(),
        Some(compared) if compared.share.is_empty() => String::new(),
        Some(Compared { chosen: 0, share, .. }) => format!("; no entry was in the share of {share}"),
        Some(Compared { verified, found: 1, .. }) => format!("; verified {verified} of 1 entry"),
        Some(Compared { verified, found, .. }) => format!("; verified {verified} of {found} entries"),
    };
    format!(
        "registry cache: {} and {} taken, {written} written{twice}{there}{verified}",
        ui::count(steps, "step", "steps"),
        ui::count(layers, "layer", "layers")
    )
}

/// That a build was to verify entries, and found none: a wrong name of a repository must not look like a success.
pub fn unverified(exchanged: Exchanged) -> Option<String> {
    let Compared { found, chosen, .. } = exchanged.compared?;
    (found == 0 && chosen > 0)
        .then(|| "registry cache: nothing was verified, because no entry was found".to_owned())
}

/// What became of a step, as a line.
fn step(step: &StepReport) -> String {
    let became = match &step.ran {
        Some(cause) => format!("ran: {cause}"),
        None if step.taken => "taken from the registry cache".to_owned(),
        None => "remembered".to_owned(),
    };
    ui::clean(&format!("  step {}: {became}", step.name)) + "\n"
}

/// What a layer is called: of a step, with its name.
fn name(layer: &LayerReport) -> String {
    match &layer.step {
        Some(step) => ui::clean(&format!("{} {step}", layer.role.name())),
        None => layer.role.name().to_owned(),
    }
}

fn rows(built: &Built, one: &BuiltImage) -> Vec<Vec<String>> {
    let mut rows = vec![["  layer", "files", "size", "compressed", "digest"].map(str::to_owned).to_vec()];
    let layers = &one.image.layers;
    for layer in &layers[..one.base_layers] {
        let size = ui::bytes(layer.descriptor.size);
        let digest = layer.descriptor.digest.to_string();
        rows.push(vec!["  base".to_owned(), String::new(), String::new(), size, digest]);
    }
    for layer in built.layers_of(one.arch) {
        let packed = layer.packed;
        let (name, files) = (format!("  {}", name(layer)), layer.files.len().to_string());
        let (size, compressed) = (ui::bytes(packed.tar_size), ui::bytes(packed.size));
        rows.push(vec![name, files, size, compressed, packed.digest.to_string()]);
    }
    let compressed = layers.iter().map(|layer| layer.descriptor.size).sum();
    rows.push(vec!["  total".to_owned(), String::new(), String::new(), ui::bytes(compressed)]);
    rows
}
