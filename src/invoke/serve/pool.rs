//! `Pool`: the environments of one function. An event gets an idle one, else a new one, as far as the concurrency allows.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::invoke::environment::Listener;
use crate::invoke::error::InvokeError;
use crate::invoke::function::Function;
use crate::invoke::instance::{Instance, Invocation, Outcome};
use crate::invoke::shared::SharedInstance;
use crate::work::lock;

/// The environments of a function.
pub struct Pool {
    function: Arc<Function>,
    log: Arc<dyn Listener>,
    most: usize,
    /// The one environment, where it answers several events at once.
    shared: Option<SharedInstance>,
    state: Mutex<State>,
    /// Told when an environment has answered, or ended.
    freed: Condvar,
}

/// The time that environments have to answer when the server ends.
const END: Duration = Duration::from_secs(2);

#[derive(Default)]
struct State {
    idle: Vec<Environment>,
    /// Environments that answer, or that are being shut down.
    busy: usize,
    ending: usize,
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

/// Why an event is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// As many environments are at work as may be.
    Throttled,
    /// The pool takes no more events.
    Ended,
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

/// An environment that is taken for one event: one that was idle, else a new one.
pub struct Taken {
    pool: Arc<Pool>,
    environment: Option<Environment>,
}

impl Taken {
    /// The function.
    pub fn function(&self) -> &Arc<Function> {
        &self.pool.function
    }

    /// Answers the event; pieces of the answer go to `pieces`.
    ///
    /// # Errors
    /// [`InvokeError`]: the function cannot be run here.
    pub fn invoke(mut self, invocation: Invocation, pieces: Sender<Vec<u8>>) -> Result<Outcome, InvokeError> {
        if let Some(shared) = &self.pool.shared {
            // A caller that is gone stops no function.
            return shared.invoke(invocation, |piece| drop(pieces.send(piece.to_vec())));
        }
        let environment = self.environment.get_or_insert_with(|| self.pool.new_environment());
        *lock(&environment.pieces.caller) = Some(pieces);
        let outcome = environment.instance.invoke(invocation);
        *lock(&environment.pieces.caller) = None;
        outcome
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut state = lock(&self.pool.state);
        state.busy -= 1;
        if let Some(environment) = self.environment.take() {
            if state.ended {
                // The caller has its answer first.
                state.ending += 1;
                let pool = Arc::clone(&self.pool);
                thread::spawn(move || {
                    environment.instance.shut_down();
                    lock(&pool.state).ending -= 1;
                    pool.freed.notify_all();
                });
            } else {
                state.idle.push(environment);
            }
        } else if state.ended && state.busy == 0 && self.pool.shared.is_some() {
            state.ending += 1;
            let pool = Arc::clone(&self.pool);
            thread::spawn(move || {
                pool.end_shared();
                lock(&pool.state).ending -= 1;
                pool.freed.notify_all();
            });
        }
        drop(state);
        self.pool.freed.notify_all();
    }
}

impl Pool {
    /// Of `function`, with at most `most` environments at once; `log` hears what they write.
    pub fn new(function: Arc<Function>, log: Arc<dyn Listener>, most: usize) -> Self {
        let concurrency = function.identity.concurrency;
        let shared = concurrency.map(|_| SharedInstance::new(Arc::clone(&function), Arc::clone(&log)));
        let most = concurrency.map_or(most, usize::from);
        Self { function, log, most, shared, state: Mutex::default(), freed: Condvar::new() }
    }

    /// An environment for an event.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub fn take(self: &Arc<Self>, patience: Patience) -> Result<Taken, NotTaken> {
        let is_full = |state: &mut State| state.idle.is_empty() && state.busy >= self.most && !state.ended;
        let mut state = lock(&self.state);
        if patience == Patience::Queued {
            state = self.freed.wait_while(state, is_full).unwrap_or_else(PoisonError::into_inner);
        }
        if state.ended {
            return Err(NotTaken::Ended);
        }
        // The one that was used last is warm.
        let environment = state.idle.pop();
        if environment.is_none() && state.busy >= self.most {
            return Err(NotTaken::Throttled);
        }
        state.busy += 1;
        Ok(Taken { pool: Arc::clone(self), environment })
    }

    fn new_environment(&self) -> Environment {
        let pieces = Arc::new(Pieces { log: Arc::clone(&self.log), caller: Mutex::default() });
        let listener = Arc::clone(&pieces) as Arc<dyn Listener>;
        Environment { instance: Instance::new(Arc::clone(&self.function), listener), pieces }
    }

    fn end_shared(&self) {
        if let Some(shared) = &self.shared {
            shared.shut_down();
        }
    }

    /// Takes no more events, and shuts idle environments down. Those at work are shut down when they have answered.
    pub fn end(&self) {
        let mut state = lock(&self.state);
        state.ended = true;
        let idle = std::mem::take(&mut state.idle);
        let is_idle = state.busy == 0;
        drop(state);
        if is_idle {
            self.end_shared();
        }
        self.freed.notify_all();
        thread::scope(|scope| {
            for environment in idle {
                scope.spawn(|| environment.instance.shut_down());
            }
        });
    }

    /// Whether no environment is left after the end.
    pub fn is_gone(&self) -> bool {
        let state = lock(&self.state);
        state.ended && state.busy == 0 && state.ending == 0
    }

    /// Ends all environments. Those at work have two seconds to answer.
    pub fn shut_down(&self) {
        self.end();
        let state = lock(&self.state);
        let waited = self.freed.wait_timeout_while(state, END, |state| state.busy > 0);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let is_late = state.busy > 0;
        drop(state);
        if is_late {
            self.end_shared();
        }
        let state = lock(&self.state);
        // These take no longer than Lambda gives them.
        drop(self.freed.wait_while(state, |state| state.ending > 0));
    }
}
