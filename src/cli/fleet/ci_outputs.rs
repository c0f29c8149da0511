//! Writes outputs for later CI steps: files of references and metadata, and the files that the CI system reads.

use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use lambda_img::build::Built;
use lambda_img::publish::Output;
use lambda_img::source::pins;
use lambda_img::store::resolve_path;
use lambda_img::store::{FileError, replace};

use super::destination::Destination;
use super::earlier_files::{self, FileFormat};
use crate::cli::options::fleet::{CiSystem, Fleet};
use crate::cli::settings::FILE_NAME;
use crate::cli::show::error::CliError;
use crate::cli::show::{json, stdout, ui};

/// Where a step of GitHub Actions puts its outputs, and what its page shows (GitHub: "Workflow commands").
const OUTPUT: &str = "GITHUB_OUTPUT";
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// What GitLab's `artifacts: reports: dotenv:` is to name.
const DOTENV: &str = "lambda-img.env";

/// The files that the user wants, and the CI system.
pub struct CiOutputs<'a> {
    image_refs: Option<&'a Path>,
    metadata_file: Option<&'a Path>,
    system: Option<CiSystem>,
}

impl<'a> CiOutputs<'a> {
    /// The CI outputs that the command line asks for. Faults are found before the work begins.
    pub fn of(fleet: &'a Fleet) -> Result<Self, CliError> {
        if fleet.ci == Some(CiSystem::Github) {
            [OUTPUT, SUMMARY].into_iter().try_for_each(|variable| named(variable).map(drop))?;
        }
        for (option, file) in [("--image-refs", &fleet.image_refs), ("--metadata-file", &fleet.metadata_file)]
        {
            if let Some(path) = file.as_ref().filter(|path| path.is_dir()) {
                let error = format!("`{option}` names `{}`, which is a directory", path.display());
                return Err(CliError::usage(&error, "name a file in it"));
            }
        }
        let (refs, metadata) = (fleet.image_refs.as_deref(), fleet.metadata_file.as_deref());
        if let (Some(refs), Some(metadata)) = (refs, metadata)
            && resolve_path(refs) == resolve_path(metadata)
        {
            let error = format!("`--image-refs` and `--metadata-file` both name `{}`", refs.display());
            return Err(CliError::usage(&error, "give each a file of its own"));
        }
        for path in [refs, metadata].into_iter().flatten() {
            if path.file_name().is_some_and(|name| name == FILE_NAME || name == pins::FILE_NAME) {
                let error = format!("`{}` would be overwritten by what was built", path.display());
                return Err(CliError::usage(&error, "name a file of its own"));
            }
        }
        refs.map(|path| earlier_files::check("--image-refs", path, FileFormat::References)).transpose()?;
        metadata
            .map(|path| earlier_files::check("--metadata-file", path, FileFormat::Metadata))
            .transpose()?;
        if fleet.ci == Some(CiSystem::Gitlab) {
            earlier_files::check("--ci gitlab", Path::new(DOTENV), FileFormat::Variables)?;
        }
        Ok(Self {
            image_refs: fleet.image_refs.as_deref(),
            metadata_file: fleet.metadata_file.as_deref(),
            system: fleet.ci,
        })
    }

