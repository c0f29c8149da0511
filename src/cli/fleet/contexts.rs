//! `Contexts`: the registries and caches that functions of one command share.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use lambda_img::build::{CpuSlots, FleetCache};
use lambda_img::context::Context;
use lambda_img::registry_cache::{Exchanged, RegistryCache};

use crate::cli::options::base_repository::BaseRepository;
use crate::cli::options::build::{Build, ImageOptions, OutputOptions};
use crate::cli::options::registries::Network;
use crate::cli::options::registry_cache::RegistryCacheOptions;
use crate::cli::show::clock;
use crate::cli::show::error::CliError;

/// Functions that reach registries the same way.
pub struct Contexts {
    /// Each with whether its functions remember nothing.
    contexts: Vec<(Context, bool)>,
    of: BTreeMap<usize, usize>,
}

impl Contexts {
    /// Of builds, by their number.
    pub fn new<'b>(
        builds: impl Iterator<Item = (usize, &'b Build)>,
        jobs: NonZeroUsize,
    ) -> Result<Self, CliError> {
        let mut sorted: Vec<Vec<(usize, &Build)>> = Vec::new();
        let mut known: HashMap<Sharing<'_>, usize> = HashMap::new();
        for (at, build) in builds {
            let number = *known.entry(Sharing::of(build)).or_insert_with(|| {
                sorted.push(Vec::new());
                sorted.len() - 1
            });
            sorted[number].push((at, build));
        }
        let (mut contexts, mut of) = (Vec::new(), BTreeMap::new());
        for (number, builds) in sorted.into_iter().enumerate() {
            let Some((_, first)) = builds.first() else { continue };
            let context = if first.output.push {
                let tags: Vec<_> = builds.iter().flat_map(|(_, build)| build.output.tags.clone()).collect();
                first.output.net.context_to(
                    jobs,
                    first.output.quiet,
                    &tags,
                    first.output.create_repository,
                )?
            } else {
                let read: Vec<_> =
                    builds.iter().map(|(_, build)| build.read_from()).collect::<Result<_, _>>()?;
                let hosts: Vec<_> = read.iter().flatten().map(|from| first.output.net.host(from)).collect();
                first.output.net.context(jobs, first.output.quiet, &hosts)?
            };
            of.extend(builds.iter().map(|(at, _)| (*at, number)));
            let context = first.image.base_copies.in_context(context);
            contexts.push((first.output.registry_cache.in_context(context), first.image.no_cache));
        }
        Ok(Self { contexts, of })
    }

    /// What all builds together took from registry caches and wrote there; none, where there is no such cache.
    pub fn exchanged(&self) -> Option<Exchanged> {
        let with = self.contexts.iter().filter(|(context, no_cache)| !no_cache && !context.offline);
        let mut caches = with.filter_map(|(context, _)| context.registry_cache.as_ref()).peekable();
        caches.peek()?;
        Some(caches.map(RegistryCache::exchanged).sum())
    }

    /// What the builds use of the network.
    pub fn all(&self) -> impl Iterator<Item = &Context> {
        self.contexts.iter().map(|(context, _)| context)
    }

    /// What a build uses of the network.
    pub fn of(&self, at: usize) -> &Context {
        &self.contexts[self.of[&at]].0
    }

    /// What a build shares, of what [`Contexts::caches`] made.
    pub fn cache<'c>(&self, at: usize, caches: &'c [FleetCache]) -> &'c FleetCache {
        &caches[self.of[&at]]
    }

    /// What builds share that began then, of the settings at `root`; all compute in the same slots.
    pub fn caches(&self, began: Timestamp, root: &Path, cpu: &Arc<CpuSlots>) -> Vec<FleetCache> {
        // No function has its path: their facts are not those of one of them built alone.
        let cache = |(context, no_cache): &(Context, bool)| {
            FleetCache::new(root.to_owned(), clock::nanoseconds(began), *no_cache, context, Arc::clone(cpu))
        };
        self.contexts.iter().map(cache).collect()
    }
}

/// How a function reaches registries and the cache: functions of which this is the same share what they learn. All
/// options of the network count, those included that are still to come.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Sharing<'b> {
    net: &'b Network,
    registry_cache: &'b RegistryCacheOptions,
    base_copies: &'b BaseRepository,
    push: bool,
    create_repository: bool,
    no_cache: bool,
    dry_run: bool,
}

impl<'b> Sharing<'b> {
    fn of(build: &'b Build) -> Self {
        let OutputOptions { net, registry_cache, push, create_repository, dry_run, .. } = &build.output;
        let [push, create_repository, dry_run] = [push, create_repository, dry_run].map(|flag| *flag);
        let ImageOptions { base_copies, no_cache, .. } = &build.image;
        let no_cache = *no_cache;
        Self { net, registry_cache, base_copies, push, create_repository, no_cache, dry_run }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::*;

    fn network(words: &[&str]) -> Network {
        let command = Network::augment_args(Command::new("net").no_binary_name(true));
        Network::from_arg_matches(&command.try_get_matches_from(words).unwrap()).unwrap()
    }

    fn sharing(net: &Network) -> Sharing<'_> {
        static NONE: RegistryCacheOptions =
            RegistryCacheOptions { read: Vec::new(), write: None, verify: None };
        static OWN: BaseRepository = BaseRepository { base_repository: None };
        let (registry_cache, base_copies) = (&NONE, &OWN);
        Sharing {
            net,
            registry_cache,
            base_copies,
            push: false,
            create_repository: false,
            no_cache: false,
            dry_run: false,
        }
    }

    #[test]
    fn functions_that_differ_in_one_option_of_the_network_share_nothing() {
        let plain = network(&[]);
        assert!(sharing(&plain) == sharing(&network(&[])));
        let command = Network::augment_args(Command::new("net"));
        for arg in command.get_arguments().filter_map(|arg| arg.get_long()) {
            let option = format!("--{arg}");
            let words = match arg {
                "registry-mirror" => vec![&*option, "a.example=b.example"],
                "insecure-registry" => vec![&*option, "a.example"],
                "ca-cert" | "cache-dir" => vec![&*option, "a"],
                "retries" | "timeout" => vec![&*option, "7"],
                "username" => vec![&*option, "me", "--password-stdin"],
                "password-stdin" => continue,
                "offline" => vec![&*option],
                other => panic!("`--{other}` needs a value here"),
            };
            assert!(sharing(&plain) != sharing(&network(&words)), "{option}");
        }
    }
}
