//! Runtimes that AWS no longer supports.

use lambda_img::runtime::RuntimeProfile;

use super::clock;

/// The warning for a build of a runtime that AWS no longer supports.
pub fn warning(profile: &RuntimeProfile) -> Option<String> {
    let today = clock::today();
    let past = profile.is_past(today).then(|| format!("runtime {} is {}", profile.id, profile.status(today)));
    past.map(|text| format!("{text}; Lambda still runs its images, but AWS no longer patches it"))
}
