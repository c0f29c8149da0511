//! Functions that share what they learn of registries.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use lambda_img::context::Context;
use lambda_img::pipeline::{Gate, Shared};

use super::args::Build;
use super::cmd_build;
use super::failure::Failure;
use super::net::Reach;

/// Functions that reach registries the same way, and what they share.
pub struct Groups {
    groups: Vec<(String, Context, Shared)>,
    of: BTreeMap<usize, usize>,
}

impl Groups {
    /// Of builds, by their number, of the settings at `root`; all compute at one `gate`.
    pub fn new<'b>(
        builds: impl Iterator<Item = (usize, &'b Build)>,
        jobs: NonZeroUsize,
        gate: &Arc<Gate>,
        began: Timestamp,
        root: &Path,
    ) -> Result<Self, Failure> {
        let mut sorted: BTreeMap<String, Vec<(usize, &Build)>> = BTreeMap::new();
        for (at, build) in builds {
            sorted.entry(build.reaches()).or_default().push((at, build));
        }
        let (mut groups, mut of) = (Vec::new(), BTreeMap::new());
        for (number, (key, builds)) in sorted.into_iter().enumerate() {
            let Some((_, first)) = builds.first() else { continue };
            let context = if first.push {
                let tags: Vec<_> = builds.iter().flat_map(|(_, build)| build.tags.clone()).collect();
                first.net.context_to(jobs.get(), first.quiet, &tags, first.create_repository)?
            } else {
                let bases: Vec<_> =
                    builds.iter().map(|(_, build)| build.remote_bases()).collect::<Result<_, _>>()?;
                let hosts: Vec<_> = bases.iter().flatten().map(|base| first.net.host(base)).collect();
                first.net.context(jobs.get(), first.quiet, &hosts)?
            };
            // No function has its path: their facts are not those of one of them built alone.
            let (root, began) = (root.to_owned(), cmd_build::nanoseconds(began));
            let shared = Shared::of_fleet(root, began, first.no_cache, &context, Arc::clone(gate));
            of.extend(builds.iter().map(|(at, _)| (*at, number)));
            groups.push((key, context, shared));
        }
        Ok(Self { groups, of })
    }

    /// What a build uses, and shares.
    pub fn of(&self, at: usize) -> (&Context, &Shared) {
        let (_, context, shared) = &self.groups[self.of[&at]];
        (context, shared)
    }

    /// Keeps what was found out.
    pub fn keep(&self) {
        self.groups.iter().for_each(|(.., shared)| shared.keep());
    }
}

impl Build {
    /// How it reaches registries and the cache: functions of which this is the same share what they learn.
    fn reaches(&self) -> String {
        let net = &self.net;
        let Reach { insecure, ca_certs, retries, timeout, anonymous } = &net.reach;
        let registries = (&net.mirrors, insecure, ca_certs, retries, timeout, net.offline);
        let logins = (&net.username, &net.cache.dir, &net.logins, anonymous);
        format!(
            "{registries:?} {logins:?} {:?}",
            (self.push, self.create_repository, self.no_cache, self.dry_run)
        )
    }
}
