use std::io;
use std::path::PathBuf;

/// Why the journal did not do it.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file or the folder.
    #[error("the journal in {path} cannot be used: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that is not a segment of a journal lies where one should be.
    #[error(
        "{path} is no segment of dayi's journal, or one of a newer version: move it away, or name another folder with --data"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A segment came and went while others were held.
    #[error("the journal moved on faster than it could be held: what follows {at} is missing. Try again")]
    Missed {
        /// Where the missing one begins.
        at: u64,
    },
    /// The disk took no more. Nothing was kept of what was to be appended.
    #[error("the journal takes no readings for now: {0}")]
    Refused(String),
    /// The server stops.
    #[error("the journal is closed")]
    Closed,
}