    /// Refuses functions whose variables would have one name: the last would be taken for the others.
    pub fn check_names<'n>(&self, functions: impl Iterator<Item = &'n str>) -> Result<(), CliError> {
        let mut known = BTreeMap::new();
        for name in functions.filter(|_| self.system == Some(CiSystem::Gitlab)) {
            let variable = variable(name);
            if let Some(other) = known.insert(variable.clone(), name) {
                let error =
                    format!("functions `{other}` and `{name}` would both be `{variable}` in {DOTENV}");
                let hint = "give one another name, or use `--image-refs` or `--metadata-file`";
                return Err(CliError::usage(&error, hint));
            }
        }
        Ok(())
    }

    /// Refuses files that would be written where images go, or in them.
    pub fn check_outputs<'o>(&self, outputs: impl IntoIterator<Item = &'o Output>) -> Result<(), CliError> {
        let files: Vec<_> = self.files().into_iter().map(|file| (resolve_path(&file), file)).collect();
        for output in outputs {
            let image = resolve_path(output.path());
            let meets = |at: &Path| at.starts_with(&image) || image.starts_with(at);
            if let Some((_, file)) = files.iter().find(|(at, _)| meets(at)) {
                let error = format!("`{}` would be written where `{output}` goes", file.display());
                return Err(CliError::usage(&error, "name a file outside of all outputs"));
            }
        }
        Ok(())
    }

    /// The files that are written.
    pub fn files(&self) -> Vec<PathBuf> {
        let of_pipeline = match self.system {
            Some(CiSystem::Gitlab) => vec![DOTENV.into()],
            Some(CiSystem::Github) => {
                [OUTPUT, SUMMARY].into_iter().filter_map(|one| named(one).ok()).collect()
            }
            None => Vec::new(),
        };
        let asked = self.image_refs.into_iter().chain(self.metadata_file).map(Path::to_owned);
        asked.chain(of_pipeline).collect()
    }

    /// Writes everything: of functions by name, the references of what was published, and the object of `--json`.
    pub fn write(
        &self,
        destination: Destination,
        built: &[(&str, &Built)],
        refs: &str,
        object: &json::build::Build<'_>,
    ) -> Result<(), CliError> {
        let whole = |path: &Path, text: &str| replace(path, text.as_bytes()).map_err(CliError::File);
        self.image_refs.map(|path| whole(path, refs)).transpose()?;
        let metadata = |path| whole(path, &format!("{}\n", stdout::sorted(object)?));
        self.metadata_file.map(metadata).transpose()?;
        match self.system {
            None => Ok(()),
            Some(CiSystem::Gitlab) => {
                let fleet = matches!(object, json::build::Build::Functions(_));
                whole(Path::new(DOTENV), &dotenv(destination, built, refs, fleet))
            }
            Some(CiSystem::Github) => {
                append(OUTPUT, &outputs(destination, built, refs))?;
                append(SUMMARY, &summary(built))
            }
        }
    }
}

/// `image`, `digest` and `images`: the first image, and the lines of all.
fn outputs(destination: Destination, built: &[(&str, &Built)], refs: &str) -> String {
    let (image, digest) = first(destination, built, refs);
    // Ends where no line of ours can: a reference has no space.
    format!("image={image}\ndigest={digest}\nimages<<end of images\n{refs}end of images\n")
}

/// The same as variables; of a fleet those of each function, too.
fn dotenv(destination: Destination, built: &[(&str, &Built)], refs: &str, fleet: bool) -> String {
    let (image, digest) = first(destination, built, refs);
    let mut out = format!("LAMBDA_IMG_IMAGE={image}\nLAMBDA_IMG_DIGEST={digest}\n");
    if fleet {
        for (name, built) in built {
            let lines = destination.refs(built);
            out += &format!("{}={}\n", variable(name), lines.lines().next().unwrap_or_default());
        }
    }
    out
}

/// The variable of a function.
fn variable(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("LAMBDA_IMG_IMAGE_{}", name.chars().map(letter).collect::<String>())
}

/// The first image that was published and its own digest, also where others failed before it; where nothing is
/// written, the digest that the first would have.
fn first<'r>(destination: Destination, built: &[(&str, &Built)], refs: &'r str) -> (&'r str, String) {
    if let Some((line, (_, digest))) = refs.lines().find_map(|line| Some((line, line.rsplit_once('@')?))) {
        return (line, digest.to_owned());
    }
    let would_be = built
        .first()
        .and_then(|(_, built)| built.images.first())
        .filter(|_| destination == Destination::Nowhere);
    ("", would_be.map(|one| one.image.digest.to_string()).unwrap_or_default())
}

/// A table of sizes in Markdown.
fn summary(built: &[(&str, &Built)]) -> String {
    let mut out = "### Images\n\n| function | architecture | compressed | new layers | digest |\n\
                   |---|---|---:|---:|---|\n"
        .to_owned();
    for (name, built) in built {
        for one in &built.images {
            let size = |layers: &[lambda_img::image::Layer]| {
                ui::bytes(layers.iter().map(|layer| layer.descriptor.size).sum())
            };
            let layers = &one.image.layers;
            let (all, new) = (size(layers), size(&layers[one.base_layers..]));
            let name = ui::clean(name).replace('|', "\\|");
            out += &format!("| {name} | {} | {all} | {new} | `{}` |\n", one.arch, one.image.digest);
        }
    }
    out
}

/// The file that a variable of the pipeline names.
fn named(variable: &str) -> Result<PathBuf, CliError> {
    env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from).ok_or_else(|| {
        let hint = "GitHub Actions sets it; elsewhere use `--image-refs` or `--metadata-file`";
        CliError::usage(&format!("`--ci github`, and {variable} is not set"), hint)
    })
}

/// Adds to the file that a variable of the pipeline names.
fn append(variable: &str, text: &str) -> Result<(), CliError> {
    let path = named(variable)?;
    let write = || File::options().append(true).create(true).open(&path)?.write_all(text.as_bytes());
    write().map_err(|error| CliError::File(FileError::of("write", path.as_path())(error)))
}
