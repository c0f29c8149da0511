//! `Pool`: the environments of one function. An event gets an idle one, else a new one, as far as the concurrency allows.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::invoke::environment::Listener;
use crate::invoke::error::InvokeError;
use crate::invoke::function::Function;
use crate::invoke::instance::{Instance, Invocation, Outcome};
use crate::work::lock;

/// The functions that are served.
pub struct Functions {
    /// By name.
    pub pools: BTreeMap<String, Arc<Pool>>,
}

/// The environments of a function.
pub struct Pool {
    function: Arc<Function>,
    log: Arc<dyn Listener>,
    most: usize,
    state: Mutex<State>,
    /// Told when an environment has answered.
    freed: Condvar,
}

/// The time that environments have to answer when the pool ends.
const END: Duration = Duration::from_secs(2);

#[derive(Default)]
struct State {
    idle: Vec<Environment>,
    busy: usize,
    /// No further event is taken.
    ended: bool,
}

/// What an event does while all environments are at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It is throttled: its caller may try again.
    None,
    /// It waits: its caller does not.
    Queued,
}

/// An instance, and where pieces of its answers go.
struct Environment {
    instance: Instance,
    pieces: Arc<Pieces>,
}

/// Passes the log on, and pieces to the caller of the event that is answered.
struct Pieces {
    log: Arc<dyn Listener>,
    caller: Mutex<Option<Sender<Vec<u8>>>>,
}

impl Listener for Pieces {
    fn output(&self, extension: Option<&str>, bytes: &[u8]) {
        self.log.output(extension, bytes);
    }

    fn piece(&self, bytes: &[u8]) {
        if let Some(caller) = &*lock(&self.caller) {
            // A caller that is gone stops no function.
            let _ = caller.send(bytes.to_vec());
        }
    }
}

/// The function has as many environments at work as it may have.
pub struct Throttled;

impl Pool {
    /// Of `function`, with at most `most` environments at once; `log` hears what they write.
    pub fn new(function: Arc<Function>, log: Arc<dyn Listener>, most: usize) -> Self {
        Self { function, log, most, state: Mutex::default(), freed: Condvar::new() }
    }

    /// The function.
    pub fn function(&self) -> &Function {
        &self.function
    }

    /// Answers one event; pieces of the answer go to `pieces`.
    ///
    /// # Errors
    /// [`Throttled`]; and [`InvokeError`], where the function cannot be run here.
    pub fn invoke(
        &self,
        invocation: Invocation,
        pieces: Sender<Vec<u8>>,
        patience: Patience,
    ) -> Result<Result<Outcome, InvokeError>, Throttled> {
        let mut environment = self.take(patience).ok_or(Throttled)?;
        *lock(&environment.pieces.caller) = Some(pieces);
        let outcome = environment.instance.invoke(invocation);
        *lock(&environment.pieces.caller) = None;
        let mut state = lock(&self.state);
        state.busy -= 1;
        state.idle.push(environment);
        drop(state);
        self.freed.notify_all();
        Ok(outcome)
    }

    fn take(&self, patience: Patience) -> Option<Environment> {
        let is_full = |state: &mut State| state.idle.is_empty() && state.busy >= self.most && !state.ended;
        let mut state = lock(&self.state);
        if patience == Patience::Queued {
            state = self.freed.wait_while(state, is_full).unwrap_or_else(PoisonError::into_inner);
        }
        if state.ended {
            return None;
        }
        // The one that was used last is warm.
        let environment = match state.idle.pop() {
            Some(environment) => environment,
            None if state.busy < self.most => {
                let pieces = Arc::new(Pieces { log: Arc::clone(&self.log), caller: Mutex::default() });
                let listener = Arc::clone(&pieces) as Arc<dyn Listener>;
                Environment { instance: Instance::new(Arc::clone(&self.function), listener), pieces }
            }
            None => return None,
        };
        state.busy += 1;
        Some(environment)
    }

    /// Ends all environments. Those at work have two seconds to answer.
    pub fn shut_down(&self) {
        let mut state = lock(&self.state);
        state.ended = true;
        self.freed.notify_all();
        let at_work = |state: &mut State| state.busy > 0;
        let waited = self.freed.wait_timeout_while(state, END, at_work);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        for environment in idle {
            environment.instance.shut_down();
        }
    }
}
