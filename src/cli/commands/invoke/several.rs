//! Several events at once in one environment, as on Lambda Managed Instances.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use lambda_img::invoke::{Function, Invocation, Listener, Outcome, SharedInstance};
use lambda_img::work::Run;

use super::arguments::Invoke;
use super::output::{Log, print};
use crate::cli::show::error::CliError;

/// How often it is looked whether the user still waits.
const LOOK: Duration = Duration::from_millis(50);

/// Gives the function the event as often as is wanted, at most `concurrency` times at once. Answers are printed as they
/// come; one that failed is given back, else the last.
pub fn answer(
    args: &Invoke,
    function: &Arc<Function>,
    concurrency: u16,
    event: &[u8],
    log: &Arc<Log>,
    run: Run<'_>,
) -> Result<Option<Outcome>, CliError> {
    let instance = SharedInstance::new(Arc::clone(function), Arc::clone(log) as Arc<dyn Listener>);
    let (begun, is_over) = (AtomicU32::new(0), AtomicBool::new(false));
    let last: Mutex<Result<Option<Outcome>, CliError>> = Mutex::new(Ok(None));
    let one = || -> Result<Outcome, CliError> {
        let mut pieces = Vec::new();
        let invocation = Invocation { payload: event.to_vec(), ..Invocation::default() };
        let outcome = instance.invoke(invocation, |piece| pieces.extend(piece))?;
        print(args, &outcome, &pieces, function.means())?;
        Ok(outcome)
    };
    let work = || {
        while begun.fetch_add(1, Ordering::Relaxed) < args.count {
            let ended = one();
            let Ok(mut last) = last.lock() else { return };
            match (&mut *last, ended) {
                (Err(_) | Ok(Some(Outcome { result: Err(_), .. })), _) => {}
                (last, ended) => *last = ended.map(Some),
            }
            if last.is_err() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..args.count.min(concurrency.into())).map(|_| scope.spawn(work)).collect();
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                if run.check().is_err() {
                    begun.store(args.count, Ordering::Relaxed);
                    instance.shut_down();
                    return;
                }
                thread::sleep(LOOK);
            }
        });
        workers.into_iter().for_each(|worker| drop(worker.join()));
        is_over.store(true, Ordering::Relaxed);
    });
    instance.shut_down();
    run.check().map_err(|interrupted| CliError::of_image(interrupted.into()))?;
    last.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())
}
