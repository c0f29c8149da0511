//! Where the images of a build go, and how the build runs: nothing here changes a byte of an image.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use crate::attest::{Builder, Kind};
use crate::examine::CheckOptions;
use crate::publish::Output;
use crate::reference::Reference;
use crate::sign::Signer;

/// Where the images go; the default is nowhere.
#[derive(Clone, Debug, Default)]
pub struct Destinations {
    /// Files and directories of the host.
    pub outputs: Vec<Output>,
    /// Names in registries: `registry/repository:tag`. With several architectures, `-ARCH` is appended to the tag.
    pub push: Vec<Reference>,
}

/// How a build runs.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// The checks of the images before anything is published: a denied finding fails the build. `None`
    /// publishes without checks. By default, everything is checked, for the runtime of the
    /// [`BuildSpec`](super::BuildSpec).
    pub check: Option<CheckOptions>,
    /// The directory for new layers that only go to registries; by default, the system's for temporary files.
    pub temp_dir: PathBuf,
    /// When the build was started, in nanoseconds since 1970. What is learned about a file that changed at about
    /// that time or later is not remembered, because its times alone cannot tell it from what it becomes next. With
    /// 0, the default, nothing new is remembered about files.
    pub started_at: i64,
    /// Whether to leave the layer cache alone. Base images are still cached.
    pub no_cache: bool,
    /// Whether the new layers can be read as long as the result lives, also in a `dry_run`.
    pub keep_layers: bool,
    /// Whether to compute only the digests, and to write and push nothing.
    pub dry_run: bool,
    /// Files that the caller itself writes. They are left out of the function, as the outputs are.
    pub written: Vec<PathBuf>,
    /// Variables that the commands of steps get besides those that a step declares: where tools, their caches and the
    /// network are. By default none, and so no `PATH`.
    pub step_env: BTreeMap<OsString, OsString>,
    /// The names of steps that run even if what they make is remembered.
    pub refresh: Vec<String>,
    /// Evidence to attach to each image that is pushed, in this order.
    pub attest: Vec<Kind>,
    /// What signs the evidence.
    pub signer: Option<Arc<dyn Signer>>,
    /// Where the build runs, for its provenance.
    pub builder: Builder,
    /// Whether to run every step, and to report the files of its directory that it opens and does not declare.
    pub audit_steps: bool,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            check: Some(CheckOptions::default()),
            temp_dir: env::temp_dir(),
            started_at: 0,
            no_cache: false,
            keep_layers: false,
            dry_run: false,
            written: Vec::new(),
            step_env: BTreeMap::new(),
            refresh: Vec::new(),
            attest: Vec::new(),
            signer: None,
            builder: Builder::default(),
            audit_steps: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_everything_is_checked_and_the_current_directory_is_left_alone() {
        let BuildOptions { check, temp_dir, started_at, no_cache, keep_layers, dry_run, written, .. } =
            BuildOptions::default();
        let Some(CheckOptions { runtime: None, deep: false, ask_base: false, policy, .. }) = check else {
            panic!("nothing is checked");
        };
        assert_eq!(policy.names(), Default::default());
        assert!(temp_dir.is_absolute() && temp_dir.is_dir(), "{}", temp_dir.display());
        assert!(!no_cache && !keep_layers && !dry_run && written.is_empty() && started_at == 0);
        let Destinations { outputs, push } = Destinations::default();
        assert!(outputs.is_empty() && push.is_empty());
    }
}
