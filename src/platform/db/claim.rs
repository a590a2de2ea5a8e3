use super::DbError;
use std::fs::{File, TryLockError};
use std::path::Path;

/// Makes the folder and locks a file in it, so that a message is about the folder and not about SQLite. The system takes
/// the lock back however the process ends.
pub(super) fn claim(folder: &Path) -> Result<File, DbError> {
    let unusable = |source| DbError::Folder { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(unusable)?;
    let file = File::create(folder.join("dayi.lock")).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DbError::InUse { path: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}
