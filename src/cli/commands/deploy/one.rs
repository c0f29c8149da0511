//! The deployment of one function: what it is now, whether the image suits it, and the steps.

use std::sync::Mutex;
use std::time::Duration;

use lambda_img::arch::Arch;
use lambda_img::build::BuildError;
use lambda_img::check::Expectations;
use lambda_img::context::Context;
use lambda_img::deploy::{self, Api, DeployError, Deployed, FunctionState, Order, Plan, Shift, Step};
use lambda_img::epoch::Epoch;
use lambda_img::examine::{self, CheckOptions};
use lambda_img::reference::Reference;
use lambda_img::registry::RegistryError;
use lambda_img::source::{ImageName, ImageRef, SourceEnv, SourceError};
use lambda_img::store::Staging;
use lambda_img::verify::Policy;
use lambda_img::work::Run;

use super::wanted::Wanted;
use crate::cli::commands::verify;
use crate::cli::options::deployment::Trial;
use crate::cli::show::error::CliError;
use crate::cli::show::json::deploy as json;
use crate::cli::show::{clock, deployed, findings, verdict};

/// What all deployments of a command have in common.
pub struct Deploying<'a> {
    pub api: &'a Api<'a>,
    pub context: &'a Context,
    pub run: Run<'a>,
    pub checking: CheckOptions,
    /// What the image has to show.
    pub evidence: Option<Policy>,
    pub event: Option<Vec<u8>>,
    pub trial: &'a Trial,
    /// With which role functions that do not exist are created.
    pub role: Option<&'a str>,
    pub plan: bool,
    pub quiet: bool,
}

/// A deployment that did not fail: perhaps only its plan.
pub struct Done {
    /// The image with its digest.
    pub image: String,
    pub plan: Plan,
    pub deployed: Deployed,
    pub done: Vec<Step>,
    pub is_plan: bool,
}

/// A deployment that failed, and what it did before.
pub struct Failed {
    pub error: CliError,
    pub done: Vec<Step>,
    /// The version that the alias named before.
    before: Option<String>,
}

impl Failed {
    /// The alias, and the version that it still names.
    pub fn alias<'a>(&'a self, one: &'a Wanted) -> Option<(&'a str, &'a str)> {
        one.alias.as_deref().zip(self.before.as_deref())
    }
}

pub type Ended = Result<Box<Done>, Box<Failed>>;

