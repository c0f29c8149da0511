//! Completes the registry options of every command but `build`, from the environment and `[registries]` of the file.

use super::environment;
use super::nearest::Settings;
use super::precedence::Values;
use crate::cli::options::base_repository::BaseRepository;
use crate::cli::options::registries::Network;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// Completes what the command line says: by the variables, where it says nothing, and by `[registries]` of the file.
pub fn complete(net: &mut Network) -> Result<(), CliError> {
    let settings = Settings::find()?;
    let set = environment::reaching(&settings.keys)?;
    if net.reach.insecure.is_empty() {
        net.reach.insecure = set.reach.insecure;
    }
    if net.mirrors.is_empty() {
        net.mirrors = set.mirrors;
    }
    if net.reach.ca_certs.is_empty() {
        net.reach.ca_certs = set.reach.ca_certs;
    }
    net.offline |= set.offline;
    settings.file.iter().for_each(|file| file.registries.extend(net));
    Ok(())
}

/// Completes the repository of copies: by its variable, otherwise by `[defaults]` of the file.
pub fn complete_copies(copies: &mut BaseRepository) -> Result<(), CliError> {
    if copies.base_repository.is_some() {
        return Ok(());
    }
    let Settings { keys, file } = Settings::find()?;
    let mut all = file.map(|file| file.defaults).unwrap_or_default();
    all.cover(&environment::environment(&keys)?, &keys);
    let mut values = Values::default();
    if let Some((key, value)) = keys.get("base-repository").zip(all.remove("base-repository")) {
        values.set(key, value);
    }
    let build = keys.parse(values.words(&keys)).map_err(usage::settings::environment_refused)?;
    *copies = build.image.base_copies;
    Ok(())
}
