//! `Audit`: which files below a directory are opened while a command runs.
//!
//! The host is asked to tell of every open (inotify), and not the command's system calls (ptrace): it tells of all ways to
//! open a file, of io_uring's as well, whatever language a program is written in and however it is linked, and any user may
//! ask. It does not tell which process opened a file: so nothing else is to work there meanwhile.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::audit_error::AuditError;

/// Directories that are watched.
pub struct Audit(host::Watch);

impl Audit {
    /// Watches `dir` and all below it, but for `.git` and what is at the paths `left_out`.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn of(dir: &Path, left_out: &[PathBuf]) -> Result<Self, AuditError> {
        host::Watch::of(dir, left_out).map(Self)
    }

    /// Runs `work` and returns the files that were opened meanwhile and not made by it, in order.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn during<R>(self, work: impl FnOnce() -> R) -> Result<(R, BTreeSet<PathBuf>), AuditError> {
        self.0.during(work)
    }
}

#[cfg(target_os = "linux")]
mod host {
    use std::collections::{BTreeMap, BTreeSet};
    use std::ffi::OsStr;
    use std::fs;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt;
    use std::path::{Path, PathBuf};
    use std::thread;

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
    use rustix::io::Errno;
    use tempfile::TempDir;

    use super::AuditError;

    pub struct Watch {
        events: OwnedFd,
        dirs: BTreeMap<i32, PathBuf>,
        /// A file in here ends the watch: all that was told before it is read by then.
        end: (TempDir, i32),
    }

    /// What was told of files.
    #[derive(Default)]
    struct Told {
        opened: BTreeSet<PathBuf>,
        read: BTreeSet<PathBuf>,
        written: BTreeSet<PathBuf>,
        made: BTreeSet<PathBuf>,
        overflow: bool,
    }

    impl Watch {
        pub fn of(dir: &Path, left_out: &[PathBuf]) -> Result<Self, AuditError> {
            let failed = |path: &Path| {
                let path = path.to_owned();
                move |source| AuditError::Host { path, source }
            };
            let events = inotify::init(CreateFlags::CLOEXEC).map_err(|error| failed(dir)(error.into()))?;
            let end = TempDir::new().map_err(failed(dir))?;
            let mark = add(&events, end.path(), WatchFlags::CREATE)?;
            let mut watch = Self { events, dirs: BTreeMap::new(), end: (end, mark) };
            let mut ahead = vec![dir.to_owned()];
            while let Some(dir) = ahead.pop() {
                let flags = WatchFlags::OPEN | WatchFlags::CREATE | WatchFlags::CLOSE | WatchFlags::MOVED_TO;
                let number = add(&watch.events, &dir, flags | WatchFlags::ONLYDIR)?;
                for entry in fs::read_dir(&dir).map_err(failed(&dir))? {
                    let entry = entry.map_err(failed(&dir))?;
                    let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
                    if is_dir && entry.file_name() != ".git" && !left_out.contains(&entry.path()) {
                        ahead.push(entry.path());
                    }
                }
                watch.dirs.insert(number, dir);
            }
            Ok(watch)
        }

        pub fn during<R>(self, work: impl FnOnce() -> R) -> Result<(R, BTreeSet<PathBuf>), AuditError> {
            let Self { events, dirs, end: (end, mark) } = self;
            thread::scope(|scope| {
                let listening = thread::Builder::new().spawn_scoped(scope, || listen(&events, &dirs, mark));
                let listening = listening.map_err(|source| host(end.path(), source))?;
                let made = work();
                fs::write(end.path().join("end"), "").map_err(|source| host(end.path(), source))?;
                let told = listening.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                let told = told.map_err(|errno| host(end.path(), errno.into()))?;
                if told.overflow {
                    return Err(AuditError::Overflow);
                }
                Ok((made, told.opened_by_others()))
            })
        }
    }

    fn host(path: &Path, source: std::io::Error) -> AuditError {
        AuditError::Host { path: path.to_owned(), source }
    }

    fn add(events: &OwnedFd, dir: &Path, flags: WatchFlags) -> Result<i32, AuditError> {
        inotify::add_watch(events, dir, flags).map_err(|errno| match errno {
            Errno::NOSPC => AuditError::Limit,
            errno => host(dir, errno.into()),
        })
    }

    fn listen(events: &OwnedFd, dirs: &BTreeMap<i32, PathBuf>, mark: i32) -> Result<Told, Errno> {
        let mut buffer = [MaybeUninit::uninit(); 1 << 16];
        let mut reader = Reader::new(events, &mut buffer);
        let mut told = Told::default();
        loop {
            let event = match reader.next() {
                Err(Errno::INTR) => continue,
                event => event?,
            };
            let what = event.events();
            if event.wd() == mark {
                return Ok(told);
            }
            told.overflow |= what.contains(ReadFlags::QUEUE_OVERFLOW);
            let named = dirs.get(&event.wd()).zip(event.file_name());
            if let Some((dir, name)) = named.filter(|_| !what.contains(ReadFlags::ISDIR)) {
                told.hear(what, dir.join(OsStr::from_bytes(name.to_bytes())));
            }
        }
    }

    impl Told {
        fn hear(&mut self, what: ReadFlags, path: PathBuf) {
            let sets = [
                (ReadFlags::OPEN, &mut self.opened),
                (ReadFlags::CLOSE_NOWRITE, &mut self.read),
                (ReadFlags::CLOSE_WRITE, &mut self.written),
                (ReadFlags::CREATE | ReadFlags::MOVED_TO, &mut self.made),
            ];
            for (flag, set) in sets {
                if what.intersects(flag) {
                    set.insert(path.clone());
                }
            }
        }

        /// What was read, or opened and not only written; what the work itself made is its own.
        fn opened_by_others(mut self) -> BTreeSet<PathBuf> {
            self.opened.retain(|path| !self.written.contains(path));
            self.opened.extend(self.read);
            self.opened.retain(|path| !self.made.contains(path));
            self.opened
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod host {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::AuditError;

    pub struct Watch;

    impl Watch {
        pub fn of(_: &Path, _: &[PathBuf]) -> Result<Self, AuditError> {
            Err(AuditError::Unsupported)
        }

        pub fn during<R>(self, _: impl FnOnce() -> R) -> Result<(R, BTreeSet<PathBuf>), AuditError> {
            Err(AuditError::Unsupported)
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    #[test]
    fn files_that_are_read_or_executed_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["a/read", "listed/not-opened", "left/out", ".git/HEAD", "written"] {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), "1").unwrap();
        }
        fs::copy("/bin/true", at("program")).unwrap();
        let audit = Audit::of(dir.path(), &[at("left")]).unwrap();
        let (done, opened) = audit
            .during(|| {
                let script = "cat a/read left/out .git/HEAD >/dev/null; ls -R >/dev/null; ./program; stat written; \
                              echo 2 >>written; echo 3 >made; cat made; mkdir new; echo 4 >new/x; cat new/x";
                let mut command = Command::new("sh");
                command.args(["-ec", script]).current_dir(dir.path()).output().unwrap().status.success()
            })
            .unwrap();
        assert!(done);
        assert_eq!(opened, BTreeSet::from([at("a/read"), at("program")]));
    }
}
