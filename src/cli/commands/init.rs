//! `lambda-img init`: writes a lambda-img.toml for the functions in a directory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use lambda_img::store::FileError;
use tempfile::Builder;

use crate::cli::init;
use crate::cli::init::draft::{self, Draft};
use crate::cli::init::trial::{self, Trial};
use crate::cli::settings::keys::Keys;
use crate::cli::settings::{FILE_NAME, schema};
use crate::cli::show::error::CliError;
use crate::cli::show::json::values::Version;
use crate::cli::show::usage;
use crate::cli::show::{json, stdout, ui};

/// What keeps made files out of a repository.
const IGNORE: &str = ".gitignore";

#[derive(clap::Args)]
#[group(skip)]
pub struct Init {
    /// Search this directory for functions, and write lambda-img.toml into it
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// Print one JSON object (docs/schemas/init.json) instead of the path of the file
    #[arg(long)]
    pub json: bool,

    /// Build each function at once, without an output, and print what is missing
    #[arg(long)]
    pub check: bool,

    /// Print only errors
    #[arg(short, long)]
    pub quiet: bool,
}

pub fn run(args: &Init) -> Result<(), CliError> {
    let path = args.dir.join(FILE_NAME);
    if path.symlink_metadata().is_ok() {
        return Err(is_there(&path));
    }
    let full =
        fs::canonicalize(&args.dir).map_err(FileError::of("read", &args.dir)).map_err(CliError::File)?;
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut warnings = Vec::new();
    let functions = init::functions(&args.dir, &draft::name_of(&name), &mut warnings)
        .map_err(|refused| usage::commands::init_refused(&refused.error, &refused.hint))?;
    if !args.quiet {
        warnings.iter().for_each(|warning| status!("warning: {warning}"));
    }
    if functions.is_empty() {
        return Err(usage::commands::init_found_nothing(args.dir.display()));
    }
    let written = write_all(args, &path, &functions)?;
    if !args.quiet {
        tell(&functions, &written);
    }
    if args.check {
        try_all(args, &functions)?;
    }
    let file = path.display().to_string();
    if args.json {
        let functions = functions.iter().map(function).collect();
        return stdout::print_json(&json::init::Init { version: Version, file: &file, functions });
    }
    stdout::print(&format!("{}\n", ui::clean(&file)))
}

/// Writes the settings, and what belongs to them; the names of the files that are new or longer.
fn write_all(args: &Init, path: &Path, functions: &[Draft]) -> Result<Vec<&'static str>, CliError> {
    let mut written = vec![FILE_NAME];
    // The schema of an older version is replaced by hand, if at all.
    let schema = (init::text::SCHEMA, || format!("{:#}\n", schema::schema(&Keys::default())));
    if args.dir.join(schema.0).symlink_metadata().is_err() {
        write(&args.dir.join(schema.0), &schema.1())?;
        written.push(schema.0);
    }
    let further: BTreeMap<_, _> = functions.iter().flat_map(|function| &function.files).copied().collect();
    for (name, text) in further {
        if args.dir.join(name).symlink_metadata().is_err() {
            write(&args.dir.join(name), text)?;
            written.push(name);
        }
    }
    match write(path, &init::text::settings(functions)) {
        Err(CliError::File(error)) if error.source.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(is_there(path));
        }
        done => done?,
    }
    if ignore(&args.dir.join(IGNORE), functions)? {
        written.push(IGNORE);
    }
    Ok(written)
}

/// Adds what builds leave to `.gitignore`; whether there was anything to add. A link is left alone.
fn ignore(path: &Path, functions: &[Draft]) -> Result<bool, CliError> {
    let there = path.symlink_metadata().ok();
    if there.as_ref().is_some_and(|metadata| !metadata.is_file()) {
        return Ok(false);
    }
    let text = match &there {
        Some(_) => fs::read_to_string(path).map_err(FileError::of("read", path)).map_err(CliError::File)?,
        None => String::new(),
    };
    let leaves: Vec<String> = functions.iter().flat_map(|function| function.leaves.clone()).collect();
    let lines = init::gitignore::lines(&text, &leaves);
    if there.is_none() {
        write(path, &lines)?;
    } else if !lines.is_empty() {
        let mut file = File::options()
            .append(true)
            .open(path)
            .map_err(FileError::of("write", path))
            .map_err(CliError::File)?;
        file.write_all(lines.as_bytes()).map_err(FileError::of("write", path)).map_err(CliError::File)?;
    }
    Ok(!lines.is_empty())
}

/// What was found, what was written and what is next.
fn tell(functions: &[Draft], written: &[&str]) {
    for function in functions {
        let handler =
            function.handler.as_ref().map(|handler| format!(", handler {handler}")).unwrap_or_default();
        status!("function {}: {}{handler}, from {}", function.name, function.runtime, function.found);
        let steps: Vec<&str> = function.steps.iter().map(|step| step.name).collect();
        if !steps.is_empty() {
            status!("  steps: {}", steps.join(", "));
        }
        function.notes.iter().for_each(|note| status!("  to do: {note}"));
    }
    status!("wrote {}", written.join(", "));
    let name = if let [_] = functions { String::new() } else { format!(" {}", functions[0].name) };
    // Functions run on Linux alone.
    let invoke = if cfg!(target_os = "linux") {
        format!(", or `lambda-img invoke{name}` to try it here")
    } else {
        String::new()
    };
    status!("next: `lambda-img build{name}`{invoke}");
}

/// Builds all at once and tells how it went.
fn try_all(args: &Init, functions: &[Draft]) -> Result<(), CliError> {
    let mut failed = Vec::new();
    for function in functions {
        match trial::run(&args.dir, function)? {
            Trial::Builds => status!("{}: builds", function.name),
            Trial::WithoutBase(said) => {
                status!("{}: builds, but its base image cannot be had here:", function.name);
                said.lines().for_each(|line| status!("  {line}"));
            }
            Trial::Fails(said) => {
                status!("{}: does not build yet:", function.name);
                said.lines().for_each(|line| status!("  {line}"));
                failed.push(function.name.clone());
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let of = functions.len();
    Err(CliError::Fleet { failed, left: 0, of, code: 1, interrupted: false })
}

/// The error where there is a file already.
fn is_there(path: &Path) -> CliError {
    usage::commands::init_exists(path.display())
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
