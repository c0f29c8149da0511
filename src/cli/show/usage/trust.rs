//! Files that other users could have written.

use super::usage;
use crate::cli::show::error::CliError;

/// What a file decides, and so what another user could do by writing it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Decides {
    /// Settings, which name commands to run.
    Settings,
    /// The lock file, which names the bases.
    Bases,
    /// Certificates, which decide which registries are genuine.
    Certificates,
}

/// How to make a file trusted. Each path is quoted as a shell takes it.
pub enum Remedy {
    /// Others can write to `path`, which is yours. Trusting `dir` is the other way.
    TakeTheRight { path: String, dir: String },
    /// The file is in a directory where all users can add files.
    Remove { path: String },
    /// The file or its directory belongs to another user. Trusting `dir` is the other way.
    Move { dir: String },
}

/// `lambda-img.toml`, the lock file, or a file that they name could have been written by another user.
pub fn not_trusted(path: &str, why: &str, decides: Decides, remedy: &Remedy) -> CliError {
    let risk = match decides {
        Decides::Settings => "its author could run commands as you",
        Decides::Bases => "its author could choose the bases that you build on",
        Decides::Certificates => "its author could choose which registries you trust",
    };
    let remedy = match remedy {
        Remedy::TakeTheRight { path, dir } => format!(
            "remove the permission with `chmod go-w {path}`, or trust the directory with \
             LAMBDA_IMG_SAFE_DIRECTORY={dir}"
        ),
        Remedy::Remove { path } if decides == Decides::Settings => {
            format!("write your own file here with `lambda-img init`, or ask its owner to remove {path}")
        }
        Remedy::Remove { path } => {
            format!("ask its owner to remove {path}, or work in another directory")
        }
        Remedy::Move { dir } => format!(
            "work in a directory that only you can write to, or trust this one with LAMBDA_IMG_SAFE_DIRECTORY={dir}"
        ),
    };
    usage(format!("`{path}` is not trusted: {why}"), format!("{risk}: {remedy}"))
}
