//! The embedded SQLite in write-ahead mode: one writing connection and a pool of readers.
//!
//! One writer because SQLite has one write lock: sixteen writers that queue for it waited up to 1.4 s, one that
//! batches waits milliseconds.

use super::{DbError, Pools};
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::path::Path;
use std::time::Duration;

/// Connections for reading.
const READERS: u32 = 4;

/// Opens the file, and makes it if it is not there.
pub(super) async fn connect(path: &Path) -> Result<Pools, DbError> {
    let opening = |source| DbError::Open { path: path.to_owned(), source };
    let write = pool(path, 1).await.map_err(opening)?;
    let read = pool(path, READERS).await.map_err(opening)?;
    Ok(Pools { write: write.into(), read: read.into() })
}

async fn pool(path: &Path, connections: u32) -> Result<SqlitePool, sea_orm::sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .foreign_keys(true);
    SqlitePoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
}
