use super::DbError;
use std::fs::{File, TryLockError};
use std::path::Path;

/// What is locked in a data folder. It stays when the lock is gone.
pub const LOCK: &str = "dayi.lock";
/// In a data folder into which a restore was begun and not finished: no server may start on half of the data.
pub const UNFINISHED: &str = "restore.unfinished";

/// A data folder that is this process's.
pub struct Claimed(File);

impl Claimed {
    /// Makes the folder and locks a file in it, so that a message is about the folder and not about SQLite. The system takes
    /// the lock back however the process ends.
    ///
    /// # Errors
    /// When the folder cannot be written, another process has it, or a restore into it was not finished.
    pub fn folder(folder: &Path) -> Result<Self, DbError> {
        let unusable = |source| DbError::Folder { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let file = File::create(folder.join(LOCK)).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) if folder.join(UNFINISHED).exists() => Err(DbError::Unfinished { path: folder.to_owned() }),
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(DbError::InUse { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Gives it back, also where clones live on for a moment.
    pub(super) fn give_back(&self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the data folder could not be given back");
        }
    }
}
