//! Which images go to which functions: from the words of the command line and the settings.

use clap::ArgMatches;
use lambda_img::arch::Arch;
use lambda_img::check::Policy;
use lambda_img::credentials::ecr::EcrHost;
use lambda_img::deploy::Target;
use lambda_img::reference::{Reference, names_registry};
use lambda_img::source::ImageRef;

use super::args::Deploy;
use crate::cli::settings::deployment::Deployment;
use crate::cli::settings::{Settings, select, sources};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// An image, and the function that gets it.
pub struct Wanted {
    /// What it is called in messages.
    pub name: String,
    /// The image as it is named, and where.
    pub image: Reference,
    /// The account and the Region of its repository.
    pub registry: EcrHost,
    /// The architectures that it was built for, of which the tag has one if there are several.
    pub archs: Vec<Arch>,
    /// The function.
    pub target: Target,
    /// The alias that moves.
    pub alias: Option<String>,
    /// Whether a version is published.
    pub publish: bool,
    /// Whether the image gets the tag that says that the alias uses it.
    pub tag_in_use: bool,
    /// Which findings are accepted.
    pub policy: Policy,
}

/// All that the command line means, in its order.
pub fn all(args: &Deploy, given: &ArgMatches) -> Result<Vec<Wanted>, CliError> {
    let settings = Settings::find()?;
    let is_image = |word: &String| !settings.has(word) && names_registry(word);
    if args.what.iter().any(is_image) {
        return match &args.what[..] {
            [word] => Ok(vec![image(word, args)?]),
            _ => Err(usage::deploy::several_with_image()),
        };
    }
    let functions = match args.all {
        true => select::all(given, &settings)?,
        false => select::meant(args.what.iter().map(Into::into).collect(), given, &settings)?,
    };
    let mut all = Vec::new();
    for function in &functions {
        all.extend(of_settings(function.shown(), function.deployment()?)?);
    }
    Ok(all)
}

/// An image that is named itself.
fn image(word: &str, args: &Deploy) -> Result<Wanted, CliError> {
    let image = match sources::image(word).map_err(|why| usage::settings::not_a_source(&why))? {
        ImageRef::Registry(image) => image,
        other => return Err(usage::deploy::not_ecr(other)),
    };
    let registry = EcrHost::parse(image.registry()).ok_or_else(|| usage::deploy::not_ecr(&image))?;
    let function =
        args.target.function.as_ref().ok_or_else(|| usage::deploy::image_without_function(&image))?;
    let target = Target::of(function, &registry).map_err(usage::deploy::bad_function)?;
    if target.host.region != registry.region {
        return Err(usage::deploy::other_region(function, &target.host.region));
    }
    let (alias, publish) = (args.target.alias.clone(), args.target.publish);
    let policy = Policy::new(args.checks.allow.clone(), Vec::new()).map_err(CliError::Check)?;
    Ok(Wanted {
        name: target.function.clone(),
        image,
        registry,
        archs: Vec::new(),
        target,
        alias,
        publish,
        tag_in_use: args.target.tag_in_use,
        policy,
    })
}

/// A function of the settings, once for each account and Region in which its image has a tag.
fn of_settings(name: String, set: Deployment) -> Result<Vec<Wanted>, CliError> {
    let mut found: Vec<Wanted> = Vec::new();
    let mut elsewhere = None;
    let policy = Policy::new(set.allow.clone(), Vec::new()).map_err(CliError::Check)?;
    for image in &set.tags {
        let Some(registry) = EcrHost::parse(image.registry()) else { continue };
        let target = Target::of(&set.function, &registry).map_err(usage::deploy::bad_function)?;
        if target.host.region != registry.region {
            elsewhere = Some(target);
            continue;
        }
        if found.iter().all(|one| one.target != target) {
            let (name, image, archs) = (name.clone(), image.clone(), set.archs.clone());
            let (alias, publish) = (set.alias.clone(), set.publish);
            let policy = policy.clone();
            let tag_in_use = set.tag_in_use;
            found.push(Wanted { name, image, registry, archs, target, alias, publish, tag_in_use, policy });
        }
    }
    match (found.is_empty(), elsewhere) {
        (true, Some(target)) => Err(usage::deploy::other_region(&set.function, &target.host.region)),
        (true, None) => Err(usage::deploy::no_repository(&name)),
        // Where there are several, the Region is a part of the name.
        (false, _) if found.len() > 1 => {
            found.iter_mut().for_each(|one| one.name = format!("{} in {}", one.name, one.target.host.region));
            Ok(found)
        }
        (false, _) => Ok(found),
    }
}
