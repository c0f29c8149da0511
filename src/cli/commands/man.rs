//! `lambda-img man`: the manual pages. The options come from the definitions of the command line; exit codes, variables
//! and files are the same on every page.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man as Page;
use lambda_img::store::FileError;

use super::examples;
use crate::cli::show::error::CliError;

#[derive(clap::Args)]
#[group(skip)]
pub struct Man {
    /// Write lambda-img.1 and a page for each command into this directory
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

/// A section of definitions: its title, and terms with what they mean.
type Section = (&'static str, &'static [(&'static str, &'static str)]);

const STATUS: Section = (
    "EXIT STATUS",
    &[
        ("0", "Done."),
        ("1", "The command failed: a file, a registry or a credential is missing or wrong."),
        ("2", "The command line or the settings are invalid."),
        ("3", "A check denied the image. Nothing was published."),
        ("70", "An internal error of lambda-img. Please report it."),
        ("130", "Interrupted."),
    ],
);

const ENVIRONMENT: Section = (
    "ENVIRONMENT",
    &[
        (
            "LAMBDA_IMG_…",
            "Each option of lambda-img build, by its name in capitals, with _ for -, such as LAMBDA_IMG_REGISTRY_MIRROR. \
             The command line overrides the variables, and the variables override lambda-img.toml.",
        ),
        ("LAMBDA_IMG_CACHE", "The directory of the cache."),
        ("LAMBDA_IMG_PROFILE", "The profile of lambda-img.toml, if --profile is not given."),
        (
            "LAMBDA_IMG_SAFE_DIRECTORY",
            "Directories whose lambda-img.toml and lambda-img.lock are trusted although other users own them or can \
             write to them, with everything below: one in a line, * for all.",
        ),
        (
            "SOURCE_DATE_EPOCH",
            "Seconds since 1970: the time of the image and of every file in it. Without it, both are 1980-01-01.",
        ),
        ("NO_COLOR, CLICOLOR_FORCE, TERM", "Whether the output is coloured, if --color is not given."),
        (
            "AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_ROLE_ARN, …",
            "The credentials for Amazon ECR, as for the AWS CLI.",
        ),
        (
            "DOCKER_CONFIG, REGISTRY_AUTH_FILE",
            "The files with the logins of lambda-img login, docker login and podman login.",
        ),
        ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "The proxies for registries."),
        (
            "XDG_CACHE_HOME, HOME, TMPDIR",
            "The directories of the cache, of your files and of temporary files.",
        ),
    ],
);

const FILES: Section = (
    "FILES",
    &[
        (
            "lambda-img.toml",
            "The settings of your functions. The nearest file upward from the current directory is read.",
        ),
        ("lambda-img.lock", "The pinned base images, found the same way. Commit this file."),
        (
            ".lambdaignore",
            "The files of a function's directory that are left out of the image, with the syntax of .dockerignore.",
        ),
        ("~/.cache/lambda-img", "The cache. You can delete it at any time, even during a build."),
        ("~/.docker/config.json, containers/auth.json", "Logins to registries."),
    ],
);

/// Writes the pages of `command`, and of all below it.
pub fn run(args: &Man, command: Command) -> Result<(), CliError> {
    let file = |verb| move |source| CliError::File(FileError { verb, path: args.dir.clone(), source });
    fs::create_dir_all(&args.dir).map_err(file("create directory"))?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    write("", &command, &args.dir).map_err(file("write to"))
}

/// The page of a command, and of those below it.
fn write(words: &str, command: &Command, dir: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write(format!("{words} {}", below.get_name()).trim(), below, dir)?;
    }
    // clap leaves out of a manual page what `-h` leaves out.
    let page = Page::new(command.clone().mut_args(|arg| arg.hide_short_help(false)));
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    let mut text = String::from_utf8_lossy(&text).into_owned();
    text += &shown(examples::of(words));
    [STATUS, ENVIRONMENT, FILES].iter().for_each(|section| text += &defined(section));
    if !words.is_empty() {
        text += ".SH \"SEE ALSO\"\n.BR lambda\\-img (1)\n";
    }
    fs::write(dir.join(page.get_filename()), text)
}

fn shown(examples: &[(&str, &str)]) -> String {
    if examples.is_empty() {
        return String::new();
    }
    let one = |(what, line): &(&str, &str)| {
        format!(".PP\n{}:\n.PP\n.RS 4\n.nf\n{}\n.fi\n.RE\n", roff(what), roff(line))
    };
    format!(".SH EXAMPLES\n{}", examples.iter().map(one).collect::<String>())
}

fn defined((title, terms): &Section) -> String {
    let one = |(term, meaning): &(&str, &str)| format!(".TP\n\\fB{}\\fR\n{}\n", roff(term), roff(meaning));
    format!(".SH \"{title}\"\n{}", terms.iter().map(one).collect::<String>())
}

/// Text in the language of manual pages, in which a line begins no request.
fn roff(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-").replace('…', "...");
    let line =
        |line: &str| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() };
    escaped.lines().map(line).collect::<Vec<_>>().join("\n")
}
