//! `Begun`: an upload that is begun before its blob is whole, and so has no digest yet.
//!
//! ```text
//! POST, PATCH in chunks ─ while the blob grows ─→ HEAD by its digest, once it has one ─→ PUT by it, or DELETE
//! ```
//!
//! As long as there was no PUT, the registry has no blob: it forgets what came in a session that nothing ends. So what may
//! leave is decided by who lets the blob [grow](Growing), and whether it becomes a blob by who ends the session. What
//! goes wrong here costs nothing but its time: the blob is sent as any other then.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::auth::{Scope, Session};
use super::endpoint::Endpoint;
use super::quirks::Way;
use super::{RegistryError, upload_session};
use crate::http::{Body, Method, OpenBody, Request, Url};
use crate::progress::{Meter, Phase};
use crate::store::growing::Growing;
use crate::work::lock;

/// An upload of a blob that grows, into one repository.
pub(super) struct Begun {
    growing: Arc<Growing>,
    /// The most bytes that the blob can have.
    most: u64,
    meter: Meter,
    state: Mutex<State>,
    changed: Condvar,
    /// Whether it is not wanted any more.
    cancelled: AtomicBool,
}

/// How far it is.
enum State {
    /// No thread had time for it yet.
    Waiting,
    /// Its bytes are on their way.
    Going,
    /// They are there: where the session continues.
    Sent(Url),
    /// It came to nothing, or has been taken.
    Over,
}

impl Begun {
    /// An upload of what grows; it is nowhere yet.
    pub(super) fn new(growing: Arc<Growing>, most: u64, meter: Meter) -> Arc<Self> {
        let (state, changed) = (Mutex::new(State::Waiting), Condvar::new());
        Arc::new(Self { growing, most, meter, state, changed, cancelled: AtomicBool::new(false) })
    }

    /// Sends the blob while it grows: ends when all of it is sent, or it is cancelled.
    pub(super) fn run(self: &Arc<Self>, session: &Session, place: &Endpoint) {
        if !self.claim() {
            return;
        }
        // A registry that wants the bytes in another way gets them when they are all there.
        let streams = *lock(&session.way) == Way::Stream;
        let Some(location) = streams.then(|| upload_session::open(session, place).ok()).flatten() else {
            return self.set(State::Over);
        };
        let (unwanted, next) = match self.fill(session, place, location.clone()) {
            Ok(next) => (next.clone(), Some(next)),
            Err(_) => (location, None),
        };
        let cancelled = {
            let mut state = lock(&self.state);
            let next = next.filter(|_| !self.cancelled.load(Ordering::Relaxed));
            *state = next.map_or(State::Over, State::Sent);
            matches!(*state, State::Over)
        };
        self.changed.notify_all();
        if cancelled {
            upload_session::cancel(session, place, unwanted);
        }
    }

    /// Whether it is still to be done.
    fn claim(&self) -> bool {
        let mut state = lock(&self.state);
        let waiting = matches!(*state, State::Waiting);
        if waiting {
            *state = State::Going;
        }
        waiting
    }

    fn set(&self, to: State) {
        *lock(&self.state) = to;
        self.changed.notify_all();
    }

    /// Sends all bytes as they come, and returns where the session continues.
    fn fill(
        self: &Arc<Self>,
        session: &Session,
        place: &Endpoint,
        location: Url,
    ) -> Result<Url, RegistryError> {
        let this = Arc::clone(self);
        let open: OpenBody = Arc::new(move || this.open());
        let body = Body::Chunks { open, most: self.most };
        let request = Request::new(Method::Patch, location.clone()).body(body);
        let next = upload_session::patch(session, &Scope::push(&place.repository), request)?;
        Ok(next.unwrap_or(location))
    }

    fn open(self: &Arc<Self>) -> io::Result<Box<dyn Read + Send>> {
        let bytes = self.meter.reading(Phase::Upload, self.growing.open()?);
        Ok(Box::new(Wanted { bytes, begun: Arc::clone(self) }))
    }

    /// Where the session continues, once all bytes are there, for the caller to end it with the digest; `None` where the
    /// blob has to be sent again. Waits.
    pub(super) fn take(&self) -> Option<Url> {
        let going = |state: &mut State| matches!(state, State::Going);
        let state = self.changed.wait_while(lock(&self.state), going);
        match std::mem::replace(&mut *state.unwrap_or_else(PoisonError::into_inner), State::Over) {
            State::Sent(location) => Some(location),
            State::Waiting | State::Going | State::Over => None,
        }
    }

    /// Ends the session without a blob. Does not wait for what is on its way.
    pub(super) fn cancel(&self, session: &Session, place: &Endpoint) {
        self.cancelled.store(true, Ordering::Relaxed);
        let mut state = lock(&self.state);
        if matches!(*state, State::Going) {
            return;
        }
        if let State::Sent(location) = std::mem::replace(&mut *state, State::Over) {
            drop(state);
            upload_session::cancel(session, place, location);
        }
    }
}

/// The bytes, as long as they are wanted.
struct Wanted<R> {
    bytes: R,
    begun: Arc<Begun>,
}

impl<R: Read> Read for Wanted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.begun.cancelled.load(Ordering::Relaxed) {
            return Err(io::Error::other("the blob is not to be sent any more"));
        }
        self.bytes.read(buf)
    }
}
