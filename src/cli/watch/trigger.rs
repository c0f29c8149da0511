//! When to look again: after an event of the host; if the host has no events, after a second.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Config, ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// How long nothing may happen before something is looked at: an editor, or git, does several things at once.
const QUIET: Duration = Duration::from_millis(100);

/// How long that is waited for.
const AT_MOST: Duration = Duration::from_secs(2);

/// How often is looked where the host does not tell of everything.
const BLIND: Duration = Duration::from_secs(1);

/// What the host is asked to tell of: a directory with all below it, or alone.
pub type Targets = BTreeMap<PathBuf, RecursiveMode>;

/// Something happened.
enum Wake {
    Event(notify::Result<Event>),
    Called,
}

/// What is waited at.
pub struct Trigger {
    sender: Sender<Wake>,
    wakes: Receiver<Wake>,
    watcher: Option<RecommendedWatcher>,
    /// What the host tells of, each by the file that it was then.
    armed: BTreeMap<PathBuf, (RecursiveMode, Option<(u64, u64)>)>,
    /// Whether that may be so no more.
    lost: bool,
    /// Whether it does not tell of everything.
    blind: bool,
}

impl Trigger {
    /// One that nothing is told yet.
    pub fn new() -> Self {
        let (sender, wakes) = channel();
        Self { sender, wakes, watcher: None, armed: BTreeMap::new(), lost: true, blind: false }
    }

    /// What ends the waiting from outside.
    pub fn call(&self) -> impl Fn() + Send + Sync + use<> {
        let sender = self.sender.clone();
        // Whoever listens listens to the end.
        move || drop(sender.send(Wake::Called))
    }

    /// Lets the host tell of `targets`. What changed before is not told: look afterwards. Returns what must be
    /// said where the host has not enough to tell of all.
    pub fn arm(&mut self, targets: Targets) -> Option<&'static str> {
        let identity = |path: &Path| fs::metadata(path).ok().map(|there| (there.dev(), there.ino()));
        let wanted = targets.into_iter().map(|(path, mode)| {
            let now = identity(&path);
            (path, (mode, now))
        });
        let wanted: BTreeMap<_, _> = wanted.collect();
        if !self.lost && wanted == self.armed {
            return None;
        }
        let was_blind = self.blind;
        (self.lost, self.blind, self.armed) = (false, false, wanted);
        self.watcher = None;
        let mut said = None;
        if let Err(error) = self.begin() {
            self.blind = true;
            match error.kind {
                // It would not be otherwise the next time.
                ErrorKind::MaxFilesWatch => said = Some(LIMIT),
                // It went away just now, or cannot be read as long as its mode is what it is.
                _ => self.lost = true,
            }
        }
        said.filter(|_| !was_blind)
    }

    fn begin(&mut self) -> notify::Result<()> {
        let sender = self.sender.clone();
        let tell = move |event: notify::Result<Event>| {
            // Looking opens directories, and that is an event, too.
            let read = matches!(&event, Ok(Event { kind: EventKind::Access(access), .. })
                if *access != AccessKind::Close(AccessMode::Write));
            if !read {
                drop(sender.send(Wake::Event(event)));
            }
        };
        let mut watcher = RecommendedWatcher::new(tell, Config::default().with_follow_symlinks(false))?;
        let mut done = Ok(());
        for (path, (mode, _)) in &self.armed {
            done = done.and(watcher.watch(path, *mode));
        }
        self.watcher = Some(watcher);
        done
    }

    /// Waits until something may have changed, and then until it is quiet; or until `stop`.
    pub fn wait(&mut self, stop: &AtomicBool) {
        let mut wake = match self.blind {
            true => self.wakes.recv_timeout(BLIND).ok(),
            false => self.wakes.recv().ok(),
        };
        let latest = Instant::now() + AT_MOST;
        while let Some(told) = wake
            && !stop.load(Ordering::Relaxed)
        {
            self.note(&told);
            let left = latest.saturating_duration_since(Instant::now());
            wake = self.wakes.recv_timeout(QUIET.min(left)).ok().filter(|_| !left.is_zero());
        }
    }

    /// Whether the host may have stopped to tell: a directory is another one, or events were too many.
    fn note(&mut self, wake: &Wake) {
        let Wake::Event(event) = wake else { return };
        self.lost |= match event {
            Ok(event) => {
                let moved =
                    matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)));
                event.need_rescan() || (moved && event.paths.iter().any(|path| self.armed.contains_key(path)))
            }
            Err(_) => true,
        };
    }
}

/// What to say of a host that has no more room for watches.
const LIMIT: &str = "the host tells of no more directories (`sysctl fs.inotify.max_user_watches`): looking every \
                     second instead";

/// What the host is to tell of so that nothing of `named` and of what it leads to (`places`) changes unseen:
/// directories whole, and of everything the directory in which its name is, where editors put another file under
/// it; where that is missing, the nearest above.
pub fn targets<'p>(named: impl IntoIterator<Item = &'p Path>, places: &BTreeSet<PathBuf>) -> Targets {
    let whole: Vec<_> = places.iter().filter(|place| place.is_dir()).collect();
    let within = |path: &Path| whole.iter().find(|dir| path.starts_with(dir));
    let mut targets = Targets::new();
    for dir in &whole {
        if !whole.iter().any(|other| other != dir && dir.starts_with(other)) {
            targets.insert((*dir).clone(), RecursiveMode::Recursive);
        }
    }
    let named = named.into_iter().filter_map(|path| std::path::absolute(path).ok());
    for path in named.chain(places.iter().cloned()) {
        if let Some(above) = path.ancestors().skip(1).find(|above| above.is_dir())
            && within(above).is_none()
        {
            targets.insert(above.to_owned(), RecursiveMode::NonRecursive);
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_watched_where_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let dir = fs::canonicalize(dir.path()).unwrap();
        let at = |name: &str| dir.join(name);
        fs::create_dir_all(at("fn/inner")).unwrap();
        fs::write(at("layer.zip"), "").unwrap();
        std::os::unix::fs::symlink("fn", at("link")).unwrap();
        let places = ["fn", "fn/inner", "layer.zip", "no/such/dir"].map(at).into();
        let targets = targets([at("link").as_path()], &places);
        let expected = [(at("fn"), RecursiveMode::Recursive), (dir.clone(), RecursiveMode::NonRecursive)];
        assert_eq!(targets, expected.into());
    }
}
