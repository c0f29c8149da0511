//! The note about files that were left out of a function by default.

use lambda_img::build::Built;

use super::ui;

/// A line about them, where there are any.
pub fn note(built: &Built) -> Option<String> {
    const NAMED: usize = 3;
    let names: Vec<_> = built.left_out.iter().map(|path| format!("`{}`", ui::clean(path))).collect();
    let named = names.get(..NAMED).unwrap_or(&names).join(", ");
    let all = match names.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    };
    (!names.is_empty()).then(|| format!("left out by default: {all}; `--no-default-excludes` includes them"))
}
