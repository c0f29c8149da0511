//! The image as a whole: what it is and starts, its limits, its layers, what checks find.

use std::fmt::Write;

use lambda_img::inspect::{Inspected, Layer, Limit};

use super::super::{inspect, ui};
use super::markup::{bar, colour, escape, percent, section, sentence, table};

pub fn head(image: &Inspected) -> String {
    let mut out = format!("<h1>{}</h1>\n<dl>\n", escape(&image.name));
    for row in inspect::head(image) {
        if let [name, value] = &row[..] {
            let _ = writeln!(out, "<dt>{}</dt><dd>{}</dd>", escape(name.trim()), escape(value));
        }
    }
    for (name, value) in &image.annotations {
        let _ = writeln!(out, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
    }
    out + "</dl>\n"
}

pub fn limits(image: &Inspected) -> String {
    let row = |limit: &Limit| {
        let share = percent(limit.bytes.unwrap_or_default(), limit.max);
        let class = if share > 100.0 { "over" } else { "within" };
        let least = if limit.at_least { "at least " } else { "" };
        let bytes = limit.bytes.map_or("unknown".to_owned(), |bytes| format!("{least}{}", ui::bytes(bytes)));
        let most = format!("{} that {}", ui::bytes(limit.max), limit.who);
        vec![escape(limit.what), escape(&bytes), escape(&most), format!("{share:.1} %"), bar(share, class)]
    };
    let rows: Vec<_> = image.limits.iter().map(row).collect();
    section("limits", "Limits", &table(&["What", "Uses", "Of", "Share", ""], &rows, &[1, 3]))
}

pub fn layers(image: &Inspected) -> String {
    let size = |layer: &Layer| layer.bytes.or(layer.compressed).unwrap_or_default();
    let largest = image.layers.iter().map(size).max().unwrap_or_default();
    let or_dash = |bytes: Option<u64>| bytes.map_or("–".to_owned(), ui::bytes);
    let row = |(at, layer): (usize, &Layer)| {
        let what = if layer.of_base { format!("{} (of the base)", layer.what()) } else { layer.what() };
        let digest = layer.digest.or(layer.diff_id).map(|digest| digest.to_string()).unwrap_or_default();
        vec![
            format!("<span class=\"key {}\"></span>{at}", colour(Some(at))),
            format!("{}<br><code>{digest}</code>", escape(&what)),
            layer.files.map_or("–".to_owned(), |files| files.to_string()),
            or_dash(layer.bytes),
            or_dash(layer.compressed),
            bar(percent(size(layer), largest), &colour(Some(at))),
        ]
    };
    let rows: Vec<_> = image.layers.iter().enumerate().map(row).collect();
    let head = ["Layer", "What", "Files", "Size", "Compressed", ""];
    let unread = image.layers.iter().any(|layer| layer.bytes.is_none());
    let note = match unread {
        true => {
            "<p class=\"note\">Layers without a size were not read. <code>--all-layers</code> reads them.</p>\n"
        }
        false => "",
    };
    section("layers", "Layers", &(table(&head, &rows, &[2, 3, 4]) + note))
}

pub fn findings(image: &Inspected) -> String {
    let findings = &image.report.findings;
    if findings.is_empty() {
        return section("findings", "Checks", "<p>The checks find nothing.</p>\n");
    }
    let rows = findings.iter().map(|finding| {
        let fault = &finding.fault;
        let level = finding.level.to_string();
        vec![
            format!("<span class=\"level {0}\">{0}</span>", escape(&level)),
            format!("<code>{}</code>", escape(finding.check.id)),
            format!(
                "{}: {}<br><small>{}</small>",
                escape(&fault.location.to_string()),
                sentence(&fault.message),
                sentence(&fault.fix)
            ),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let note = "<p class=\"note\"><code>lambda-img explain CHECK</code> explains a check.</p>\n";
    section("findings", "Checks", &(table(&["Level", "Check", "Finding"], &rows, &[]) + note))
}