impl Deploying<'_> {
    /// Deploys, or only plans.
    pub fn deploy(&self, one: &Wanted) -> Ended {
        let done = Mutex::new(Vec::new());
        let tell = |step: Step| {
            if !self.quiet {
                status!("{}: {step}", one.name);
            }
            if let Ok(mut done) = done.lock() {
                done.push(step);
            }
        };
        let mut before = None;
        let ended = self.steps(one, &mut before, &tell);
        let done = done.into_inner().unwrap_or_default();
        match ended {
            Ok((image, plan, deployed)) => {
                Ok(Box::new(Done { image, plan, deployed, done, is_plan: self.plan }))
            }
            Err(error) => Err(Box::new(Failed { error, done, before })),
        }
    }

    fn steps(
        &self,
        one: &Wanted,
        version: &mut Option<String>,
        tell: &dyn Fn(Step),
    ) -> Result<(String, Plan, Deployed), CliError> {
        let before = match deploy::look(self.api, &one.target) {
            Err(DeployError::Missing { .. }) if self.role.is_some() => {
                FunctionState::absent(self.arch_of(one)?.lambda())
            }
            found => found?,
        };
        let image = self.resolved(one, &before)?;
        let order = self.order(one, &image);
        let plan = deploy::plan(self.api, &order, before)?;
        *version = plan.alias.as_ref().map(|alias| alias.version.clone());
        self.judge(one, &image, &plan)?;
        if !self.quiet {
            status_block!("{}", deployed::notes(&one.name, &plan));
        }
        let deployed = match self.plan {
            true => {
                if let Some(error) = deploy::rehearse(self.api, &order, &plan)?
                    && !self.quiet
                {
                    status!("{}: whether Lambda takes the image is not known: {error}", one.name);
                }
                Deployed::default()
            }
            false => deploy::deploy(self.api, &order, &plan, tell)?,
        };
        Ok((order.image, plan, deployed))
    }

    /// The architecture of a function that is created: the first of the settings; else that of the image, and x86_64, the
    /// default of Lambda, where it is for both.
    fn arch_of(&self, one: &Wanted) -> Result<Arch, CliError> {
        if let Some(arch) = one.archs.first() {
            return Ok(*arch);
        }
        let registries = &self.context.registries;
        match registries.image(&one.image, Arch::X86_64) {
            Err(RegistryError::NoPlatform { .. }) => Ok(Arch::Arm64),
            found => found.map(|_| Arch::X86_64).map_err(|source| unread(&one.image, source)),
        }
    }

    /// The image with its digest: that for the function's architecture, where there are several.
    fn resolved(&self, one: &Wanted, function: &FunctionState) -> Result<Reference, CliError> {
        let arch = arch(function);
        let image = match one.image.tag() {
            Some(tag) if one.archs.len() > 1 => one.image.with_tag(&format!("{tag}-{arch}")),
            _ => Ok(one.image.clone()),
        };
        let image = image.unwrap_or_else(|_| one.image.clone());
        let registries = &self.context.registries;
        let found = registries.manifest(&image).and_then(|top| match top.is_index() {
            true => registries.image(&image, arch).map(|found| found.manifest),
            false => Ok(top),
        });
        let found = found.map_err(|source| unread(&image, source))?;
        Ok(image.with_digest(found.digest))
    }

    fn order(&self, one: &Wanted, image: &Reference) -> Order {
        let digest = image.digest().map(|digest| digest.to_string()).unwrap_or_default();
        let trial = self.trial;
        let shift = trial.canary.zip(trial.period).map(|(weight, period)| Shift {
            weight,
            period,
            alarms: trial.alarms.clone(),
        });
        Order {
            target: one.target.clone(),
            // What Lambda takes has no tag beside the digest.
            image: format!("{}/{}@{digest}", image.registry(), image.repository()),
            publish: one.publish,
            alias: one.alias.clone(),
            event: self.event.clone(),
            tag_in_use: one.tag_in_use,
            role: self.role.map(str::to_owned),
            shift,
            wait: Duration::from_secs(trial.wait.get()),
        }
    }

    /// Refuses an image that does not have the evidence that is asked for, and, where the function would change, one that
    /// it could not use.
    fn judge(&self, one: &Wanted, image: &Reference, plan: &Plan) -> Result<(), CliError> {
        let (function, changes) = (&plan.before, !plan.changes.is_empty());
        if changes {
            deploy::admissible(self.api, &one.registry, &one.target, image)?;
        }
        let staging = Staging::nowhere();
        let at =
            SourceEnv { staging: &staging, run: self.run, epoch: Epoch::default(), context: self.context };
        self.proven(one, image, arch(function), &at)?;
        if !changes {
            return Ok(());
        }
        let expectations = Expectations {
            arch: Some(arch(function)),
            region: Some(one.target.host.region.clone()),
            snapstart: function.snapstart,
            today: Some(clock::today()),
            ..Expectations::default()
        };
        let policy = one.policy.clone();
        let options = CheckOptions { expectations, policy, ..self.checking.clone() };
        let checked =
            examine::check(&ImageRef::Registry(image.clone()), &options, &at).map_err(CliError::of_image)?;
        if checked.report.denied().count() > 0 {
            return Err(CliError::Push(Box::new(BuildError::Denied(vec![checked]))));
        }
        if !self.quiet {
            status_block!("{}", findings::brief(&[checked]));
        }
        Ok(())
    }

    /// Refuses an image without the evidence that is asked for.
    fn proven(
        &self,
        one: &Wanted,
        image: &Reference,
        arch: Arch,
        at: &SourceEnv<'_>,
    ) -> Result<(), CliError> {
        let Some(policy) = &self.evidence else { return Ok(()) };
        let verdict = verify::held(image, Some(arch), policy, at)?;
        if !self.quiet {
            status_block!("{}", verdict::missing(&verdict));
        }
        verify::verified(&verdict)?;
        if !self.quiet {
            status!("{}: verified `{}`", one.name, verdict.image);
        }
        Ok(())
    }
}

fn unread(image: &Reference, source: RegistryError) -> CliError {
    let image = ImageName::image(ImageRef::Registry(image.clone()));
    CliError::of_image(SourceError::Registry { image, source }.into())
}

fn arch(function: &FunctionState) -> Arch {
    function.architecture.parse().unwrap_or_default()
}

/// The object of a function.
pub fn object<'a>(one: &'a Wanted, ended: Option<&'a Ended>) -> json::Function<'a> {
    let mut object = json::Function::new(&one.name, &one.target, one.alias.as_deref());
    match ended {
        None => {}
        Some(Ok(done)) => object.ended(&done.image, &done.plan, &done.deployed, &done.done, done.is_plan),
        Some(Err(failed)) => object.failed(failed.error.to_string(), &failed.done),
    }
    object
}

impl From<DeployError> for CliError {
    fn from(error: DeployError) -> Self {
        CliError::Deploy(Box::new(error))
    }
}
