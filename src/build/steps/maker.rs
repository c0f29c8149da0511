//! `StepMaker`: makes the steps of one function, or finds what was made of them before.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blob::StepBlob;
use super::made::{MadeStep, StepLayer, StepRuns};
use super::other_machines::Others;
use super::packing::Packing;
use super::wanted::{Wanted, expanded};
use crate::build::cpu_slots::CpuSlots;
use crate::build::earlier_builds::EarlierBuilds;
use crate::build::early_push::EarlyPush;
use crate::build::error::BuildError;
use crate::build::options::{BuildOptions, Destinations};
use crate::build::push::Permit;
use crate::build::spec::BuildSpec;
use crate::key::KeyHasher;
use crate::pack::Packed;
use crate::progress::Phase;
use crate::runtime::{Family, RuntimeProfile};
use crate::source::SourceEnv;
use crate::step::{
    self, Audit, Cause, CommandError, Declared, Execution, Expanded, LastTime, Step, StepError, StepRecord,
};
use crate::store::cache::{RecordKind, Workplace};
use crate::store::layer_cache;
use crate::work::lock;

/// Makes the steps of one function.
pub struct StepMaker<'a> {
    /// What is built.
    pub spec: &'a BuildSpec,
    /// Where it goes.
    pub destinations: &'a Destinations,
    /// How it is built.
    pub options: &'a BuildOptions,
    /// Its runtime.
    pub profile: &'a RuntimeProfile,
    /// Where layers are made.
    pub at: &'a SourceEnv<'a>,
    /// What earlier builds made.
    pub earlier: &'a EarlierBuilds,
    /// What this process made.
    pub runs: &'a StepRuns,
    /// What may compute at once.
    pub cpu: &'a CpuSlots,
    /// Where new layers are sent at once.
    pub early: &'a EarlyPush<'a>,
    /// Paths that the build itself writes.
    pub written: &'a [PathBuf],
    /// Asked before the first command runs.
    pub permit: &'a Permit<'a>,
}

