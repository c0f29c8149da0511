//! Runs the `pre-build` commands of functions, each once.

use super::results::Ended;
use super::select::Chosen;
use crate::cli::settings::Function;
use crate::cli::show::error::CliError;

/// Runs what makes the functions that have not ended, each command once in its directory; those whose command failed
/// have ended then.
pub fn run(all: &[Chosen], ended: &mut [Ended], quiet: bool, fail_fast: bool) {
    let mut ran: Vec<(&Function, bool)> = Vec::new();
    for (Chosen { function, .. }, at) in all.iter().zip(0..) {
        let same = |other: &Function| other.pre_build == function.pre_build && other.dir == function.dir;
        if fail_fast && ended.iter().any(Option::is_some) {
            break;
        }
        if ended[at].is_some() {
            continue;
        }
        match ran.iter().find(|(other, _)| same(other)) {
            Some((_, true)) => {}
            Some((other, false)) => {
                ended[at] =
                    Some(Err(CliError::PreBuiltBy { function: other.name.clone().unwrap_or_default() }));
            }
            None => {
                let done = function.pre_build.run(&function.dir, quiet);
                ran.push((function, done.is_ok()));
                if let Err(failure) = done {
                    ended[at] = Some(Err(failure));
                }
            }
        }
    }
}
