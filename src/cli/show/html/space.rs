//! What takes the space of an image: the treemap, packages, equal and hidden files, directories.

use std::fmt::Write;

use lambda_img::inspect::{Directory, Hidden, Inspected, Space};

use super::super::ui;
use super::markup::{bar, colour, escape, left_out, percent, section, table};
use super::treemap;

/// Rows of a table at most: the page is read by a person.
const ROWS: usize = 100;

/// A directory lists what is at least this share of the image, in percent, and always the largest few.
const SHARE_MIN: f64 = 0.1;
const LARGEST: usize = 5;

pub fn sections(image: &Inspected) -> String {
    let space = image.space();
    if space.root.files == 0 {
        return section("space", "Files", "<p>No layer with files was read.</p>\n");
    }
    let map = format!(
        "<p>{} in {} files. The colour of a rectangle is that of its layer.</p>\n{}",
        ui::bytes(space.root.bytes),
        space.root.files,
        treemap::treemap(&space.root)
    );
    let mut out = section("space", "Files", &map);
    out += &packages(&space);
    out += &waste(&space);
    let mut tree = String::new();
    children(&space.root, space.root.bytes, &mut tree);
    out + &section("directories", "Directories", &format!("<div class=\"tree\">\n{tree}</div>\n"))
}

fn packages(space: &Space) -> String {
    let packages = &space.packages;
    let Some(largest) = packages.first() else { return String::new() };
    let row = |package: &lambda_img::inspect::Package| {
        vec![
            escape(&package.name),
            escape(package.version.as_deref().unwrap_or("–")),
            package.kind.to_owned(),
            ui::bytes(package.bytes),
            package.files.to_string(),
            bar(percent(package.bytes, largest.bytes), "within"),
            format!("<code>/{}</code>", escape(&package.path)),
        ]
    };
    let rows: Vec<_> = packages.iter().take(ROWS).map(row).collect();
    let head = ["Package", "Version", "Kind", "Size", "Files", "", "Installed in"];
    let body = table(&head, &rows, &[3, 4]) + &left_out(packages.len(), ROWS, "packages");
    section("packages", &format!("Packages: {}", packages.len()), &body)
}

fn waste(space: &Space) -> String {
    let mut body = String::new();
    if !space.copies.is_empty() {
        let wasted = space.copies.iter().map(lambda_img::inspect::Copies::wasted).sum();
        let _ = writeln!(body, "<h3>Equal files: {} more than needed</h3>", ui::bytes(wasted));
        let row = |copies: &lambda_img::inspect::Copies| {
            let shown =
                copies.paths.iter().take(LARGEST).map(|path| format!("<code>/{}</code>", escape(path)));
            let mut paths = shown.collect::<Vec<_>>().join("<br>");
            if copies.paths.len() > LARGEST {
                let _ = write!(paths, "<br>and {} more", copies.paths.len() - LARGEST);
            }
            vec![
                ui::bytes(copies.wasted()),
                format!("{} × {}", copies.paths.len(), ui::bytes(copies.bytes)),
                paths,
            ]
        };
        let rows: Vec<_> = space.copies.iter().take(ROWS).map(row).collect();
        body += &table(&["Wasted", "Files", "Paths"], &rows, &[0, 1]);
        body += &left_out(space.copies.len(), ROWS, "groups of equal files");
    }
    if !space.hidden.is_empty() {
        let bytes = space.hidden.iter().map(|one| one.bytes).sum();
        let _ = writeln!(body, "<h3>Files that a layer above replaces or removes: {}</h3>", ui::bytes(bytes));
        let row = |one: &Hidden| {
            let by =
                one.replaced_by.map_or("removed".to_owned(), |layer| format!("replaced in layer {layer}"));
            vec![
                ui::bytes(one.bytes),
                one.layer.to_string(),
                by,
                format!("<code>/{}</code>", escape(&one.path)),
            ]
        };
        let rows: Vec<_> = space.hidden.iter().take(ROWS).map(row).collect();
        body += &table(&["Size", "Layer", "Is", "Path"], &rows, &[0, 1]);
        body += &left_out(space.hidden.len(), ROWS, "files");
    }
    if body.is_empty() {
        body = "<p>No file of 4 kB or more is there twice, and no layer hides a file of another.</p>\n"
            .to_owned();
    }
    section("waste", "Held without need", &body)
}

/// What is in a directory, and what is too small to be listed as one line.
fn children(directory: &Directory, whole: u64, out: &mut String) {
    let is_listed = |at: usize, child: &Directory| at < LARGEST || percent(child.bytes, whole) >= SHARE_MIN;
    let listed =
        directory.children.iter().enumerate().take_while(|(at, child)| is_listed(*at, child)).count();
    let (large, small) = directory.children.split_at(listed);
    for child in large {
        let line = format!(
            "<span class=\"size\">{}</span>{}<code>{}{}</code>",
            ui::bytes(child.bytes),
            bar(percent(child.bytes, whole), &colour(child.main_layer())),
            escape(&child.name),
            if child.children.is_empty() { "" } else { "/" }
        );
        // What is a thousandth of the image is not worth being opened.
        if child.children.is_empty() || percent(child.bytes, whole) < SHARE_MIN {
            let _ = writeln!(out, "<div class=\"file\">{line}</div>");
            continue;
        }
        let _ = writeln!(out, "<details><summary>{line}</summary>");
        children(child, whole, out);
        out.push_str("</details>\n");
    }
    if !small.is_empty() {
        let bytes = small.iter().map(|child| child.bytes).sum();
        let _ = writeln!(
            out,
            "<div class=\"file\"><span class=\"size\">{}</span>{} smaller</div>",
            ui::bytes(bytes),
            small.len()
        );
    }
}
