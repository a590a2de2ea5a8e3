//! The snapshots' file: one row an instrument, and how far in the journal they all reach.

use crate::domain::InstrumentId;
use crate::journal::Position;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The file's name in the data folder.
pub const FILE: &str = "snapshots.db";

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS snapshot (instrument TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS reader (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL) STRICT;
    PRAGMA user_version = 1;";

/// Why snapshots could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file cannot be opened.
    #[error(
        "the snapshots in {path} cannot be opened: {source}. Without the file dayi starts from what the databases know"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// SQLite refused.
    #[error("the snapshots' database refused: {0}")]
    Sql(#[from] rusqlite::Error),
}

/// The open file. Cheap to clone; its calls block.
#[derive(Clone)]
pub struct Snapshots {
    connection: Arc<Mutex<Connection>>,
}

impl Snapshots {
    /// Opens the file in the data folder, or makes it.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(data: &Path) -> Result<Self, SnapshotError> {
        let path = data.join(FILE);
        let opening = |source| SnapshotError::Open { path: path.clone(), source };
        let connection = Connection::open(&path).map_err(opening)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(opening)?;
        // The journal lets go of what a snapshot holds: the disk must have it.
        connection.pragma_update(None, "synchronous", "FULL").map_err(opening)?;
        connection.execute_batch(TABLES).map_err(opening)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    /// The place in the journal before which nothing needs to be read again.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn position(&self) -> Result<Position, SnapshotError> {
        let position =
            self.lock().query_row("SELECT position FROM reader", [], |row| row.get::<_, i64>(0)).optional()?;
        Ok(position.map_or(0, i64::cast_unsigned))
    }

    /// All snapshots, as they were put.
    pub(crate) fn all(&self) -> Result<HashMap<String, Vec<u8>>, SnapshotError> {
        let connection = self.lock();
        let mut query = connection.prepare("SELECT instrument, data FROM snapshot")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The snapshot of one instrument.
    pub(crate) fn of(&self, instrument: &InstrumentId) -> Result<Option<Vec<u8>>, SnapshotError> {
        let query = "SELECT data FROM snapshot WHERE instrument = ?";
        Ok(self.lock().query_row(query, [instrument.as_str()], |row| row.get(0)).optional()?)
    }

    /// Puts snapshots in the place of those before.
    pub(crate) fn put(&self, snapshots: &[(InstrumentId, Vec<u8>)]) -> Result<(), SnapshotError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        {
            let mut put =
                transaction.prepare_cached("INSERT OR REPLACE INTO snapshot (instrument, data) VALUES (?, ?)")?;
            for (instrument, data) in snapshots {
                put.execute(params![instrument.as_str(), data])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Nothing before `position` needs to be read again.
    pub(crate) fn put_position(&self, position: Position) -> Result<(), SnapshotError> {
        let put = "INSERT OR REPLACE INTO reader (id, position) VALUES (1, ?)";
        self.lock().execute(put, [position.cast_signed()])?;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
