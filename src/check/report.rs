//! From faults to findings: what is accepted, what is denied, in a fixed order.

use std::num::NonZeroUsize;

use super::{CHECKS, Check, Expectations, Fault, ImageView, Level, Subject};
use crate::work::parallel;

/// Entries of a layer from which on a second thread is worth starting.
const WORTH_THREADS: usize = 1000;

/// The checks of a large image are divided between two threads: more are not faster.
const THREADS_MAX: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// What the user decides about checks.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    allow: Vec<String>,
    deny: Vec<String>,
}

/// A name that no check has.
#[derive(Debug, thiserror::Error)]
#[error("there is no check `{id}`{}", nearest.map(|nearest| format!("; the nearest is `{nearest}`")).unwrap_or_default())]
pub struct UnknownCheck {
    /// What was asked for.
    pub id: String,
    /// The check whose name is most like it.
    pub nearest: Option<&'static str>,
}

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

impl Accepted {
    /// Accepts what the checks `allow` find, and denies what the checks `deny` do.
    ///
    /// # Errors
    /// [`UnknownCheck`].
    pub fn new(allow: Vec<String>, deny: Vec<String>) -> Result<Self, UnknownCheck> {
        allow.iter().chain(&deny).try_for_each(|id| known(id).map(drop))?;
        Ok(Self { allow, deny })
    }

    /// The names of the checks whose findings are accepted, and of those whose findings are denied.
    pub fn names(&self) -> (&[String], &[String]) {
        let Self { allow, deny } = self;
        (allow, deny)
    }

    fn finding(&self, check: &'static Check, fault: Fault) -> Finding {
        let has = |list: &[String]| list.iter().any(|id| id == check.id);
        let level = if has(&self.deny) { Level::Deny } else { check.level };
        Finding { check, level, allowed: has(&self.allow), fault }
    }
}

/// The check of that name.
///
/// # Errors
/// [`UnknownCheck`] with the nearest name.
pub fn known(id: &str) -> Result<&'static Check, UnknownCheck> {
    super::find(id).ok_or_else(|| {
        let lower = id.to_ascii_lowercase();
        let likeness = |check: &&Check| strsim::jaro_winkler(&lower, check.id);
        let nearest = CHECKS.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let nearest = nearest.filter(|check| likeness(check) >= 0.8).map(|check| check.id);
        UnknownCheck { id: id.to_owned(), nearest }
    })
}

impl Report {
    /// Runs every check, two at the same time where the image is large and there may be as many threads as `jobs`.
    pub fn of(seen: &ImageView, wishes: &Expectations, accepted: &Accepted, jobs: NonZeroUsize) -> Self {
        let subject = Subject::new(seen, wishes);
        let large = seen.surveys().any(|(_, survey)| survey.entries.len() > WORTH_THREADS);
        let jobs = if large { jobs.min(THREADS_MAX) } else { NonZeroUsize::MIN };
        let found = parallel(jobs, CHECKS, |check| {
            let mut faults = (check.run)(&subject);
            faults.sort_by(|a, b| a.place.cmp(&b.place));
            faults
        });
        let mut findings = Vec::new();
        for (check, faults) in CHECKS.iter().zip(found) {
            findings.extend(faults.into_iter().map(|fault| accepted.finding(check, fault)));
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
        let finding =
            |(id, level, allowed, fault)| Some(Finding { check: super::find(id)?, level, allowed, fault });
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
