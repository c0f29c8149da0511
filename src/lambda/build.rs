//! `Build`: the builder of one build, with a method for each choice.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::error::Error;
use crate::arch::Arch;
use crate::build::{self, Add, BuildOptions, BuildSpec, Built, Destinations, Split};
use crate::check::Policy;
use crate::context::Context;
use crate::epoch::Epoch;
use crate::progress::Meter;
use crate::reference::Reference;
use crate::registry_cache::Repositories;
use crate::source::pins::Pins;
use crate::tree::ImagePath;
use crate::work::Run;

/// The builder of a build: set the choices, then run it. [`Lambda::build`](super::Lambda::build) makes one.
///
/// You must set the runtime. Everything else has a default: the architecture `x86_64`, the base and the handler of
/// the runtime, all checks. Without [`push`](Build::push) and [`output`](Build::output) the image is made, checked and
/// not kept.
///
/// ```no_run
/// use lambda_img::Lambda;
/// use lambda_img::arch::Arch;
///
/// let lambda = Lambda::from_env()?;
/// let built = lambda
///     .build("fn")
///     .runtime("python3.13")
///     .arch(Arch::Arm64)
///     .handler("app.handler")
///     .env("LOG_LEVEL", "info")
///     .output("oci:out:v1")
///     .run()?;
/// println!("{}", built.images[0].image.digest);
/// # Ok::<(), lambda_img::Error>(())
/// ```
#[must_use = "a build does nothing before it is run"]
pub struct Build<'a> {
    spec: BuildSpec,
    options: BuildOptions,
    base: Option<String>,
    lock_file: Option<PathBuf>,
    adds: Vec<(PathBuf, String)>,
    allowed: Vec<String>,
    outputs: Vec<String>,
    push: Vec<String>,
    registry_cache: Repositories,
    run: Run<'a>,
    context: &'a Context,
}

impl<'a> Build<'a> {
    pub(super) fn new(path: PathBuf, epoch: Epoch, run: Run<'a>, context: &'a Context) -> Self {
        Self {
            spec: BuildSpec { path, epoch, ..BuildSpec::default() },
            options: BuildOptions { started_at: now(), ..BuildOptions::default() },
            base: None,
            lock_file: None,
            adds: Vec::new(),
            allowed: Vec::new(),
            outputs: Vec::new(),
            push: Vec::new(),
            registry_cache: Repositories::default(),
            run,
            context,
        }
    }

    /// Lambda's identifier of the runtime, such as `python3.13`.
    pub fn runtime(mut self, id: impl Into<String>) -> Self {
        self.spec.runtime = id.into();
        self
    }

    /// What to build for; repeatable, one image each. `x86_64` by default, as in Lambda.
    pub fn arch(mut self, arch: Arch) -> Self {
        if !self.spec.architectures.contains(&arch) {
            self.spec.architectures.push(arch);
        }
        self
    }

    /// The handler, such as `app.handler`; by default the usual one of the language.
    pub fn handler(mut self, handler: impl Into<String>) -> Self {
        self.spec.handler = Some(handler.into());
        self
    }

    /// The base: `embedded`, `scratch`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME]` or a
    /// reference of a registry; by default the runtime's own image.
    pub fn base(mut self, base: impl Into<String>) -> Self {
        self.base = Some(base.into());
        self
    }

