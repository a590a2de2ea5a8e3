//! A backup of everything a server keeps, and the way back.
//!
//! A backup is taken while the server goes on, so its files are of different moments. They are taken in an order in which what
//! comes out is what a crash leaves, which every start can work with:
//!
//! 1. The journal's segments are held, those there are and those that come, though the server lets go of them meanwhile. What the
//!    copies below have not worked through begins in one of these, because a place in the journal that a file names only moves
//!    forward.
//! 2. `snapshots.db`: what the actors remember. Whatever they decided before is in the database already.
//! 3. `readings.db`.
//! 4. `dayi.db`, or the dump of a PostgreSQL database. It must be newer than the snapshots: an actor does not decide again
//!    what its snapshot knows, so a transition that is missing here would be lost. One that the snapshots do not know yet is
//!    decided again with the same number, and recognised.
//! 5. The journal up to its end, which lies behind every place that any of the files names.
//! 6. The [`manifest`], with the size and checksum of every file. Without it the folder is no backup.
//!
//! Each database is copied in one reading transaction, which keeps its writer from nothing but shortening the write-ahead log.

mod backup;
mod copying;
mod manifest;
mod progress;
mod restore;

pub(super) use backup::Backup;
pub(super) use restore::Restore;
