//! Lambda's runtimes: one [`RuntimeProfile`] for each file of `base-manifests/`, embedded in the library. To add a
//! runtime, add its file there: `build.rs` finds it.
//!
//! A profile has the base image of a runtime, the expected configuration of that image, and the end of AWS's support.
//! This module reads no clock: callers ask for the status on a given day.

mod error;
mod profile;
mod read;
mod support;
pub mod verify;

pub use error::RuntimeError;
pub use profile::{BaseImage, Expected, Family, Os, RuntimeProfile};
pub use support::{Note, Phase, Status, Support};

/// Environment that every AWS base image sets, in its order (`aws-lambda-base-images`, every branch).
///
/// `TZ` does begin with a colon: POSIX leaves the meaning to the C library, glibc reads a file.
pub const AWS_ENV: [(&str, &str); 6] = [
    ("LANG", "en_US.UTF-8"),
    ("TZ", ":/etc/localtime"),
    ("PATH", "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
    (
        "LD_LIBRARY_PATH",
        "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    ),
    ("LAMBDA_TASK_ROOT", "/var/task"),
    ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
];

/// Identifier and text of every file, by identifier; made by `build.rs`.
static FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/base_manifests.rs"));

/// Identifier and text of every file of `base-manifests/`, by identifier.
pub(crate) fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied()
}

/// The identifiers of all runtimes, in byte order.
pub fn ids() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(id, _)| *id)
}

/// The profile of the runtime that AWS calls `id`, such as `python3.12`. Parses that file only.
///
/// # Errors
/// [`RuntimeError::Unknown`] for another name; [`RuntimeError::Manifest`] where the embedded file is
/// malformed, which the tests of this crate exclude.
pub fn profile(id: &str) -> Result<RuntimeProfile, RuntimeError> {
    let found = FILES.binary_search_by_key(&id, |(id, _)| id).ok().and_then(|at| FILES.get(at));
    let (id, text) =
        found.ok_or_else(|| RuntimeError::Unknown { id: id.to_owned(), nearest: nearest(id) })?;
    parse(id, text)
}

/// All profiles in the order of the AWS table: by [`Family`], the newest operating system first,
/// the newest version first.
///
/// # Errors
/// [`RuntimeError::Manifest`] as [`profile()`].
pub fn all() -> Result<Vec<RuntimeProfile>, RuntimeError> {
    let mut profiles = FILES.iter().map(|(id, text)| parse(id, text)).collect::<Result<Vec<_>, _>>()?;
    profiles.sort_by(|a, b| {
        let newest = || (b.os, numbers(&b.id)).cmp(&(a.os, numbers(&a.id)));
        a.family.cmp(&b.family).then_with(newest)
    });
    Ok(profiles)
}

fn parse(id: &str, text: &str) -> Result<RuntimeProfile, RuntimeError> {
    toml::from_str(text).map_err(|source| RuntimeError::Manifest { id: id.to_owned(), source })
}

/// The numbers in an identifier, by which versions are ordered: `python3.12` is after `python3.9`.
fn numbers(id: &str) -> Vec<u32> {
    id.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

/// At most three identifiers that look like `id`: the likeliest first, the newer of two equals first. What AWS does
/// not patch, or not promise, has to be likelier.
fn nearest(id: &str) -> Vec<&'static str> {
    let id = id.to_ascii_lowercase();
    let near = |(known, text): &(&'static str, &str)| {
        let likeness = strsim::jaro_winkler(&id, known);
        // Lower, and `rust` would be answered with `ruby`.
        let support = (likeness >= 0.8).then(|| parse(known, text)).and_then(Result::ok)?.support;
        let less = match support.status(support.as_of).phase {
            Phase::Supported { .. } => 0.0,
            // Its very version is what was meant.
            Phase::Deprecated { .. } if numbers(&id) == numbers(known) => 0.0,
            Phase::Deprecated { .. } => 0.05,
            Phase::Preview => 0.1,
        };
        Some((likeness - less, *known))
    };
    let mut near: Vec<_> = FILES.iter().filter_map(near).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| numbers(b.1).cmp(&numbers(a.1))));
    near.into_iter().map(|(_, known)| known).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_offered_before_what_aws_has_dropped_or_previews() {
        for id in ["python", "nodejs", "java", "dotnet", "ruby", "python3.15x"] {
            let first = profile(nearest(id).first().unwrap()).unwrap();
            let phase = first.status(first.support.as_of).phase;
            assert!(matches!(phase, Phase::Supported { .. }), "{id}: {}", first.id);
        }
        assert!(nearest("python38").contains(&"python3.8"));
        assert_eq!(nearest("rust"), [""; 0]);
    }
}