    /// Uses the pins of this lock file for bases in registries.
    pub fn lock_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.lock_file = Some(file.into());
        self
    }

    /// Fails if the base is in a registry and not pinned, by the lock file or by a digest.
    pub fn locked(mut self) -> Self {
        self.spec.locked = true;
        self
    }

    /// A file to start as the custom runtime.
    pub fn bootstrap(mut self, file: impl Into<PathBuf>) -> Self {
        self.spec.bootstrap = Some(file.into());
        self
    }

    /// A Lambda layer for `/opt`, a zip or a directory; repeatable. Files of later layers replace those of earlier
    /// ones.
    pub fn lambda_layer(mut self, path: impl Into<PathBuf>) -> Self {
        self.spec.lambda_layers.push(path.into());
        self
    }

    /// An executable for `/opt/extensions`; repeatable.
    pub fn extension(mut self, file: impl Into<PathBuf>) -> Self {
        self.spec.extensions.push(file.into());
        self
    }

    /// A file or directory of the host, to be put at an absolute path of the image; repeatable. A `/` at the end of
    /// `to` puts a file below it, under its own name.
    pub fn add(mut self, from: impl Into<PathBuf>, to: impl Into<String>) -> Self {
        self.adds.push((from.into(), to.into()));
        self
    }

    /// Leaves out matching files of the function, with the syntax of `.dockerignore`; repeatable.
    pub fn exclude(mut self, pattern: impl Into<String>) -> Self {
        self.spec.excludes.push(pattern.into());
        self
    }

    /// A variable of the image's environment; repeatable.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.spec.env.insert(name.into(), value.into());
        self
    }

    /// A label of the image; repeatable.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.spec.labels.insert(name.into(), value.into());
        self
    }

    /// An annotation of the manifest; repeatable.
    pub fn annotation(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.spec.annotations.insert(name.into(), value.into());
        self
    }

    /// The entry point, instead of the base's.
    pub fn entrypoint<W: Into<String>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.spec.entrypoint = Some(words.into_iter().map(Into::into).collect());
        self
    }

    /// The command, instead of the handler.
    pub fn cmd<W: Into<String>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.spec.cmd = Some(words.into_iter().map(Into::into).collect());
        self
    }

    /// The working directory, instead of the base's.
    pub fn workdir(mut self, dir: impl Into<String>) -> Self {
        self.spec.workdir = Some(dir.into());
        self
    }

    /// Puts the function into one layer, instead of dependencies below code.
    pub fn one_layer(mut self) -> Self {
        self.spec.split = Split::None;
        self
    }

    /// The time that the image carries.
    pub fn epoch(mut self, epoch: Epoch) -> Self {
        self.spec.epoch = epoch;
        self
    }

    /// Accepts the findings of this check; repeatable.
    pub fn allow(mut self, check: impl Into<String>) -> Self {
        self.allowed.push(check.into());
        self
    }

    /// Publishes the image without checks.
    pub fn unchecked(mut self) -> Self {
        self.options.check = None;
        self
    }

    /// Writes the image to this output: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]` or
    /// `docker-archive:FILE[:NAME:TAG]`; repeatable.
    pub fn output(mut self, output: impl Into<String>) -> Self {
        self.outputs.push(output.into());
        self
    }

    /// Pushes the image to this target: `REGISTRY/REPOSITORY[:TAG]`; repeatable. With several architectures, `-ARCH`
    /// is appended to the tag.
    pub fn push(mut self, target: impl Into<String>) -> Self {
        self.push.push(target.into());
        self
    }

    /// Takes layers that other machines made from repositories of registries, and writes new ones there. The writers of
    /// the repositories decide what the image holds.
    pub fn registry_cache(mut self, repositories: Repositories) -> Self {
        self.registry_cache = repositories;
        self
    }

    /// Computes only the digests; writes and pushes nothing.
    pub fn dry_run(mut self) -> Self {
        self.options.dry_run = true;
        self
    }

    /// Does not read or write the layer cache.
    pub fn no_cache(mut self) -> Self {
        self.options.no_cache = true;
        self
    }

    /// Counts bytes and seconds while it runs.
    pub fn meter(mut self, meter: &'a Meter) -> Self {
        self.run.meter = meter;
        self
    }

    /// Changes a field of the spec or the options that has no method here.
    pub fn configure(mut self, change: impl FnOnce(&mut BuildSpec, &mut BuildOptions)) -> Self {
        change(&mut self.spec, &mut self.options);
        self
    }

    /// Builds, checks and publishes the images.
    ///
    /// # Errors
    /// [`Error::Build`]. For invalid names, before anything is done: [`Error::Image`], [`Error::Target`],
    /// [`Error::Output`], [`Error::Path`], [`Error::Check`] or [`Error::Lock`].
    pub fn run(self) -> Result<Built, Error> {
        let Self { mut spec, mut options, base, lock_file, adds, allowed, outputs, push, run, .. } = self;
        let context = self.context.clone().with_registry_cache(self.registry_cache, options.started_at);
        if let Some(base) = base {
            spec.base = Some(base.parse()?);
        }
        if let Some(file) = lock_file {
            spec.pins = Pins::read(&file)?;
        }
        if spec.architectures.is_empty() {
            spec.architectures.push(Arch::X86_64);
        }
        for (from, to) in adds {
            spec.adds.push(Add { from, to: ImagePath::absolute(&to)?, into: to.ends_with('/') });
        }
        if let Some(check) = &mut options.check {
            // Those of `configure` stay.
            let (allow, deny) = check.policy.names();
            check.policy = Policy::new([allow, &allowed].concat(), deny.to_vec())?;
        }
        let destinations = Destinations {
            outputs: outputs.iter().map(|output| output.parse()).collect::<Result<_, _>>()?,
            push: push.iter().map(|target| Reference::target(target)).collect::<Result<_, _>>()?,
        };
        Ok(build::build(&spec, &destinations, &options, run, &context)?)
    }
}

/// Nanoseconds since 1970, by the host's clock: what changes from now on is not remembered. No byte of an image depends
/// on it.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
