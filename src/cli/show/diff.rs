//! How two images differ, for people.

use lambda_img::diff::{
    Aspect, Change, Difference, Field, Files, Identity, LayerDifference, PairedBy, State,
};
use lambda_img::survey::{Entry, Kind};
use serde_json::Value;

use super::ui::{self, clean};

/// So many files and fields are told where not all are asked for.
const FEW: usize = 5;

/// What differs, with the causes first.
pub fn text(difference: &Difference, all: bool) -> String {
    let row = |letter: &str, one: &Identity| {
        let digest = one
            .digest
            .map_or(format!("without a manifest, image id {}", one.config_digest), |it| it.to_string());
        vec![letter.to_owned(), clean(&one.name), digest]
    };
    let mut out = ui::table(&[row("A", &difference.a), row("B", &difference.b)], &[]);
    if difference.same {
        return out + "\nthe same image\n";
    }
    if !difference.causes.is_empty() {
        out += "\nwhy\n";
        causes(difference).iter().for_each(|line| out += &format!("  {}\n", clean(line)));
    }
    for document in ["manifest", "config"] {
        let fields: Vec<_> = difference.fields.iter().filter(|field| field.document == document).collect();
        if !fields.is_empty() {
            let name = if document == "config" { "configuration" } else { document };
            out += &format!("\n{name}\n{}", few(&fields, all, field));
        }
    }
    out += "\nlayers\n";
    let row = |one: &LayerDifference| {
        let [a, b, what, state] = layer(one);
        vec![format!("  {a:>2} {b:>2}"), what, state]
    };
    let rows: Vec<_> = difference.layers.iter().map(row).collect();
    for (line, layer) in ui::table(&rows, &[]).lines().zip(&difference.layers) {
        out += &format!("{line}\n");
        // That bases differ is said; how, to who asks for all.
        if let State::Files(files) = &layer.state
            && (all || !is_of_base(layer))
        {
            out += &changes(files, all);
        }
    }
    out
}

/// The difference that explains most, in one line.
pub fn first(difference: &Difference) -> String {
    if let Some(cause) = causes(difference).first() {
        return clean(cause);
    }
    let files = difference.layers.iter().filter_map(|layer| match &layer.state {
        State::Files(files) => files.changes.first(),
        _ => None,
    });
    if let Some(file) = files.into_iter().next() {
        return change(file).join(" ");
    }
    match difference.fields.first() {
        Some(one) => field(one).split_whitespace().collect::<Vec<_>>().join(" "),
        None => "their manifests differ".to_owned(),
    }
}

/// A sentence each; what is true of several layers is said once.
pub fn causes(difference: &Difference) -> Vec<String> {
    let mut said: Vec<(&str, Vec<String>)> = Vec::new();
    for cause in &difference.causes {
        let layer = cause.layer.and_then(|at| difference.layers.get(at)).map(numbers);
        match said.iter_mut().find(|(sentence, layers)| *sentence == cause.sentence && !layers.is_empty()) {
            Some((_, layers)) => layers.extend(layer),
            None => said.push((&cause.sentence, layer.into_iter().collect())),
        }
    }
    let lines = said.into_iter().map(|(sentence, layers)| {
        let about = match layers.split_last() {
            None => String::new(),
            Some((only, [])) => format!("layer {only}: "),
            Some((last, first)) => format!("layers {} and {last}: ", first.join(", ")),
        };
        format!("{about}{sentence}")
    });
    lines.collect()
}

/// The paths that differ; where not all are told, the ones that say most.
fn changes(files: &Files, all: bool) -> String {
    let mut changes: Vec<_> = files.changes.iter().collect();
    if !all {
        let rank = |change: &Change| match (&change.a, &change.b) {
            (Some(one), None) | (None, Some(one)) => usize::from(one.kind == Kind::Dir),
            _ if change
                .aspects
                .iter()
                .any(|one| matches!(one, Aspect::Content | Aspect::Kind | Aspect::Link)) =>
            {
                0
            }
            _ => 2,
        };
        // Times alone are told by the cause.
        changes.retain(|change| change.aspects != [Aspect::Time]);
        changes.sort_by_key(|change| rank(change));
    }
    few(&changes, all, |one| {
        let [sign, path, about] = change(one);
        format!("      {sign} {path}  {about}\n")
    })
}

fn few<T>(items: &[&T], all: bool, line: impl Fn(&T) -> String) -> String {
    // One more is no longer than the line that says so.
    let shown = if all || items.len() == FEW + 1 { items.len() } else { FEW };
    let mut out: String = items.iter().take(shown).map(|item| line(item)).collect();
    if items.len() > shown {
        out += &format!("      … and {} more: `--files` lists all\n", items.len() - shown);
    }
    out
}

/// The numbers of a pair: one where both are the same.
fn numbers(layer: &LayerDifference) -> String {
    match (layer.pair.a, layer.pair.b) {
        (Some(a), Some(b)) if a == b => a.to_string(),
        (Some(a), Some(b)) => format!("{a} of A, {b} of B"),
        (Some(a), None) => format!("{a} of A"),
        (None, Some(b)) => format!("{b} of B"),
        (None, None) => String::new(),
    }
}