impl StepMaker<'_> {
    /// Makes all steps, in order. What all of them read is looked at before the first one runs.
    ///
    /// # Errors
    /// [`BuildError::Step`], and those of packing.
    pub fn make(&self) -> Result<Vec<StepLayer>, BuildError> {
        self.wanted()?.iter().map(|one| self.one(one)).collect()
    }

    /// All steps, with what is declared of them.
    pub(super) fn wanted(&self) -> Result<Vec<Wanted<'_>>, BuildError> {
        let mut wanted = Vec::new();
        for step in &self.spec.steps {
            for (arch, expanded) in expanded(step, self.spec, self.profile)? {
                let declared = self.declare(step, &expanded)?;
                wanted.push(Wanted { step, arch, expanded, declared });
            }
        }
        Ok(wanted)
    }

    fn declare(&self, step: &Step, expanded: &Expanded) -> Result<Declared, BuildError> {
        let for_image = (self.profile.id.as_str(), self.spec.epoch);
        let said = |command: &str| self.said(step, command);
        let known = (&**self.earlier.facts(), self.written);
        let run = self.at.run;
        let declare = || Ok::<_, StepError>((step::declare(step, expanded, for_image, known, &said)?, 0));
        run.check()?;
        let declared = run.meter.time(Phase::Walk, declare);
        // An interrupt ends a command that says a version, too.
        run.check()?;
        Ok(declared?)
    }

    /// What a command prints that says a version; asked once.
    fn said(&self, step: &Step, command: &str) -> Result<Vec<u8>, StepError> {
        let mut hasher = KeyHasher::default();
        hasher.field(command.as_bytes());
        hasher.field(step.dir.as_os_str().as_encoded_bytes());
        for (name, value) in &step.env {
            hasher.field(name.as_bytes());
            hasher.field(value.as_encoded_bytes());
        }
        self.runs.said.get(hasher.finish(), || {
            let env = self.env(step);
            let failed = |error: CommandError| StepError::starting(&step.name, command, error);
            let (status, printed, output) =
                step::capture(command, self.execution(step, &env)).map_err(failed)?;
            match status.success() {
                true => Ok(printed),
                false => Err(StepError::failed(&step.name, command, status, output)),
            }
        })
    }

    fn env(&self, step: &Step) -> BTreeMap<OsString, OsString> {
        let declared = step.env.iter().map(|(name, value)| (name.into(), value.clone()));
        self.options.step_env.clone().into_iter().chain(declared).collect()
    }

    fn execution<'e>(&'e self, step: &'e Step, env: &'e BTreeMap<OsString, OsString>) -> Execution<'e> {
        Execution { dir: step.dir(), env, interrupted: self.at.run.interrupted }
    }

    /// Makes a step, or finds what another function or an earlier build made of the same.
    pub(super) fn one(&self, wanted: &Wanted<'_>) -> Result<StepLayer, BuildError> {
        let ahead = lock(&self.runs.ahead).remove(&wanted.declared.key());
        let ran_ahead = ahead.is_some();
        if let Some(error) = ahead.flatten() {
            return Err(error);
        }
        let mut ran = None;
        let made = self.runs.made.get(wanted.declared.key(), || {
            let made = self.find_or_run(wanted)?;
            ran = made.cause.clone();
            Ok::<_, BuildError>(Arc::new(made))
        })?;
        let ran = ran.or_else(|| made.cause.clone().filter(|_| ran_ahead));
        Ok(StepLayer::of(&wanted.step.name, wanted.arch, made, ran, self.others().name(wanted)))
    }

    fn find_or_run(&self, wanted: &Wanted<'_>) -> Result<MadeStep, BuildError> {
        let (forced, others) = (self.forced(wanted.step), self.others());
        let found = || if forced.is_none() { self.remembered(wanted) } else { None };
        let before = self.before(wanted);
        let claimed = others.to_compare(wanted)?;
        let taken = || if forced.is_none() && claimed.is_empty() { others.take(wanted) } else { None };
        if let Some(made) = found().or_else(taken) {
            let now = LastTime { declared: wanted.declared.clone(), is_taken: made.is_taken() };
            if before.as_ref() != Some(&now) {
                self.note(wanted, now);
            }
            // What this machine made before is compared as it is.
            others.compare(wanted, &made, &claimed)?;
            return Ok(made);
        }
        let (run, label) = (self.at.run, &wanted.step.label());
        let progress = &self.at.context.progress;
        let (cache, temporary) = (&self.at.context.cache, &self.options.temp_dir);
        let place = cache.workplace(wanted.place(), temporary, run, || progress.step_waits(label))??;
        // Another process may have made it by now.
        if let Some(made) = found() {
            others.compare(wanted, &made, &claimed)?;
            return Ok(made);
        }
        let compared = (!claimed.is_empty()).then_some(Cause::Compared);
        let cause = forced.or(compared).unwrap_or_else(|| wanted.declared.cause(before.as_ref()));
        self.permit.ask()?;
        progress.step_begins(label, &cause.to_string());
        let ended = self.runs.commands.one(run, |_| self.run(wanted, &place));
        let output = match &ended {
            Err(BuildError::Step(error)) => match &**error {
                StepError::Failed { output, .. } => Some(output.as_str()),
                _ => None,
            },
            _ => None,
        };
        progress.step_ends(label, output);
        let undeclared = ended?;
        let Self { options, at, earlier, cpu, early, .. } = *self;
        let packing = Packing { options, family: self.profile.family, at, earlier, cpu, early };
        let made = packing.pack(wanted, &place)?.ran(cause, undeclared);
        self.note(wanted, LastTime { declared: wanted.declared.clone(), is_taken: false });
        others.compare(wanted, &made, &claimed)?;
        others.offer(wanted, &made);
        Ok(made)
    }

    /// Why a step runs whatever is remembered.
    pub(super) fn forced(&self, step: &Step) -> Option<Cause> {
        let asked = self.options.audit_steps || self.options.refresh.contains(&step.name);
        match self.earlier.kept() {
            None => Some(Cause::NoCache),
            Some(_) => asked.then_some(Cause::Asked),
        }
    }

    /// What an earlier build made of the same, where all of it is still there.
    pub(super) fn remembered(&self, wanted: &Wanted<'_>) -> Option<MadeStep> {
        let cache = &self.earlier.kept()?.cache;
        let record = StepRecord::from_bytes(&cache.memo(RecordKind::Step, wanted.declared.key())?)?;
        let Some(packed) = record.packed else { return Some(MadeStep::of(&wanted.step.name, record, None)) };
        let whole = match self.reads(packed) {
            true => cache.open(packed.digest, packed.size).ok()?.is_some(),
            false => cache.has(packed.digest, packed.size),
        };
        if !whole {
            return None;
        }
        cache.mark_blob_used(packed.digest);
        self.at.run.meter.spared(packed.tar_size, packed.size);
        let source = Arc::new(StepBlob { cache: cache.clone(), packed });
        Some(MadeStep::of(&wanted.step.name, record, Some(source)))
    }

    /// What other machines make, and get.
    pub(super) fn others(&self) -> Others<'_> {
        Others { options: self.options, at: self.at, earlier: self.earlier }
    }

    /// Whether the build reads the bytes of a layer: only then it is worth looking whether they are right.
    fn reads(&self, packed: Packed) -> bool {
        let descriptor = layer_cache::descriptor(packed);
        let inside = !matches!(self.profile.family, Family::Python | Family::Nodejs | Family::Ruby);
        let lacks = || self.destinations.outputs.iter().any(|output| output.lacks(&descriptor));
        inside || !self.options.dry_run && (!self.destinations.push.is_empty() || lacks())
    }

    /// Notes what is declared now, and who made the step.
    fn note(&self, wanted: &Wanted<'_>, now: LastTime) {
        if let Some((kept, now)) = self.earlier.kept().zip(now.to_bytes()) {
            kept.cache.keep_memo(RecordKind::Declared, wanted.identity(), &now);
        }
    }

    /// The step when it was built last.
    fn before(&self, wanted: &Wanted<'_>) -> Option<LastTime> {
        let cache = &self.earlier.kept()?.cache;
        LastTime::from_bytes(&cache.memo(RecordKind::Declared, wanted.identity())?)
    }

    /// Runs the command of a step to its end, and tells what it opened and does not declare where that is asked for.
    fn run(&self, wanted: &Wanted<'_>, place: &Workplace) -> Result<Option<BTreeSet<PathBuf>>, BuildError> {
        let Wanted { step, expanded, .. } = wanted;
        if !self.options.audit_steps {
            return self.command(wanted, place).map(|()| None);
        }
        let failed = |source| StepError::Audit { step: step.name.clone(), source };
        let dir = step.real_dir();
        let declared = step::inputs(step, expanded, self.written)?;
        let written: Vec<_> = self.written.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
        let audit = Audit::of(&dir, &written).map_err(failed)?;
        let (ran, opened) = audit.during(|| self.command(wanted, place)).map_err(failed)?;
        ran?;
        let undeclared = opened.difference(&declared).filter_map(|path| path.strip_prefix(&dir).ok());
        Ok(Some(undeclared.map(Path::to_owned).collect()))
    }

    fn command(&self, wanted: &Wanted<'_>, place: &Workplace) -> Result<(), BuildError> {
        let Wanted { step, expanded, .. } = wanted;
        let (env, progress, label) = (self.env(step), &self.at.context.progress, step.label());
        let script = expanded.script(&place.path().to_string_lossy());
        let mut hear = |line: &str| progress.step_says(&label, line);
        match step::run(&script, self.execution(step, &env), place.hold(), &mut hear) {
            Ok((status, _)) if status.success() => Ok(()),
            Ok((status, output)) => Err(StepError::failed(&step.name, &expanded.run, status, output).into()),
            Err(CommandError::Interrupted(interrupted)) => Err(interrupted.into()),
            Err(error) => Err(StepError::starting(&step.name, &expanded.run, error).into()),
        }
    }
}
