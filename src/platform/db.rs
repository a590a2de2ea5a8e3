//! The relational database: embedded SQLite in write-ahead mode, one writing connection and a pool of readers.
//!
//! One writer because SQLite has one write lock: sixteen writers that queue for it waited up to 1.4 s, one that
//! batches waits milliseconds.

use super::migrations::Migrator;
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::{DatabaseConnection, DbErr};
use sea_orm_migration::MigratorTrait;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Connections for reading.
const READERS: u32 = 4;

/// The open database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    write: DatabaseConnection,
    read: DatabaseConnection,
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The folder cannot be made or written.
    #[error(
        "the data folder {path} cannot be used: {source}. Name another with data_dir or --data, or change its owner"
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be opened as a database.
    #[error("the database {path} cannot be opened: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: sea_orm::sqlx::Error,
    },
    /// The tables could not be brought up to date.
    #[error("the database {path} could not be brought up to this version: {source}")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: DbErr,
    },
}

impl Db {
    /// Opens `dayi.db` in `folder`, making both if they are not there, and brings its tables up to date.
    ///
    /// # Errors
    /// When the folder cannot be written, the file is no database, or a migration fails.
    pub async fn open(folder: &Path) -> Result<Self, DbError> {
        prepare_folder(folder).map_err(|source| DbError::Folder { path: folder.to_owned(), source })?;
        let path = folder.join("dayi.db");
        let opening = |source| DbError::Open { path: path.clone(), source };
        let write = pool(&path, 1).await.map_err(opening)?;
        let read = pool(&path, READERS).await.map_err(opening)?;
        let db = Self { write: write.into(), read: read.into() };
        Migrator::up(&db.write, None).await.map_err(|source| DbError::Migrate { path, source })?;
        Ok(db)
    }

    /// The one connection that may write.
    #[must_use]
    pub fn writer(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Connections for reading.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.read
    }

    /// Closes all connections; the write-ahead log is folded into the file.
    pub async fn close(self) {
        for connection in [self.read, self.write] {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a database connection did not close");
            }
        }
    }
}

/// Makes the folder and tries to write in it, so that the message is about the folder and not about SQLite.
fn prepare_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let probe = folder.join(".writable");
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(probe)
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
