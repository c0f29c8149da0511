//! Resolves the argument of `check`, `inspect` and `diff`: an existing image, or a function that is built for the
//! command.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap::ArgMatches;
use lambda_img::reference::names_registry;
use lambda_img::scheme::Scheme;
use lambda_img::source::ImageRef;
use lambda_img::store::layout;

use super::file::FILE_NAME;
use super::function::Function;
use super::nearest::Settings;
use super::select;
use crate::cli::show::error::CliError;

/// What is looked at.
pub enum Source {
    /// An image that exists.
    Image(ImageRef),
    /// A function to build.
    Function(Box<Function>),
}

impl Source {
    /// The image, where it is one.
    pub fn image(&self) -> Option<&ImageRef> {
        match self {
            Source::Image(image) => Some(image),
            Source::Function(_) => None,
        }
    }

    /// The function, where it is one.
    pub fn function(&self) -> Option<&Function> {
        match self {
            Source::Function(function) => Some(function),
            Source::Image(_) => None,
        }
    }
}

/// What a word looks like, whatever the settings say.
enum Named {
    Image(ImageRef),
    Path,
    /// Nothing is there, and no registry is named.
    Bare,
}

/// What an image is named like.
const FORMS: &str =
    "an image is `oci:DIR:TAG` or the like, a function its path or its name in lambda-img.toml";

/// What a word means: a function of the file by its exact name, else what is at a path, else an image.
pub fn source(word: &str, given: &ArgMatches, settings: &Settings) -> Result<Source, CliError> {
    if !settings.has(word) {
        match named(word).map_err(|why| CliError::usage(&why, FORMS))? {
            Named::Image(image) => return Ok(Source::Image(image)),
            Named::Bare => return Err(unknown(word, settings)),
            Named::Path => {}
        }
    }
    let functions = select::meant(vec![word.into()], given, settings)?;
    one(functions).map(|function| Source::Function(Box::new(function)))
}

/// The function that is meant where nothing is named, as for `build`.
pub fn nameless(given: &ArgMatches, settings: &Settings) -> Result<Source, CliError> {
    one(select::meant(Vec::new(), given, settings)?).map(|function| Source::Function(Box::new(function)))
}

fn one(functions: Vec<Function>) -> Result<Function, CliError> {
    let mut functions = functions.into_iter();
    match (functions.next(), functions.next()) {
        (Some(function), None) => Ok(function),
        _ => Err(CliError::usage("one function is looked at at a time", "name it")),
    }
}

/// An image that exists, as an argument of a command that builds nothing.
pub fn image(text: &str) -> Result<ImageRef, String> {
    match named(text)? {
        Named::Image(image) => Ok(image),
        _ if is_function(text) => Err(format!(
            "is a function of {FILE_NAME}: `lambda-img build {text} --push -t REGISTRY/REPOSITORY:TAG` builds and \
             pushes it"
        )),
        Named::Path => Err("is a path: name an image, as in oci:DIR or oci-archive:FILE".to_owned()),
        Named::Bare => Err(format!("names no registry: write {}", images(text))),
    }
}

fn is_function(word: &str) -> bool {
    Settings::find().is_ok_and(|settings| settings.has(word))
}

/// The images that a word may stand for.
fn images(word: &str) -> String {
    let hub = if word.contains('/') { "docker.io" } else { "docker.io/library" };
    format!("`oci:{word}` for a layout, `{hub}/{word}` for an image of Docker Hub")
}

fn named(word: &str) -> Result<Named, String> {
    let local = Scheme::split(word).is_some();
    if !local && (word.starts_with(['.', '/']) || Path::new(word).exists()) {
        return match stored(Path::new(word)) {
            Some((what, scheme)) => Err(format!("`{word}` is {what}: write `{scheme}:{word}`")),
            None => Ok(Named::Path),
        };
    }
    match word.parse::<ImageRef>() {
        Ok(image) => Ok(Named::Image(image)),
        Err(_) if !local && !names_registry(word) && !word.is_empty() => Ok(Named::Bare),
        Err(why) => Err(why.to_string()),
    }
}

/// What holds images at a path, and the scheme to read it with.
fn stored(path: &Path) -> Option<(&'static str, Scheme)> {
    if layout::is_layout(path) {
        return Some(("an OCI layout", Scheme::Oci));
    }
    let metadata = path.metadata().ok()?;
    // POSIX ustar: the magic number is at byte 257.
    let mut head = [0; 262];
    let is_tar = metadata.is_file() && {
        File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && &head[257..] == b"ustar"
    };
    is_tar.then_some(("a tar archive", Scheme::OciArchive))
}

/// A word that is nothing, and what it could be.
fn unknown(word: &str, settings: &Settings) -> CliError {
    let error = match settings.file_name() {
        Some(_) => format!("`{word}` is not a function of {FILE_NAME}, not a path, and names no registry"),
        None => format!("`{word}` is not a path, and names no registry"),
    };
    let hint = match settings.nearest(word) {
        Some(near) => format!("did you mean the function `{near}`?"),
        None => format!("write `./{word}` for a function, {}", images(word)),
    };
    CliError::usage(&error, &hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_to_docker_hub_unasked() {
        for bare in ["fn", "Fn", "fn:v1", "team/fn", "team/fn:v1"] {
            assert!(matches!(named(bare), Ok(Named::Bare)), "{bare}");
            assert!(image(bare).unwrap_err().contains("docker.io/"), "{bare}");
        }
        for image in
            ["docker.io/library/fn", "localhost/fn", "r.example:5000/fn:v1", "oci:fn", "oci-archive:a.tar"]
        {
            assert!(matches!(named(image), Ok(Named::Image(_))), "{image}");
        }
        assert!(matches!(named("./fn"), Ok(Named::Path)));
        assert!(named("").is_err() && named("r.example/FN").is_err() && named("oci:").is_err());
    }
}
