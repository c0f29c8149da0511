//! What is in an image, for people.

use lambda_img::check::ProgramLocation;
use lambda_img::inspect::{Inspected, Layer, Limit};
use lambda_img::survey::{Entry, Kind};
use serde_json::Value;

use super::clock;
use super::ui::{self, clean};

/// What a person wants to see first; with a bar of that width behind each layer, where there is room.
pub fn summary(image: &Inspected, bar: Option<usize>) -> String {
    let mut out = format!("{}\n{}", clean(&image.name), ui::table(&head(image), &[]));
    out += &format!("\nlayers\n{}", layers(image, bar));
    out += &format!("\nlimits\n{}", ui::table(&image.limits.iter().map(limit).collect::<Vec<_>>(), &[1]));
    for (name, pairs) in [("annotations", &image.annotations), ("labels", &image.labels)] {
        if !pairs.is_empty() {
            let rows = pairs.iter().map(|(key, value)| vec![format!("  {}", clean(key)), clean(value)]);
            out += &format!("\n{name}\n{}", ui::table(&rows.collect::<Vec<_>>(), &[]));
        }
    }
    if let Some(referrers) = &image.referrers {
        let rows = referrers.iter().map(|one| {
            let kind = one.annotations.get("in-toto.io/predicate-type").unwrap_or(&one.artifact_type);
            vec![format!("  {}", clean(kind)), ui::bytes(one.size), one.digest.to_string()]
        });
        let rows: Vec<_> = rows.collect();
        let rows = if rows.is_empty() { vec![vec!["  none".to_owned()]] } else { rows };
        out += &format!("\nreferrers\n{}", ui::table(&rows, &[1]));
    }
    if !image.report.findings.is_empty() {
        let rows = image.report.findings.iter().map(|one| {
            let line = format!("{}: {}", one.fault.location, one.fault.message);
            vec![format!("  {}", one.level), one.check.id.to_owned(), clean(&line)]
        });
        out += &format!("\nfindings\n{}", ui::table(&rows.collect::<Vec<_>>(), &[]));
    }
    out
}

/// What it is, is from and starts: names and values.
pub fn head(image: &Inspected) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| rows.push(vec![format!("  {name}"), clean(&value)]);
    let text = |key: &str| image.config(key).as_str().filter(|text| !text.is_empty()).unwrap_or("unknown");
    row("digest", image.digest.map_or("none, the archive has no manifest".to_owned(), |it| it.to_string()));
    if image.digest.is_none() {
        row("image id", image.config_digest.to_string());
    }
    let runtime = image
        .view
        .profile
        .as_ref()
        .map(|profile| format!("{} ({}), {}", profile.name, profile.id, profile.status(clock::today())));
    row("runtime", runtime.unwrap_or("not recognised".to_owned()));
    let base = match (&image.base.name, &image.base.digest) {
        _ if image.base.embedded => "embedded: made by lambda-img".to_owned(),
        (Some(name), Some(digest)) => format!("{name}@{digest}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => "not named".to_owned(),
    };
    row("base", base);
    row("architecture", format!("{}/{}", text("os"), text("architecture")));
    row("created", text("created").to_owned());
    row("starts", format!("{} in {}", Value::from(image.start.words.as_slice()), image.start.workdir));
    for program in &image.start.programs {
        let place = match &program.location {
            ProgramLocation::Unknown => "in a layer that was not read".to_owned(),
            ProgramLocation::Missing(why) => format!("missing: {why}"),
            ProgramLocation::Found { path, layer, executable } => {
                let led = if *path == program.word { String::new() } else { format!("{path}, ") };
                let not = if *executable { "" } else { ", not executable for all users" };
                format!("{led}layer {layer}{not}")
            }
        };
        let what = program.started_by.name();
        let what = what.strip_prefix("the ").unwrap_or(what);
        row(&format!("  {what}"), format!("{}: {place}", program.word));
    }
    rows
}

