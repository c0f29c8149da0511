//! Why it is not known which files a step opens.

use std::io;
use std::path::PathBuf;

/// Why it is not known which files a step opens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The operating system refuses to watch the directory.
    #[error("cannot watch `{}`", path.display())]
    Host {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There are more directories than the system can watch.
    #[error(
        "the system cannot watch so many directories at once: the limit is in \
         `/proc/sys/fs/inotify/max_user_watches`"
    )]
    Limit,
    /// The system lost some of the events.
    #[error("more files were opened at once than the system reports")]
    Overflow,
    /// An audit needs Linux.
    #[error("this system does not report which files are opened; Linux does")]
    Unsupported,
}
