//! The names of images before and after a rebase.

use clap::ArgMatches;
use lambda_img::image::Image;
use lambda_img::reference::Reference;
use lambda_img::source::ImageRef;

use crate::cli::settings::Settings;
use crate::cli::settings::sources::{self, Source};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// The longest tag (OCI distribution specification, "Pulling manifests").
const TAG_MAX: usize = 128;

/// Between the old tag and the digest.
const MARK: &str = "-rebased-";

/// The images that a word means: one, or those that a function is pushed as.
pub fn images(word: &str, given: &ArgMatches, settings: &Settings) -> Result<Vec<ImageRef>, CliError> {
    if !settings.has(word) {
        let image =
            sources::image(word).map_err(|why| usage::settings::not_a_source(&format!("`{word}` {why}")))?;
        return Ok(vec![image]);
    }
    let Source::Function(function) = sources::source(word, given, settings)? else { return Ok(Vec::new()) };
    let words = |key: &str| -> Vec<String> {
        let value = function.values.get(key).into_iter().flat_map(|value| &value.words);
        value.map(|(word, _)| word.to_string_lossy().into_owned()).collect()
    };
    let (tags, archs) = (words("tag"), words("arch"));
    let mut images = Vec::new();
    for tag in &tags {
        let tag: Reference =
            Reference::target(tag).map_err(|why| usage::settings::not_a_source(&why.to_string()))?;
        match (tag.tag(), archs.len() > 1) {
            // As `build` calls the images of several architectures.
            (Some(name), true) => {
                for arch in &archs {
                    let one = tag.with_tag(&format!("{name}-{arch}"));
                    images.push(one.map_err(|why| usage::settings::not_a_source(&why.to_string()))?);
                }
            }
            _ => images.push(tag),
        }
    }
    match images.is_empty() {
        true => Err(usage::commands::rebase_without_tag(word)),
        false => Ok(images.into_iter().map(ImageRef::Registry).collect()),
    }
}

/// What the new image is called: never as the old one. One image on one base has always the same name.
pub fn target(
    old: &ImageRef,
    new: &Image,
    tag: Option<&str>,
    repository: Option<&Reference>,
) -> Result<Option<Reference>, CliError> {
    let own = match old {
        ImageRef::Registry(reference) => Some(reference),
        _ => None,
    };
    let Some(repository) = repository.or(own) else { return Ok(None) };
    let tag = match tag {
        Some(tag) if own.is_some_and(|own| own.tag() == Some(tag)) => {
            return Err(usage::commands::tag_of_the_old_image(tag));
        }
        Some(tag) => tag.to_owned(),
        None => tag_of(own.and_then(Reference::tag), new),
    };
    let whole = format!("{}/{}:{tag}", repository.registry(), repository.repository());
    let target = Reference::target(&whole).map_err(|why| usage::settings::not_a_source(&why.to_string()))?;
    Ok(Some(target))
}

fn tag_of(old: Option<&str>, new: &Image) -> String {
    let hex = new.digest.hex().to_string();
    let end = &hex[..12];
    let old = old.map(|tag| tag.split(MARK).next().unwrap_or(tag));
    match old {
        Some(old) => {
            let room = TAG_MAX - MARK.len() - end.len();
            format!("{}{MARK}{end}", &old[..old.len().min(room)])
        }
        None => format!("rebased-{end}"),
    }
}
