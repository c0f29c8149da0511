//! Completes the registry options of every command but `build`, from the environment and `[registries]` of the file.

use super::environment;
use super::nearest::Settings;
use crate::cli::options::registries::Network;
use crate::cli::show::error::CliError;

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
