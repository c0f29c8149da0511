//! `lambda-img init`: writes a lambda-img.toml for the functions in a directory.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use lambda_img::store::FileError;
use tempfile::Builder;

use crate::cli::init;
use crate::cli::init::draft::{self, Draft};
use crate::cli::settings::keys::Keys;
use crate::cli::settings::{FILE_NAME, schema};
use crate::cli::show::error::CliError;
use crate::cli::show::json::values::Version;
use crate::cli::show::{json, stdout, ui};

#[derive(clap::Args)]
#[group(skip)]
pub struct Init {
    /// Search this directory for functions, and write lambda-img.toml into it
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Print one JSON object (docs/schemas/init.json) instead of the path of the file
    #[arg(long)]
    pub json: bool,

    /// Print only errors
    #[arg(short, long)]
    pub quiet: bool,
}

pub fn run(args: &Init) -> Result<(), CliError> {
    let path = args.dir.join(FILE_NAME);
    let there = || {
        let error = format!("`{}` is there already", path.display());
        CliError::usage(&error, "edit it, or move it away first: nothing is overwritten")
    };
    if path.symlink_metadata().is_ok() {
        return Err(there());
    }
    let full =
        fs::canonicalize(&args.dir).map_err(FileError::of("read", &args.dir)).map_err(CliError::File)?;
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut warnings = Vec::new();
    let functions = init::functions(&args.dir, &draft::name_of(&name), &mut warnings);
    if !args.quiet {
        warnings.iter().for_each(|warning| status!("warning: {warning}"));
    }
    if functions.is_empty() {
        let error = format!("nothing in `{}` tells what function it is", args.dir.display());
        let hint = "init knows requirements.txt, pyproject.toml, package.json, go.mod, Cargo.toml, pom.xml, build.gradle, \
                    *.csproj, Gemfile, template.yaml, serverless.yml, and files with a handler of the usual name";
        return Err(CliError::usage(&error, hint));
    }
    let text = init::text::settings(&functions);
    let schema_path = args.dir.join(init::text::SCHEMA);
    // The schema of an older version is replaced by hand, if at all.
    if schema_path.symlink_metadata().is_err() {
        write(&schema_path, &format!("{:#}\n", schema::schema(&Keys::default())))?;
    }
    match write(&path, &text) {
        Err(CliError::File(error)) if error.source.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(there());
        }
        done => done?,
    }
    if !args.quiet {
        for function in &functions {
            status!("function {}: {}, from {}", function.name, function.runtime, function.found);
            function.notes.iter().for_each(|note| status!("  to do: {note}"));
        }
        let name = if let [_] = &functions[..] { String::new() } else { format!(" {}", functions[0].name) };
        status!("next: `lambda-img build{name}`");
    }
    let file = path.display().to_string();
    if args.json {
        let functions = functions.iter().map(function).collect();
        return stdout::print_json(&json::init::Init { version: Version, file: &file, functions });
    }
    stdout::print(&format!("{}\n", ui::clean(&file)))
}

/// What was found out of a function; the file has the rest.
fn function(draft: &Draft) -> json::init::Function<'_> {
    let Draft { name, runtime, found, notes, .. } = draft;
    json::init::Function { name, runtime, found, to_do: notes }
}

/// A new file, whole or not at all, that replaces none.
fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let file =
        |verb: &'static str| move |source| CliError::File(FileError { verb, path: path.to_owned(), source });
    let mut builder = Builder::new();
    builder.prefix(".lambda-img-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut temporary = builder.tempfile_in(lambda_img::store::parent(path)).map_err(file("write"))?;
    temporary.write_all(text.as_bytes()).map_err(file("write"))?;
    temporary.persist_noclobber(path).map_err(|error| file("write")(error.error))?;
    Ok(())
}
