//! Suggests what a word could mean that does not name an image.

use std::path::Path;

use crate::reference::Reference;
use crate::store::layout;

/// What to write instead of a word that names no registry, as a clause about it. `None` where nothing is likely.
pub fn why(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut meant = Vec::new();
    let near = |word: &&str| strsim::jaro_winkler(&lower, word) >= 0.8;
    meant.extend(["embedded", "scratch"].iter().filter(|word| near(word)).map(|word| format!("`{word}`")));
    if layout::is_layout(Path::new(text.split_once(':').map_or(text, |(path, _)| path))) {
        meant.push(format!("`oci:{text}` for the layout"));
    }
    let hub = if text.contains('/') { "docker.io" } else { "docker.io/library" };
    let hub = format!("{hub}/{text}");
    if hub.parse::<Reference>().is_ok() {
        meant.push(format!("`{hub}` for an image of Docker Hub"));
    }
    (!meant.is_empty()).then(|| format!("names no registry: write {}", meant.join(", or ")))
}
