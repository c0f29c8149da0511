//! `Delivery`: the queue of one subscription, and the thread that empties it into the extension's port.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::event::{Event, Stream};
use super::subscription::{Destination, Interface, Subscription};

/// Events that wait: twice the most of one delivery.
const QUEUE: usize = 20_000;
/// Tries of a delivery, and the time between the first two; it doubles.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(50);
/// How often a wait looks whether the environment has ended.
const LOOK: Duration = Duration::from_millis(100);

/// A subscription that is served.
pub struct Delivery {
    queue: SyncSender<Message>,
    subscription: Arc<Subscription>,
    shared: Arc<Shared>,
}

enum Message {
    Event(String),
    /// Deliver now, and say so.
    Flush(SyncSender<()>),
}

#[derive(Default)]
struct Shared {
    ended: AtomicBool,
    /// Of events that found the queue full, or whose delivery failed.
    dropped_records: AtomicU64,
    dropped_bytes: AtomicU64,
}

impl Delivery {
    /// Serves a subscription.
    pub fn start(subscription: Subscription) -> Arc<Self> {
        let (queue, queued) = sync_channel(QUEUE);
        let (subscription, shared) = (Arc::new(subscription), Arc::<Shared>::default());
        let work = Work { subscription: Arc::clone(&subscription), shared: Arc::clone(&shared), tcp: None };
        // Without a thread, the queue fills, and events are dropped.
        let _ = thread::Builder::new().name("telemetry".to_owned()).spawn(move || work.run(&queued));
        Arc::new(Self { queue, subscription, shared })
    }

    /// By which interface it was made.
    pub fn interface(&self) -> Interface {
        self.subscription.interface
    }

    /// Queues an event, if the subscription is for it.
    pub fn give(&self, event: &Event) {
        if !event.is_of(&self.subscription.types) {
            return;
        }
        let Some(text) = event.worded(self.subscription.interface, &self.subscription.schema) else { return };
        let bytes = text.len();
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Message::Event(text)) {
            self.shared.drop_events(1, bytes);
        }
    }

    /// Delivers what is queued, and waits for that until `end`.
    pub fn flush(&self, end: Instant) {
        let (done, is_done) = sync_channel(1);
        if self.queue.try_send(Message::Flush(done)).is_ok() {
            let _ = is_done.recv_timeout(end.saturating_duration_since(Instant::now()));
        }
    }

    /// Ends it: nothing more is delivered.
    pub fn end(&self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn drop_events(&self, records: usize, bytes: usize) {
        self.dropped_records.fetch_add(records as u64, Ordering::Relaxed);
        self.dropped_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

struct Work {
    subscription: Arc<Subscription>,
    shared: Arc<Shared>,
    tcp: Option<TcpStream>,
}

impl Work {
    fn run(mut self, queue: &Receiver<Message>) {
        let timeout = Duration::from_millis(self.subscription.timeout);
        let (mut batch, mut bytes, mut since) = (Vec::new(), 0, Instant::now());
        while !self.shared.has_ended() {
            let wait = if batch.is_empty() { LOOK } else { timeout.saturating_sub(since.elapsed()) };
            let flushed = match queue.recv_timeout(wait.min(LOOK)) {
                Ok(Message::Event(event)) => {
                    if batch.is_empty() {
                        since = Instant::now();
                    }
                    bytes += event.len();
                    batch.push(event);
                    None
                }
                Ok(Message::Flush(done)) => Some(done),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let is_full = batch.len() >= self.subscription.items || bytes >= self.subscription.bytes;
            if !batch.is_empty() && (is_full || flushed.is_some() || since.elapsed() >= timeout) {
                self.deliver(std::mem::take(&mut batch));
                bytes = 0;
            }
            if let Some(done) = flushed {
                let _ = done.send(());
            }
        }
    }

    /// Delivers events; those of a delivery that fails again and again are dropped, and the next one tells of it.
    fn deliver(&mut self, mut batch: Vec<String>) {
        let records = self.shared.dropped_records.swap(0, Ordering::Relaxed);
        let dropped_bytes = self.shared.dropped_bytes.swap(0, Ordering::Relaxed);
        if records > 0 {
            let record = json!({
                "droppedRecords": records,
                "droppedBytes": dropped_bytes,
                "reason": "The extension has not acknowledged earlier events.",
            });
            let event = Event::now(Stream::Platform, "platform.logsDropped", record);
            batch.extend(event.worded(self.subscription.interface, &self.subscription.schema));
        }
        let mut pause = PAUSE;
        for _ in 0..TRIES {
            if self.send(&batch).is_ok() || self.shared.has_ended() {
                return;
            }
            self.tcp = None;
            thread::sleep(pause);
            pause *= 2;
        }
        self.shared.drop_events(batch.len() + records as usize, batch.iter().map(String::len).sum());
    }

    fn send(&mut self, batch: &[String]) -> io::Result<()> {
        match &self.subscription.destination {
            Destination::Tcp(port) => {
                let mut stream = match self.tcp.take() {
                    Some(stream) => stream,
                    None => TcpStream::connect((Ipv4Addr::LOCALHOST, *port))?,
                };
                stream.write_all((batch.join("\n") + "\n").as_bytes())?;
                self.tcp = Some(stream);
                Ok(())
            }
            Destination::Http { port, method, host, path } => {
                let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, *port))?;
                let body = format!("[{}]", batch.join(","));
                let head = format!(
                    "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes())?;
                stream.write_all(body.as_bytes())?;
                stream.set_read_timeout(Some(LOOK))?;
                self.read_status(stream)
            }
        }
    }

    /// Waits for the answer as long as the environment is there: an extension that is frozen answers later.
    fn read_status(&self, stream: TcpStream) -> io::Result<()> {
        let mut from = BufReader::new(stream.take(64 << 10));
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            match from.read_until(b'\n', &mut line) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    if self.shared.has_ended() {
                        return Ok(());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let status =
            String::from_utf8_lossy(&line).split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
        match status {
            Some(200..=299) => Ok(()),
            _ => Err(ErrorKind::InvalidData.into()),
        }
    }
}
