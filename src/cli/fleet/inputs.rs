//! The input files and directories of functions.

use std::path::{Path, PathBuf};

use lambda_img::source::ImageRef;
use lambda_img::store::parent;
use lambda_img::store::resolve_path;

use crate::cli::options::build::Build;
use crate::cli::options::lock_file;
use crate::cli::settings::Settings;
use crate::cli::show::error::CliError;

/// What a build reads: absolute, without links.
pub fn of(build: &Build) -> Vec<PathBuf> {
    named(build).into_iter().map(resolve_path).collect()
}

/// The same as it is named.
pub fn named(build: &Build) -> Vec<&Path> {
    let mut paths: Vec<&Path> = vec![&build.path];
    paths.extend(build.image.bootstrap.as_deref());
    paths.extend(build.image.lambda_layers.iter().chain(&build.image.extensions).map(PathBuf::as_path));
    paths.extend(build.image.adds.iter().map(|add| add.from.as_path()));
    if let Some(ImageRef::Layout(local) | ImageRef::OciArchive(local) | ImageRef::DockerArchive(local)) =
        &build.image.base
    {
        paths.push(&local.path);
    }
    paths
}

/// The symbolic links on the way to what a build reads: where one leads elsewhere, so does the build.
pub fn links(build: &Build) -> Vec<PathBuf> {
    let mut found = Vec::new();
    named(build).into_iter().for_each(|path| follow(path, &mut found));
    found
}

fn follow(path: &Path, found: &mut Vec<PathBuf>) {
    let mut at = PathBuf::new();
    for component in path.components() {
        at.push(component);
        let Ok(target) = at.read_link() else { continue };
        let Some(name) = at.file_name() else { continue };
        let link = resolve_path(parent(&at)).join(name);
        if !found.contains(&link) {
            found.push(link);
            follow(&parent(&at).join(target), found);
        }
    }
}

/// What every function depends on: the settings and the pins.
pub fn of_all(settings: &Settings) -> Result<Vec<PathBuf>, CliError> {
    let settings = settings.file_name().map(|name| resolve_path(Path::new(name)));
    Ok(settings.into_iter().chain([resolve_path(&lock_file::path()?)]).collect())
}
