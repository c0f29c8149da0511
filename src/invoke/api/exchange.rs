//! `Exchange`: the state that the Runtime API and the Extensions API share with the environment that is run: where the
//! runtime and each extension stand, and what is waited for.
//!
//! The states and their answers are those of AWS's emulator (aws-lambda-runtime-interface-emulator, `rapid` and `rapi`).

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::said::{Offer, Said};
use super::workers::Workers;
use crate::work::lock;

/// Where the runtime stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RuntimeState {
    /// It has not asked for an event.
    #[default]
    Starting,
    /// It waits over the snapshot.
    Snapshot,
    /// It waits for one.
    Waiting,
    /// It has one.
    Busy(Offer),
    /// It is sending its answer.
    Answering(Offer),
    /// It has answered.
    Answered,
    /// It reported that it cannot begin.
    Failed,
}

/// An extension that registered.
#[derive(Clone, Debug)]
pub struct Extension {
    /// What it is called in requests.
    pub id: String,
    /// Its name: that of its file, or one of its own where it is part of the runtime's process.
    pub name: String,
    /// Whether it is a program of its own.
    pub is_external: bool,
    /// Whether it wants to hear of events.
    pub wants_invoke: bool,
    /// Whether it wants to hear of the end.
    pub wants_shutdown: bool,
    /// What it was not told yet.
    pub events: VecDeque<String>,
    /// Whether it waits for an event, or never asked for one.
    pub is_waiting: bool,
    /// Whether it asked for an event at all.
    pub has_asked: bool,
}

#[derive(Default)]
pub struct State {
    pub runtime: RuntimeState,
    /// Where its workers stand, if it gets several events at once.
    pub workers: Option<Workers>,
    /// Whether the environment comes from a snapshot, and whether it is restored from it.
    pub snap_start: bool,
    pub restored: bool,
    /// The request id of the event that the runtime had last.
    pub last: Option<String>,
    /// What the runtime is given next.
    pub offered: Option<Offer>,
    pub extensions: Vec<Extension>,
    /// Files in `/opt/extensions`: programs of these names are external.
    pub external: Vec<String>,
    /// Whether extensions can still register.
    pub registered: bool,
    /// The environment ends: what waits gets no answer.
    pub closed: bool,
}

/// What the servers and the environment share.
pub struct Exchange {
    state: Mutex<State>,
    changed: Condvar,
    hear: Box<dyn Fn(Said) + Send + Sync>,
}

impl Exchange {
    /// Of an environment whose image has these files in `/opt/extensions`, and which gets several events at once where
    /// `concurrency` says so; `hear` gets what programs say.
    pub fn new(
        external: Vec<String>,
        snap_start: bool,
        concurrency: Option<u16>,
        hear: impl Fn(Said) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let workers = concurrency.map(|most| Workers::new(most.into()));
        let state = State { external, snap_start, workers, ..State::default() };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new(), hear: Box::new(hear) })
    }

    /// Gives the runtime an event, and tells extensions of it.
    pub fn offer(&self, offer: Offer) {
        let told = offer.told();
        let mut state = self.lock();
        match &mut state.workers {
            Some(workers) => workers.offer(offer),
            None => state.offered = Some(offer),
        }
        state.registered = true;
        for extension in &mut state.extensions {
            if extension.wants_invoke {
                extension.events.push_back(told.clone());
                extension.is_waiting = false;
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Whether it gets several events at once.
    pub fn is_concurrent(&self) -> bool {
        self.lock().workers.is_some()
    }

    /// Takes an event back that no worker has taken; whether there was one.
    pub fn withdraw(&self, request_id: &str) -> bool {
        self.lock().workers.as_mut().is_some_and(|workers| workers.withdraw(request_id))
    }

    /// The time of one of several events is over.
    pub fn expire(&self, request_id: &str) {
        if let Some(workers) = &mut self.lock().workers {
            workers.expire(request_id);
        }
    }

    /// Tells the runtime that it is restored.
    pub fn restore(&self) {
        let mut state = self.lock();
        state.restored = true;
        if state.runtime == RuntimeState::Snapshot {
            state.runtime = RuntimeState::Starting;
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Tells extensions that the environment ends.
    pub fn shut_down(&self, told: &str) {
        let mut state = self.lock();
        for extension in state.extensions.iter_mut().filter(|extension| extension.wants_shutdown) {
            extension.events.push_back(told.to_owned());
            extension.is_waiting = false;
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Ends all that waits.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Whether all programs wait for the next event, or over the snapshot; of several workers, one.
    pub fn is_idle(&self) -> bool {
        let state = self.lock();
        let is_ready = match &state.workers {
            Some(workers) => workers.is_ready(),
            None => matches!(state.runtime, RuntimeState::Waiting | RuntimeState::Snapshot),
        };
        is_ready && state.extensions.iter().all(|extension| extension.is_waiting)
    }

    /// External extensions that have not registered.
    pub fn unregistered(&self) -> Vec<String> {
        let state = self.lock();
        let registered = |name: &String| state.extensions.iter().any(|extension| extension.name == *name);
        state.external.iter().filter(|name| !registered(name)).cloned().collect()
    }

    /// Whether there are extensions, and whether one is a program of its own.
    pub fn extensions(&self) -> (bool, bool) {
        let state = self.lock();
        (!state.extensions.is_empty(), state.extensions.iter().any(|extension| extension.is_external))
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Waits until `ready` gives a value; `None` where the environment ends.
    pub fn wait<T>(&self, mut ready: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(value) = ready(&mut state) {
                return Some(value);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Tells the environment.
    pub fn say(&self, said: Said) {
        (self.hear)(said);
    }
}
