//! `Report`: turns faults into findings, each accepted or denied, in a fixed order.

use std::num::NonZeroUsize;

use super::all::{CHECKS, find};
use super::definition::{Check, Level};
use super::expectations::Expectations;
use super::fault::Fault;
use super::image_view::ImageView;
use super::policy::Policy;
use super::subject::Subject;
use crate::work::parallel;

/// Entries of a layer from which on a second thread is worth starting.
const WORTH_THREADS: usize = 1000;

/// The checks of a large image are divided between two threads: more are not faster.
const THREADS_MAX: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// A fault, and what it is worth.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static Check,
    /// The level: the check's, or what the user made of it.
    pub level: Level,
    /// Whether the user accepts it: it is told, and stops nothing.
    pub allowed: bool,
    /// The fault.
    pub fault: Fault,
}

/// Everything that was found, the worst first; within a level in the order of the checks.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Runs every check, two at the same time where the image is large and there may be as many threads as `jobs`.
    pub fn of(view: &ImageView, expectations: &Expectations, policy: &Policy, jobs: NonZeroUsize) -> Self {
        let subject = Subject::new(view, expectations);
        let large = view.surveys().any(|(_, survey)| survey.entries.len() > WORTH_THREADS);
        let jobs = if large { jobs.min(THREADS_MAX) } else { NonZeroUsize::MIN };
        let found = parallel(jobs, CHECKS, |check| {
            let mut faults = (check.run)(&subject);
            faults.sort_by(|a, b| a.location.cmp(&b.location));
            faults
        });
        let mut findings = Vec::new();
        for (check, faults) in CHECKS.iter().copied().zip(found) {
            let (level, allowed) = (policy.level(check), policy.allows(check));
            findings.extend(faults.into_iter().map(|fault| Finding { check, level, allowed, fault }));
        }
        findings.sort_by_key(|finding| (finding.allowed, std::cmp::Reverse(finding.level)));
        Self { findings }
    }

    /// As bytes, to be kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let kept: Vec<_> =
            self.findings.iter().map(|one| (one.check.id, one.level, one.allowed, &one.fault)).collect();
        // Only types that cannot be written fail, and a buffer that ends.
        postcard::to_stdvec(&kept).unwrap_or_default()
    }

    /// The report that these bytes are, if the same code wrote them.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let kept: Vec<(&str, Level, bool, Fault)> = postcard::from_bytes(bytes).ok()?;
        let finding = |(id, level, allowed, fault)| Some(Finding { check: find(id)?, level, allowed, fault });
        Some(Self { findings: kept.into_iter().map(finding).collect::<Option<_>>()? })
    }

    /// Findings that stop a publication.
    pub fn denied(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.allowed && finding.level == Level::Deny)
    }

    /// Findings that stop nothing and were not accepted either.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.allowed && finding.level == Level::Warn)
    }

    /// Findings that the user accepts.
    pub fn allowed(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.allowed)
    }
}
