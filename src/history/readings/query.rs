use super::chart::Chart;
use super::chunk::Point;
use super::gatherer::Unwritten;
use super::table::{ByChunk, Table};
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
    unwritten: Option<Unwritten>,
}

impl Readings {
    /// Reads from the data folder what is written there: what came in the last minute may be missing.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.into(), unwritten: None }
    }

    /// With what is acknowledged and not written yet.
    #[must_use]
    pub fn with(self, unwritten: Unwritten) -> Self {
        Self { unwritten: Some(unwritten), ..self }
    }

    /// The readings of an instrument in `[from_ms, to_ms)`, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn points(
        &self,
        instrument: InstrumentId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Point>, ReadingsError> {
        self.read(instrument, move |table, id, unwritten| table.range(&id, from_ms, to_ms, &unwritten)).await
    }

    /// [`Readings::points`] as UTC milliseconds and ampere.
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

    /// `[from_ms, to_ms)` in at most `most` bins.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn chart(
        &self,
        instrument: InstrumentId,
        from_ms: i64,
        to_ms: i64,
        most: u32,
    ) -> Result<Chart, ReadingsError> {
        self.read(instrument, move |table, id, unwritten| table.chart(&id, from_ms, to_ms, most, &unwritten)).await
    }

    /// Reads on a thread that may wait for the disk. Where there is no file yet, there is nothing.
    async fn read<T: Default + Send + 'static>(
        &self,
        instrument: InstrumentId,
        with: impl FnOnce(&Table, InstrumentId, ByChunk) -> Result<T, ReadingsError> + Send + 'static,
    ) -> Result<T, ReadingsError> {
        let unwritten = match &self.unwritten {
            Some(unwritten) => unwritten.of(&instrument).await,
            None => ByChunk::new(),
        };
        let folder = self.folder.clone();
        let read = tokio::task::spawn_blocking(move || match Table::open_to_read(&folder)? {
            Some(table) => with(&table, instrument, unwritten),
            None => Ok(T::default()),
        });
        read.await.unwrap_or_else(|error| Err(ReadingsError::Thread(error.to_string())))
    }

    /// [`Readings::range`] of what is written, for who may wait.
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
            Some(table) => Ok(plain(table.range(instrument, from_ms, to_ms, &ByChunk::new())?)),
            None => Ok(Vec::new()),
        }
    }

    /// The written readings of many instruments in `[from_ms, to_ms)`, each handed to `with`; those that cannot be read are left
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
            match table.range(&instrument, from_ms, to_ms, &ByChunk::new()) {
                Ok(points) => with(instrument, plain(points)),
                Err(error) => tracing::warn!(%instrument, %error, "an instrument's last readings could not be read"),
            }
        }
        Ok(())
    }
}

fn plain(points: Vec<Point>) -> Vec<(i64, f32)> {
    points.into_iter().map(|point| (point.ts_ms, point.current_a)).collect()
}
