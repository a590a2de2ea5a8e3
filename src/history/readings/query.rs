use super::chunk::Point;
use super::table::Table;
use crate::domain::InstrumentId;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why readings could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum ReadingsError {
    /// The file cannot be opened.
    #[error("the readings in {path} cannot be opened: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file is from a later version.
    #[error("the readings in {path} are from a newer version of dayi: update dayi, or name another folder with --data")]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// SQLite refused.
    #[error("the readings' database refused: {0}")]
    Sql(#[from] rusqlite::Error),
    /// A chunk is damaged.
    #[error("a chunk of readings cannot be read: {0}")]
    Chunk(String),
    /// The thread that reads has died.
    #[error("the readings could not be read: {0}")]
    Thread(String),
}

/// Answers what was measured when. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Readings {
    folder: Arc<Path>,
}

impl Readings {
    /// Reads from the data folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }

    /// The readings of an instrument in `[from_ms, to_ms)` (UTC milliseconds, ampere), oldest first. What came in the
    /// last minute may be missing.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn range_blocking(
        &self,
        instrument: &InstrumentId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<(i64, f32)>, ReadingsError> {
        match Table::open_to_read(&self.folder)? {
            Some(table) => Ok(plain(table.range(instrument, from_ms, to_ms)?)),
            None => Ok(Vec::new()),
        }
    }

    /// [`Readings::range`] with the delays between measuring and receipt.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn points(
        &self,
        instrument: InstrumentId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Point>, ReadingsError> {
        let folder = self.folder.clone();
        let read = tokio::task::spawn_blocking(move || match Table::open_to_read(&folder)? {
            Some(table) => table.range(&instrument, from_ms, to_ms),
            None => Ok(Vec::new()),
        });
        read.await.unwrap_or_else(|error| Err(ReadingsError::Thread(error.to_string())))
    }

    /// The readings of many instruments in `[from_ms, to_ms)`, each handed to `with`; those that cannot be read are left
    /// out and said in the log.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn each_blocking(
        &self,
        instruments: impl IntoIterator<Item = InstrumentId>,
        from_ms: i64,
        to_ms: i64,
        mut with: impl FnMut(InstrumentId, Vec<(i64, f32)>),
    ) -> Result<(), ReadingsError> {
        let Some(table) = Table::open_to_read(&self.folder)? else { return Ok(()) };
        for instrument in instruments {
            match table.range(&instrument, from_ms, to_ms) {
                Ok(points) => with(instrument, plain(points)),
                Err(error) => tracing::warn!(%instrument, %error, "an instrument's last readings could not be read"),
            }
        }
        Ok(())
    }

    /// [`Readings::range_blocking`] on a thread of its own.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn range(
        &self,
        instrument: InstrumentId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<(i64, f32)>, ReadingsError> {
        Ok(plain(self.points(instrument, from_ms, to_ms).await?))
    }
}

fn plain(points: Vec<Point>) -> Vec<(i64, f32)> {
    points.into_iter().map(|point| (point.ts_ms, point.current_a)).collect()
}
