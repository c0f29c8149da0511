//! Where images go: to registries, to local outputs, or nowhere.

use lambda_img::build::Built;

use crate::cli::options::build::Build;
use crate::cli::show::pushed;

/// Where what a command builds goes to, all of it together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// Something is pushed: then what is pushed is what the command publishes, and what is written here besides is for
    /// people. Who deploys what is listed deploys no directory.
    Push,
    /// Everything is written here.
    Here,
    /// Nothing is written at all.
    Nowhere,
}

impl Destination {
    /// Of builds.
    pub fn of<'b>(builds: impl IntoIterator<Item = &'b Build>) -> Self {
        builds.into_iter().fold(Destination::Here, |so_far, build| {
            match (so_far, build.output.dry_run, build.output.push) {
                (_, true, _) | (Destination::Nowhere, ..) => Destination::Nowhere,
                (_, _, true) => Destination::Push,
                (so_far, ..) => so_far,
            }
        })
    }

    /// The references of what was published, a line each.
    pub fn refs(self, built: &Built) -> String {
        match self {
            Destination::Push => pushed::lines(built.pushed.iter().map(|(_, one)| one)),
            Destination::Here => here(built).map(|one| format!("{one}\n")).collect(),
            Destination::Nowhere => String::new(),
        }
    }

    /// The lines of stdout: the same, or what there would be to refer to; of several functions with their names.
    pub fn lines(self, name: Option<&str>, built: &Built) -> String {
        let name = name.map(|name| format!("{name}@")).unwrap_or_default();
        match self {
            Destination::Nowhere => {
                built.images.iter().map(|one| format!("{name}{}\n", one.image.digest)).collect()
            }
            _ => self.refs(built),
        }
    }
}

/// The local outputs of a build, each with its digest.
pub fn here(built: &Built) -> impl Iterator<Item = String> {
    built.published.iter().map(|one| format!("{}@{}", one.target, one.digest))
}