fn layers(image: &Inspected, bar: Option<usize>) -> String {
    let cells = |cells: [&str; 6]| cells.map(str::to_owned).to_vec();
    let mut rows = vec![cells(["   #", "what", "files", "size", "compressed", ""])];
    let size = |layer: &Layer| layer.bytes.or(layer.compressed).unwrap_or_default();
    let largest = image.layers.iter().map(size).max().unwrap_or_default();
    for (at, layer) in image.layers.iter().enumerate() {
        let files = layer.files.map_or("–".to_owned(), |count| count.to_string());
        let mut row =
            vec![format!("  {at:>2}"), ui::short(&clean(&layer.what()), 48), files, bytes(layer.bytes)];
        row.push(bytes(layer.compressed));
        row.push(if layer.of_base { "of the base".to_owned() } else { String::new() });
        row.extend(bar.map(|width| ui::bar(size(layer), largest, width)));
        rows.push(row);
    }
    let sum = |of: fn(&Layer) -> Option<u64>| {
        image.layers.iter().map(of).try_fold(0, |sum: u64, one| sum.checked_add(one?))
    };
    let files = image.layers.iter().map(|layer| layer.files).try_fold(0, |sum, files| Some(sum + files?));
    let files = files.map_or("–".to_owned(), |count| count.to_string());
    let (size, compressed) = (bytes(sum(|layer| layer.bytes)), bytes(sum(|layer| layer.compressed)));
    rows.push(vec![String::new(), "together".to_owned(), files, size, compressed]);
    ui::table(&rows, &[2, 3, 4])
}

fn bytes(count: Option<u64>) -> String {
    count.map_or("–".to_owned(), ui::bytes)
}

fn limit(limit: &Limit) -> Vec<String> {
    let least = if limit.at_least { "at least " } else { "" };
    let percent = limit.bytes.map_or(String::new(), |bytes| {
        let percent = bytes as f64 / limit.max.max(1) as f64 * 100.0;
        if percent > 0.0 && percent < 1.0 {
            ", less than 1 %".to_owned()
        } else {
            format!(", {percent:.0} %")
        }
    });
    let bytes = limit.bytes.map_or("unknown".to_owned(), |bytes| format!("{least}{}", ui::bytes(bytes)));
    let of = format!("of {} that {}{percent}", ui::bytes(limit.max), limit.who);
    vec![format!("  {}", limit.what), bytes, of]
}

/// Everything about one layer but its files.
pub fn layer(image: &Inspected, at: usize) -> String {
    let Some(layer) = image.layers.get(at) else { return String::new() };
    let mut rows = Vec::new();
    let mut row = |name: &str, value: Option<String>| {
        rows.push(vec![format!("  {name}"), value.map_or("–".to_owned(), |value| clean(&value))]);
    };
    row("what", Some(layer.what()));
    row("made by", layer.created_by.clone());
    row("digest", layer.digest.map(|digest| digest.to_string()));
    row("diff_id", layer.diff_id.map(|digest| digest.to_string()));
    row("media type", layer.media_type.clone());
    row("files", layer.files.map(|count| count.to_string()));
    row("size", layer.bytes.map(ui::bytes));
    row("compressed", layer.compressed.map(ui::bytes));
    row("of the base", Some(if layer.of_base { "yes" } else { "not known to be" }.to_owned()));
    format!("{}: layer {at}\n{}", clean(&image.name), ui::table(&rows, &[]))
}

/// The files of one layer, or of all, each layer below a line of its own.
pub fn files(image: &Inspected, only: Option<usize>) -> String {
    let mut out = String::new();
    for (at, layer) in image.layers.iter().enumerate().filter(|(at, _)| only.is_none_or(|only| only == *at)) {
        let entries = image.entries(at);
        let note = match entries {
            None if layer.of_base => ": of the base, not read (`--all-layers` reads it)",
            None => ": not read",
            Some([]) => ": empty",
            Some(_) => "",
        };
        out += &format!("layer {at}  {}{note}\n", ui::short(&clean(&layer.what()), 80));
        out += &ui::table(&entries.unwrap_or_default().iter().map(file).collect::<Vec<_>>(), &[2]);
    }
    out
}

fn file(entry: &Entry) -> Vec<String> {
    let Entry { mode, size, mtime, link, owner, .. } = entry;
    let arrow = match (entry.kind, link) {
        (Kind::HardLink, Some(link)) => format!(" = {}", clean(link)),
        (_, Some(link)) => format!(" -> {}", clean(link)),
        _ => String::new(),
    };
    vec![
        format!("  {}", ui::mode(entry.kind, *mode)),
        format!("{}:{}", owner.0, owner.1),
        size.to_string(),
        ui::time(*mtime),
        format!("/{}{arrow}", clean(entry.name())),
    ]
}
