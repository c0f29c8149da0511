//! How two images differ: `diff --html`.

use std::cmp::Reverse;
use std::fmt::Write;

use lambda_img::diff::{Change, Difference, Field, Identity, LayerDifference, State};
use serde_json::Value;

use super::super::{diff, ui};
use super::markup::{escape, left_out, section, sentence, table};

/// Files that are listed of one layer at most: those that add or remove the most bytes.
const FILES: usize = 200;

pub fn sections(difference: &Difference) -> String {
    let name = |one: &Identity| escape(&one.name);
    let mut out = format!("<h1>{} → {}</h1>\n<dl>\n", name(&difference.a), name(&difference.b));
    for (letter, one) in [("A", &difference.a), ("B", &difference.b)] {
        let digest = one.digest.unwrap_or(one.config_digest);
        let _ = writeln!(out, "<dt>{letter}</dt><dd>{}<br><code>{digest}</code></dd>", name(one));
    }
    out += "</dl>\n";
    if difference.same {
        return out + "<p>The same image.</p>\n";
    }
    let causes = diff::causes(difference);
    if !causes.is_empty() {
        let items: String = causes.iter().map(|cause| format!("<li>{}</li>\n", sentence(cause))).collect();
        out += &section("why", "Why the digests differ", &format!("<ul>\n{items}</ul>\n"));
    }
    let rows: Vec<_> = difference.layers.iter().map(layer).collect();
    out += &section("layers", "Layers", &table(&["A", "B", "What", "Size", "Difference"], &rows, &[0, 1, 3]));
    out += &difference.layers.iter().enumerate().map(|(at, layer)| files(at, layer)).collect::<String>();
    if !difference.fields.is_empty() {
        let rows: Vec<_> = difference.fields.iter().map(field).collect();
        out += &section("fields", "Manifest and configuration", &table(&["Field", "A", "B"], &rows, &[]));
    }
    out
}

fn layer(layer: &LayerDifference) -> Vec<String> {
    let [a, b, what, state] = diff::layer(layer);
    let bytes = |layer: &Option<lambda_img::inspect::Layer>| {
        layer.as_ref().and_then(|one| one.bytes.or(one.compressed))
    };
    let size = match (bytes(&layer.a), bytes(&layer.b)) {
        (Some(a), Some(b)) if a != b => format!("{} → {}", ui::bytes(a), ui::bytes(b)),
        (Some(one), _) | (None, Some(one)) => ui::bytes(one),
        (None, None) => "–".to_owned(),
    };
    vec![escape(&a), escape(&b), escape(&what), size, sentence(&state)]
}

/// The files of a layer that differ.
fn files(at: usize, layer: &LayerDifference) -> String {
    let State::Files(files) = &layer.state else { return String::new() };
    let mut changes: Vec<_> = files.changes.iter().collect();
    if changes.is_empty() {
        return String::new();
    }
    changes.sort_by_key(|change| (Reverse(growth(change).unsigned_abs()), &change.path));
    let rows: Vec<_> = changes.iter().take(FILES).map(|change| row(change)).collect();
    let body =
        table(&["", "Growth", "Path", "Difference"], &rows, &[1]) + &left_out(changes.len(), FILES, "files");
    let what =
        layer.b.as_ref().or(layer.a.as_ref()).map(lambda_img::inspect::Layer::what).unwrap_or_default();
    section(&format!("layer-{at}"), &format!("Files of “{what}”: {} differ", changes.len()), &body)
}

fn growth(change: &Change) -> i128 {
    let size =
        |side: &Option<lambda_img::survey::Entry>| side.as_ref().map_or(0, |entry| i128::from(entry.size));
    size(&change.b) - size(&change.a)
}

fn row(change: &Change) -> Vec<String> {
    let growth = growth(change);
    let bytes = ui::bytes(u64::try_from(growth.unsigned_abs()).unwrap_or(u64::MAX));
    let growth = match growth {
        0 => "–".to_owned(),
        1.. => format!("+{bytes}"),
        _ => format!("−{bytes}"),
    };
    let [sign, path, about] = diff::change(change);
    let class = match &*sign {
        "+" => "added",
        "-" => "removed",
        _ => "changed",
    };
    vec![
        format!("<span class=\"{class}\">{class}</span>"),
        growth,
        format!("<code>{}</code>", escape(&path)),
        escape(&about),
    ]
}

fn field(field: &Field) -> Vec<String> {
    let value = |value: &Option<Value>| match value {
        Some(value) => format!("<code>{}</code>", escape(&value.to_string())),
        None => "–".to_owned(),
    };
    let document = if field.document == "config" { "configuration" } else { field.document };
    vec![format!("{document}: <code>{}</code>", escape(&field.path)), value(&field.a), value(&field.b)]
}
