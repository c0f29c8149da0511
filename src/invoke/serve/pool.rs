//! `Pool`: the environments of one function. An event gets an idle one, else a new one, as far as the concurrency allows.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

use crate::invoke::environment::Listener;
use crate::invoke::error::InvokeError;
use crate::invoke::function::Function;
use crate::invoke::instance::{Instance, Invocation, Outcome};
use crate::work::lock;

/// The environments of a function.
pub struct Pool {
    function: Arc<Function>,
    log: Arc<dyn Listener>,
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<Environment>,
    busy: usize,
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
        Self { function, log, most, state: Mutex::default() }
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
    ) -> Result<Result<Outcome, InvokeError>, Throttled> {
        let mut environment = self.take().ok_or(Throttled)?;
        *lock(&environment.pieces.caller) = Some(pieces);
        let outcome = environment.instance.invoke(invocation);
        *lock(&environment.pieces.caller) = None;
        let mut state = lock(&self.state);
        state.busy -= 1;
        state.idle.push(environment);
        Ok(outcome)
    }

    fn take(&self) -> Option<Environment> {
        let mut state = lock(&self.state);
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

    /// Ends all environments that are idle.
    pub fn shut_down(&self) {
        let idle = std::mem::take(&mut lock(&self.state).idle);
        for environment in idle {
            environment.instance.shut_down();
        }
    }
}
