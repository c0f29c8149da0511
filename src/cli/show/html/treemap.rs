//! A treemap: directories as rectangles whose areas are their bytes ("Squarified Treemaps", Bruls, Huizing, van Wijk,
//! 2000).

use std::fmt::Write;

use lambda_img::inspect::Directory;

use super::super::ui;
use super::markup::{colour, escape};

/// Width and height of the whole picture, in its own units: those of a page of 1,200 pixels.
const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 560.0;

/// Height of the line that names a directory.
const HEAD: f64 = 17.0;

/// Rectangles that are narrower or lower than this show nothing that can be read.
const TILE_MIN: f64 = 4.0;

/// Width of a letter at the size of the labels.
const LETTER: f64 = 6.4;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// The picture of a directory.
pub fn treemap(root: &Directory) -> String {
    let mut out = format!(
        "<svg class=\"map\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"group\" \
         aria-label=\"Files by size: each rectangle is a directory or a file\">\n"
    );
    inside(root, "", Area { x: 0.0, y: 0.0, width: WIDTH, height: HEIGHT }, &mut out);
    out + "</svg>\n"
}

fn inside(directory: &Directory, path: &str, area: Area, out: &mut String) {
    let sizes: Vec<_> = directory.children.iter().map(|child| child.bytes).collect();
    for (child, area) in directory.children.iter().zip(squarify(&sizes, area)) {
        if area.width < TILE_MIN || area.height < TILE_MIN {
            continue;
        }
        tile(child, &format!("{path}/{}", child.name), area, out);
    }
}

fn tile(directory: &Directory, path: &str, area: Area, out: &mut String) {
    let Area { x, y, width, height } = area;
    let what = match directory.files {
        1 => ui::bytes(directory.bytes),
        files => format!("{}, {files} files", ui::bytes(directory.bytes)),
    };
    let title = format!("{}: {what}", escape(path));
    let opens = !directory.children.is_empty() && width > 40.0 && height > HEAD + 16.0;
    let class = if opens { "dir" } else { "leaf" };
    let layer = colour(directory.main_layer());
    // A rectangle that is large enough to be aimed at can be reached by the keyboard.
    let focus = if width * height > 4000.0 { " tabindex=\"0\"" } else { "" };
    let _ = write!(
        out,
        "<g class=\"{class} {layer}\" role=\"img\" aria-label=\"{title}\"{focus}><title>{title}</title>\
         <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
    );
    let letters = ((width - 8.0) / LETTER) as usize;
    if letters >= 3 && height >= HEAD - 3.0 {
        let label = format!("{}  {}", directory.name, ui::bytes(directory.bytes));
        let label =
            if label.chars().count() <= letters { label } else { ui::short(&directory.name, letters) };
        let _ = write!(out, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", x + 4.0, y + 12.5, escape(&label));
    }
    out.push_str("</g>\n");
    if opens {
        let below = Area { x: x + 2.0, y: y + HEAD, width: width - 4.0, height: height - HEAD - 2.0 };
        inside(directory, path, below, out);
    }
}

/// Divides an area by sizes that descend: rows along its shorter side, each as long as its rectangles get nearer to
/// squares.
fn squarify(sizes: &[u64], area: Area) -> Vec<Area> {
    let total: f64 = sizes.iter().map(|size| *size as f64).sum();
    let scale = area.width * area.height / total.max(1.0);
    let areas: Vec<_> = sizes.iter().map(|size| *size as f64 * scale).collect();
    let (mut out, mut rest, mut at) = (Vec::with_capacity(sizes.len()), area, 0);
    while at < areas.len() {
        let side = rest.width.min(rest.height);
        let mut end = at + 1;
        let mut sum = areas[at];
        while end < areas.len()
            && worst(&areas[at..=end], sum + areas[end], side) <= worst(&areas[at..end], sum, side)
        {
            sum += areas[end];
            end += 1;
        }
        let depth = if side > 0.0 { sum / side } else { 0.0 };
        let mut along = 0.0;
        for one in &areas[at..end] {
            let length = if depth > 0.0 { one / depth } else { 0.0 };
            out.push(match rest.width >= rest.height {
                true => Area { x: rest.x, y: rest.y + along, width: depth, height: length },
                false => Area { x: rest.x + along, y: rest.y, width: length, height: depth },
            });
            along += length;
        }
        rest = match rest.width >= rest.height {
            true => Area { x: rest.x + depth, width: (rest.width - depth).max(0.0), ..rest },
            false => Area { y: rest.y + depth, height: (rest.height - depth).max(0.0), ..rest },
        };
        at = end;
    }
    out
}

/// The worst ratio of sides in a row of areas, whose sum is given.
fn worst(row: &[f64], sum: f64, side: f64) -> f64 {
    let (largest, smallest) =
        (row.first().copied().unwrap_or_default(), row.last().copied().unwrap_or_default());
    if smallest <= 0.0 || side <= 0.0 {
        return f64::INFINITY;
    }
    let (side, sum) = (side * side, sum * sum);
    (side * largest / sum).max(sum / (side * smallest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_those_of_the_sizes_and_fill_the_whole() {
        let whole = Area { x: 0.0, y: 0.0, width: 600.0, height: 400.0 };
        let sizes = [6, 6, 4, 3, 2, 2, 1];
        let areas = squarify(&sizes, whole);
        for (size, area) in sizes.iter().zip(&areas) {
            assert!((area.width * area.height - *size as f64 * 10_000.0).abs() < 1e-6, "{area:?}");
            assert!(
                area.x >= 0.0 && area.x + area.width < 600.001 && area.y + area.height < 400.001,
                "{area:?}"
            );
            let ratio = (area.width / area.height).max(area.height / area.width);
            assert!(ratio < 3.0, "{area:?}");
        }
    }

    #[test]
    fn nothing_and_empty_files_have_no_area() {
        let whole = Area { x: 0.0, y: 0.0, width: 600.0, height: 400.0 };
        assert!(squarify(&[], whole).is_empty());
        for area in squarify(&[0, 0], whole) {
            assert_eq!(area.width * area.height, 0.0);
        }
    }
}
