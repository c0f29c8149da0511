//! What is written for those who come after: files, and what pipelines read.

use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use lambda_img::base::lock;
use lambda_img::pipeline::Built;
use lambda_img::publish::place;
use lambda_img::store::{FileError, replace};
use serde_json::Value;

use super::args::{Fleet, Pipeline};
use super::earlier::{self, Kind};
use super::failure::Failure;
use super::settings::FILE_NAME;
use super::{Outcome, pushes, ui};

/// Where a step of GitHub Actions puts its outputs, and what its page shows (GitHub: "Workflow commands").
const OUTPUT: &str = "GITHUB_OUTPUT";
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// What GitLab's `artifacts: reports: dotenv:` is to name.
const DOTENV: &str = "lambda-img.env";

/// What is wanted.
pub struct Handoff<'a> {
    image_refs: Option<&'a Path>,
    metadata_file: Option<&'a Path>,
    format: Option<Pipeline>,
}

/// The lines of stdout: repositories with digests, then local outputs with digests.
pub fn refs(built: &Built) -> String {
    let pushed = pushes::lines(built.pushed.iter().map(|(_, one)| one));
    let local = built.published.iter().map(|one| format!("{}@{}\n", one.target, one.digest));
    pushed + &local.collect::<String>()
}

impl<'a> Handoff<'a> {
    /// What the command line wants, and whether it can be had: nobody hears of that when the work is done.
    pub fn of(fleet: &'a Fleet) -> Result<Self, Failure> {
        if fleet.output_format == Some(Pipeline::Github) {
            [OUTPUT, SUMMARY].into_iter().try_for_each(|variable| named(variable).map(drop))?;
        }
        for (option, file) in [("--image-refs", &fleet.image_refs), ("--metadata-file", &fleet.metadata_file)]
        {
            if let Some(path) = file.as_ref().filter(|path| path.is_dir()) {
                let error = format!("`{option}` names `{}`, which is a directory", path.display());
                return Err(Failure::usage(&error, "name a file in it"));
            }
        }
        let (refs, metadata) = (fleet.image_refs.as_deref(), fleet.metadata_file.as_deref());
        if let (Some(refs), Some(metadata)) = (refs, metadata)
            && place(refs) == place(metadata)
        {
            let error = format!("`--image-refs` and `--metadata-file` both name `{}`", refs.display());
            return Err(Failure::usage(&error, "give each a file of its own"));
        }
        for path in [refs, metadata].into_iter().flatten() {
            if path.file_name().is_some_and(|name| name == FILE_NAME || name == lock::FILE_NAME) {
                let error = format!("`{}` would be overwritten by what was built", path.display());
                return Err(Failure::usage(&error, "name a file of its own"));
            }
        }
        refs.map(|path| earlier::check("--image-refs", path, Kind::References)).transpose()?;
        metadata.map(|path| earlier::check("--metadata-file", path, Kind::Metadata)).transpose()?;
        if fleet.output_format == Some(Pipeline::Gitlab) {
            earlier::check("--output-format gitlab", Path::new(DOTENV), Kind::Variables)?;
        }
        Ok(Self {
            image_refs: fleet.image_refs.as_deref(),
            metadata_file: fleet.metadata_file.as_deref(),
            format: fleet.output_format,
        })
    }

    /// Refuses functions whose variables would have one name: the last would be taken for the others.
    pub fn names<'n>(&self, functions: impl Iterator<Item = &'n str>) -> Outcome {
        let mut known = BTreeMap::new();
        for name in functions.filter(|_| self.format == Some(Pipeline::Gitlab)) {
            let variable = variable(name);
            if let Some(other) = known.insert(variable.clone(), name) {
                let error =
                    format!("functions `{other}` and `{name}` would both be `{variable}` in {DOTENV}");
                let hint = "give one another name, or use `--image-refs` or `--metadata-file`";
                return Err(Failure::usage(&error, hint));
            }
        }
        Ok(())
    }

    /// The files that are written.
    pub fn files(&self) -> Vec<PathBuf> {
        let of_pipeline = match self.format {
            Some(Pipeline::Gitlab) => vec![DOTENV.into()],
            Some(Pipeline::Github) => {
                [OUTPUT, SUMMARY].into_iter().filter_map(|one| named(one).ok()).collect()
            }
            None => Vec::new(),
        };
        let asked = self.image_refs.into_iter().chain(self.metadata_file).map(Path::to_owned);
        asked.chain(of_pipeline).collect()
    }

    /// Writes everything: of functions by name, their lines, and the object of `--json`.
    pub fn write(&self, built: &[(&str, &Built)], refs: &str, object: &Value) -> Outcome {
        let whole = |path: &Path, text: &str| replace(path, text.as_bytes()).map_err(Failure::File);
        self.image_refs.map(|path| whole(path, refs)).transpose()?;
        self.metadata_file.map(|path| whole(path, &format!("{object}\n"))).transpose()?;
        match self.format {
            None => Ok(()),
            Some(Pipeline::Gitlab) => {
                whole(Path::new(DOTENV), &dotenv(built, refs, object["functions"].is_array()))
            }
            Some(Pipeline::Github) => {
                append(OUTPUT, &outputs(built, refs))?;
                append(SUMMARY, &summary(built))
            }
        }
    }
}

/// `image`, `digest` and `images`: the first image, and the lines of all.
fn outputs(built: &[(&str, &Built)], refs: &str) -> String {
    let (image, digest) = first(built, refs);
    // Ends where no line of ours can: a reference has no space.
    format!("image={image}\ndigest={digest}\nimages<<end of images\n{refs}end of images\n")
}

/// The same as variables; of a fleet those of each function, too.
fn dotenv(built: &[(&str, &Built)], refs: &str, fleet: bool) -> String {
    let (image, digest) = first(built, refs);
    let mut out = format!("LAMBDA_IMG_IMAGE={image}\nLAMBDA_IMG_DIGEST={digest}\n");
    if fleet {
        for (name, built) in built {
            let lines = self::refs(built);
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

fn first<'r>(built: &[(&str, &Built)], refs: &'r str) -> (&'r str, String) {
    let digest = built.first().and_then(|(_, built)| built.images.first());
    let digest = digest.map(|one| one.image.digest.to_string()).unwrap_or_default();
    (refs.lines().next().unwrap_or_default(), digest)
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
fn named(variable: &str) -> Result<PathBuf, Failure> {
    env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from).ok_or_else(|| {
        let hint = "GitHub Actions sets it; elsewhere use `--image-refs` or `--metadata-file`";
        Failure::usage(&format!("`--output-format github`, and {variable} is not set"), hint)
    })
}

/// Adds to the file that a variable of the pipeline names.
fn append(variable: &str, text: &str) -> Outcome {
    let path = named(variable)?;
    let write = || File::options().append(true).create(true).open(&path)?.write_all(text.as_bytes());
    write().map_err(|error| Failure::File(FileError::of("write", path.as_path())(error)))
}
