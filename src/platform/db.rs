//! The relational database: embedded SQLite in write-ahead mode, one writing connection and a pool of readers.
//!
//! One writer because SQLite has one write lock: sixteen writers that queue for it waited up to 1.4 s, one that
//! batches waits milliseconds.

use super::migrations::Migrator;
use crate::domain::InstrumentId;
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The database's name in the data folder.
const FILE: &str = "dayi.db";
/// Connections for reading.
const READERS: u32 = 4;

/// The open database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    write: DatabaseConnection,
    read: DatabaseConnection,
    /// The folder's lock; `None` beside a server that has it.
    claim: Option<Arc<File>>,
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
    /// Another server has the folder. Two would count one instrument's transitions twice.
    #[error("the data folder {path} is in use by another dayi: stop that one, or name another with data_dir or --data")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// There is nothing to join.
    #[error("there is no dayi data in {path}: name the server's folder with data_dir or --data")]
    Empty {
        /// The folder.
        path: PathBuf,
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
    /// Claims `folder` and opens `dayi.db` in it, making both if they are not there, and brings its tables up to date.
    ///
    /// # Errors
    /// When the folder cannot be written or another server has it, the file is no database, or a migration fails.
    pub async fn open(folder: &Path) -> Result<Self, DbError> {
        let claim = claim(folder)?;
        let db = Self::connect(folder, Some(Arc::new(claim))).await?;
        let path = folder.join(FILE);
        Migrator::up(&db.write, None).await.map_err(|source| DbError::Migrate { path, source })?;
        Ok(db)
    }

    /// Opens the database that is in `folder`, beside a server that may have it: for programs that add to it what no
    /// server writes.
    ///
    /// # Errors
    /// When there is no database in the folder; and as [`Db::open`].
    pub async fn join(folder: &Path) -> Result<Self, DbError> {
        if !folder.join(FILE).is_file() {
            return Err(DbError::Empty { path: folder.to_owned() });
        }
        match Self::open(folder).await {
            // The server that has it has brought its tables up to date.
            Err(DbError::InUse { .. }) => Self::connect(folder, None).await,
            Err(error) => Err(error),
            // A server may start meanwhile.
            Ok(opened) => Ok(Self { claim: None, ..opened }),
        }
    }

    async fn connect(folder: &Path, claim: Option<Arc<File>>) -> Result<Self, DbError> {
        let path = folder.join(FILE);
        let opening = |source| DbError::Open { path: path.clone(), source };
        let write = pool(&path, 1).await.map_err(opening)?;
        let read = pool(&path, READERS).await.map_err(opening)?;
        Ok(Self { write: write.into(), read: read.into(), claim })
    }

    /// Begins a transaction that will write. It takes the write lock at once and waits for another process that has it;
    /// one that reads first and writes later would be refused without waiting.
    ///
    /// # Errors
    /// When the database does not answer, or another process kept the lock for ten seconds.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.write.begin_with_options(options).await
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

    /// Begins a transaction that only reads, and sees the database all the while as it was at one moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        // Every transaction of SQLite does.
        let isolation_level =
            (self.read.get_database_backend() == DbBackend::Postgres).then_some(IsolationLevel::RepeatableRead);
        self.read.begin_with_options(TransactionOptions { isolation_level, ..TransactionOptions::default() }).await
    }

    /// Closes all connections and gives the folder back; the write-ahead log is folded into the file.
    pub async fn close(self) {
        for connection in [self.read, self.write] {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a database connection did not close");
            }
        }
        // Clones may live on for a moment.
        if let Some(Err(error)) = self.claim.map(|claim| claim.unlock()) {
            tracing::warn!(%error, "the data folder could not be given back");
        }
    }
}

/// The instrument that a row names.
///
/// # Errors
/// When the text is no id: then somebody else wrote the row.
pub fn instrument_id(text: &str) -> Result<InstrumentId, DbErr> {
    text.parse().map_err(|error| DbErr::Type(format!("{error}")))
}

/// Makes the folder and locks a file in it, so that a message is about the folder and not about SQLite. The system takes
/// the lock back however the process ends.
fn claim(folder: &Path) -> Result<File, DbError> {
    let unusable = |source| DbError::Folder { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(unusable)?;
    let file = File::create(folder.join("dayi.lock")).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DbError::InUse { path: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
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
