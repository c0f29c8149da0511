//! `Running`: an environment that has begun, heard on a thread of its own, which tells each caller what is about its event.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::invoke::answer::{Listener, Reason};
use crate::invoke::api::{Exchange, Offer, Said};
use crate::invoke::end::End;
use crate::invoke::environment::{Environment, Stopper};
use crate::invoke::error::InvokeError;
use crate::invoke::function::Function;
use crate::invoke::instance::SNAPSHOT_INIT;
use crate::invoke::memory::MemoryWatch;
use crate::invoke::telemetry::{Phase, Telemetry};
use crate::work::lock;

/// How long is waited for what happens next, again and again.
const HEAR: Duration = Duration::from_secs(3_600);

/// What a caller is told of its event.
pub enum Heard {
    /// A worker of the runtime said this of it.
    Said(Said),
    /// The environment ended.
    Ended(End),
}

/// Where a caller hears of its event.
pub struct Caller {
    pub heard: Receiver<Heard>,
}

/// An environment that has begun.
pub struct Running {
    pub telemetry: Arc<Telemetry>,
    pub memory: Arc<MemoryWatch>,
    exchange: Arc<Exchange>,
    stopper: Stopper,
    callers: Mutex<Callers>,
    hearing: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Callers {
    by_event: BTreeMap<String, Sender<Heard>>,
    ended: Option<End>,
}

impl Running {
    /// Begins an environment: how long its init phase took, and what ended it if it failed. The phase is over when the
    /// extensions and one worker are ready, and has the time that it has before a snapshot.
    pub fn begin(
        function: &Arc<Function>,
        listener: Arc<dyn Listener>,
    ) -> Result<(Duration, Result<Arc<Self>, End>), InvokeError> {
        let mut environment = Environment::begin(Arc::clone(function), listener, Phase::Init, None)?;
        let init = environment.init(SNAPSHOT_INIT.max(function.timeout));
        if let Err(end) = init.outcome {
            environment.shut_down(Reason::of(&end));
            return Ok((init.took, Err(end)));
        }
        let running = Arc::new(Self {
            telemetry: Arc::clone(environment.telemetry()),
            memory: Arc::clone(environment.memory()),
            exchange: Arc::clone(environment.exchange()),
            stopper: environment.stopper(),
            callers: Mutex::default(),
            hearing: Mutex::default(),
        });
        let heard = Arc::clone(&running);
        let hearing = thread::Builder::new()
            .name("environment".to_owned())
            .spawn(move || heard.hear(environment))
            .map_err(InvokeError::Thread)?;
        *lock(&running.hearing) = Some(hearing);
        Ok((init.took, Ok(running)))
    }

    fn hear(&self, mut environment: Environment) {
        let end = loop {
            match environment.hear(Instant::now() + HEAR, HEAR) {
                Ok(Some(Said::About { request_id, said })) => self.tell(&request_id, *said),
                Ok(_) | Err(End::Timeout(_)) => {}
                Err(end) => break end,
            }
        };
        let callers = {
            let mut callers = lock(&self.callers);
            callers.ended = Some(end.clone());
            std::mem::take(&mut callers.by_event)
        };
        callers.into_values().for_each(|caller| drop(caller.send(Heard::Ended(end.clone()))));
        environment.shut_down(if end == End::Stopped { Reason::Spindown } else { Reason::of(&end) });
    }

    fn tell(&self, request_id: &str, said: Said) {
        let mut callers = lock(&self.callers);
        let is_last = matches!(said, Said::Response(_) | Said::InvocationError(_));
        // A caller whose time is over hears nothing more.
        if let Some(caller) = callers.by_event.get(request_id) {
            let _ = caller.send(Heard::Said(said));
        }
        if is_last {
            callers.by_event.remove(request_id);
        }
    }

    /// Gives an event to the next worker that asks for one.
    pub fn offer(&self, offer: Offer) -> Caller {
        let (sender, heard) = channel();
        let mut callers = lock(&self.callers);
        match &callers.ended {
            Some(end) => drop(sender.send(Heard::Ended(end.clone()))),
            None => drop(callers.by_event.insert(offer.request_id.clone(), sender)),
        }
        drop(callers);
        self.exchange.offer(offer);
        Caller { heard }
    }

    /// Waits until a worker takes the event, or the environment ends; nothing where none takes it in time.
    pub fn taken(&self, request_id: &str, caller: &Caller, limit: Duration) -> Option<Result<Instant, End>> {
        match caller.heard.recv_timeout(limit) {
            Ok(Heard::Ended(end)) => Some(Err(end)),
            Ok(Heard::Said(_)) => Some(Ok(Instant::now())),
            Err(_) if self.exchange.withdraw(request_id) => {
                lock(&self.callers).by_event.remove(request_id);
                None
            }
            // It was taken meanwhile.
            Err(_) => Some(Ok(Instant::now())),
        }
    }

    /// The time of an event is over.
    pub fn expire(&self, request_id: &str) {
        self.exchange.expire(request_id);
        lock(&self.callers).by_event.remove(request_id);
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        lock(&self.callers).ended.is_some()
    }

    /// Ends it, and waits for that.
    pub fn shut_down(&self) {
        self.stopper.stop();
        let hearing = lock(&self.hearing).take();
        // A thread that panicked has no environment any more.
        drop(hearing.map(JoinHandle::join));
    }
}