fn field(field: &Field) -> String {
    let value =
        |value: &Option<Value>| value.as_ref().map_or("–".to_owned(), |value| clean(&value.to_string()));
    let (a, b) = (value(&field.a), value(&field.b));
    let path = clean(&field.path);
    if a.chars().count() + b.chars().count() + path.chars().count() <= 76 {
        return format!("  {path}: {a} → {b}\n");
    }
    format!("  {path}\n    A  {a}\n    B  {b}\n")
}

/// A layer: its numbers in A and B, what it is, and how the two differ.
pub fn layer(layer: &LayerDifference) -> [String; 4] {
    let number = |at: Option<usize>| at.map_or("–".to_owned(), |at| at.to_string());
    let what = match (&layer.a, &layer.b) {
        (Some(a), Some(b)) if a.what() != b.what() => {
            format!("{} → {}", ui::short(&clean(&a.what()), 24), ui::short(&clean(&b.what()), 24))
        }
        (_, Some(one)) | (Some(one), None) => ui::short(&clean(&one.what()), 48),
        (None, None) => String::new(),
    };
    let state = match &layer.state {
        State::Same => "same".to_owned(),
        State::Repacked => "same tar, different compression".to_owned(),
        State::NotRead if is_of_base(layer) => {
            "differs; layer of the base, not read (`--all-layers` reads it)".to_owned()
        }
        State::NotRead => "differs; not read: it is compressed with zstd".to_owned(),
        State::Files(files) => summary(layer.pair.by, files),
    };
    [number(layer.pair.a), number(layer.pair.b), what, state]
}

fn is_of_base(layer: &LayerDifference) -> bool {
    [&layer.a, &layer.b].into_iter().flatten().any(|one| one.of_base)
}

fn summary(by: PairedBy, files: &Files) -> String {
    let (added, removed, changed) = files.counts();
    let size = |of: fn(&Change) -> Option<&Entry>| -> u64 {
        files.changes.iter().filter_map(of).map(|file| file.size).sum()
    };
    let (of_a, of_b) = (size(|change| change.a.as_ref()), size(|change| change.b.as_ref()));
    if by == PairedBy::Alone {
        let side = if removed > 0 { "A" } else { "B" };
        return format!("only in {side}: {} entries, {}", added + removed, ui::bytes(of_a + of_b));
    }
    if files.is_empty() {
        return "same files, different tar".to_owned();
    }
    let counts = [(added, "added"), (removed, "removed"), (changed, "changed"), (files.moved, "moved")];
    let words = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let words = words.collect::<Vec<_>>().join(", ");
    match (of_b >= of_a, of_b.abs_diff(of_a)) {
        (_, 0) => words,
        (true, more) => format!("{words}: {} more", ui::bytes(more)),
        (false, less) => format!("{words}: {} less", ui::bytes(less)),
    }
}

/// One path, with `+` for what is only in B, `-` for what is only in A, `~` for what differs; and what is to say of it.
pub fn change(change: &Change) -> [String; 3] {
    let about = |file: &Entry| match &file.link {
        Some(link) => format!("{}, to {}", file.kind.name(), clean(link)),
        None if file.size > 0 => ui::bytes(file.size),
        None => file.kind.name().to_owned(),
    };
    let (sign, about) = match (&change.a, &change.b) {
        (Some(a), Some(b)) => ("~", differing(change, a, b)),
        (Some(a), None) => ("-", about(a)),
        (None, Some(b)) => ("+", about(b)),
        (None, None) => ("~", String::new()),
    };
    [sign.to_owned(), format!("/{}", clean(&change.path)), about]
}

fn differing(change: &Change, a: &Entry, b: &Entry) -> String {
    let link = |file: &Entry| file.link.as_deref().map_or("–".to_owned(), clean);
    let words = change.aspects.iter().map(|aspect| match aspect {
        Aspect::Kind => format!("{} → {}", a.kind.name(), b.kind.name()),
        Aspect::Content if change.clock.is_some() => "content, only times inside it".to_owned(),
        Aspect::Content if a.size == b.size => format!("content, {} both", ui::bytes(a.size)),
        Aspect::Content if ui::bytes(a.size) == ui::bytes(b.size) => {
            let more = if a.size < b.size { "more" } else { "less" };
            format!("content, {}, {} {more}", ui::bytes(b.size), ui::bytes(a.size.abs_diff(b.size)))
        }
        Aspect::Content => format!("content, {} → {}", ui::bytes(a.size), ui::bytes(b.size)),
        Aspect::Link => format!("link {} → {}", link(a), link(b)),
        Aspect::Mode => format!("mode {:04o} → {:04o}", a.mode, b.mode),
        Aspect::Owner => format!("owner {}:{} → {}:{}", a.owner.0, a.owner.1, b.owner.0, b.owner.1),
        Aspect::Time => format!("time {} → {}", ui::time(a.mtime), ui::time(b.mtime)),
        aspect => aspect.name().to_owned(),
    });
    words.collect::<Vec<_>>().join("; ")
}
