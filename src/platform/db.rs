//! The relational database: embedded SQLite ([`sqlite`]) or a PostgreSQL server ([`postgres`]), behind the same code.
//!
//! One server at a time: it claims its data folder ([`claim`]) and, on PostgreSQL, the database ([`watch`]).

mod claim;
mod dump;
mod error;
mod postgres;
mod schema;
mod sqlite;
mod watch;

use super::config::Config;
use crate::domain::InstrumentId;
pub use claim::{Claimed, LOCK, UNFINISHED};
pub use dump::{DumpError, dump, ensure_empty, restore};
pub use error::DbError;
use postgres::Address;
pub use schema::Schema;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
pub use watch::Standing;
use watch::Watch;

/// The embedded database's name in the data folder.
pub const FILE: &str = "dayi.db";

/// How long connections have to close.
const CLOSING: Duration = Duration::from_secs(3);

/// The open database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    claim: Claim,
}

/// Connections that may write, and those for reading.
#[derive(Clone)]
struct Pools {
    write: DatabaseConnection,
    read: DatabaseConnection,
}

/// What keeps other servers away; empty beside one.
#[derive(Clone, Default)]
struct Claim {
    folder: Option<Arc<Claimed>>,
    database: Option<Arc<Watch>>,
}

/// Where a database is.
enum Place {
    Sqlite(PathBuf),
    Postgres(Address),
}

impl Place {
    fn of(config: &Config) -> Result<Self, DbError> {
        match &config.database.url {
            Some(url) => Ok(Self::Postgres(url.parse()?)),
            None => Ok(Self::Sqlite(config.data_dir.join(FILE))),
        }
    }

    async fn connect(&self) -> Result<Pools, DbError> {
        match self {
            Self::Sqlite(path) => sqlite::connect(path).await,
            Self::Postgres(address) => {
                // One that cannot be reached is said at once, and why.
                postgres::close(address.connect().await?).await;
                Ok(address.pools())
            }
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(address) => write!(f, "{address}"),
        }
    }
}

impl Db {
    /// Claims the data folder and its database, making both if they are not there (a PostgreSQL database must be), and brings
    /// the tables up to date.
    ///
    /// # Errors
    /// When the folder cannot be written or another server has it, the database cannot be used, or a migration fails.
    pub async fn open(config: &Config) -> Result<Self, DbError> {
        let (place, db) = Self::open_as_it_is(config).await?;
        schema::bring_up_to_date(&db.pools.write, &place.to_string()).await?;
        Ok(db)
    }

    async fn open_as_it_is(config: &Config) -> Result<(Place, Self), DbError> {
        let place = Place::of(config)?;
        let folder = Some(Arc::new(Claimed::folder(&config.data_dir)?));
        let database = match &place {
            Place::Sqlite(_) => None,
            Place::Postgres(address) => Some(Arc::new(Watch::start(address.clone()).await?)),
        };
        let pools = place.connect().await?;
        Ok((place, Self { pools, claim: Claim { folder, database } }))
    }

    /// Brings the tables up to date without a server, and returns which were.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn migrate(config: &Config) -> Result<Schema, DbError> {
        let (place, db) = Self::open_as_it_is(config).await?;
        let before = schema::bring_up_to_date(&db.pools.write, &place.to_string()).await;
        db.close().await;
        before
    }

    /// Which versions of the tables there are, whether a server runs or not. Changes nothing.
    ///
    /// # Errors
    /// When there is no database, or it cannot be used.
    pub async fn look(config: &Config) -> Result<Schema, DbError> {
        let place = Place::of(config)?;
        if matches!(&place, Place::Sqlite(path) if !path.is_file()) {
            return Err(DbError::Empty { path: config.data_dir.clone() });
        }
        let db = Self { pools: place.connect().await?, claim: Claim::default() };
        let read = Schema::read(&db.pools.read, &place.to_string()).await;
        db.close().await;
        read
    }

    /// Opens the database of the data folder, beside a server that may have it: for programs that add to it what no server
    /// writes.
    ///
    /// # Errors
    /// When there is no database; and as [`Db::open`].
    pub async fn join(config: &Config) -> Result<Self, DbError> {
        let place = Place::of(config)?;
        let there = match &place {
            Place::Sqlite(path) => path.is_file(),
            Place::Postgres(_) => config.data_dir.is_dir(),
        };
        if !there {
            return Err(DbError::Empty { path: config.data_dir.clone() });
        }
        match Self::open(config).await {
            // The server that has it has brought its tables up to date.
            Err(DbError::InUse { .. } | DbError::Claimed { .. }) => {
                Ok(Self { pools: place.connect().await?, claim: Claim::default() })
            }
            Err(error) => Err(error),
            Ok(mut opened) => {
                // A server may start meanwhile.
                std::mem::take(&mut opened.claim).give_back().await;
                Ok(opened)
            }
        }
    }

    /// Begins a transaction that will write. It takes the one lock of writers at once and waits for another process that has
    /// it: what is read in it holds until it ends.
    ///
    /// # Errors
    /// When the database does not answer, or another process kept the lock for ten seconds.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.pools.write.begin_with_options(options).await?;
        if transaction.get_database_backend() == DbBackend::Postgres {
            postgres::lock_for_writing(&transaction).await?;
        }
        Ok(transaction)
    }

    /// Connections that may write; for one statement, which needs no transaction.
    #[must_use]
    pub fn writer(&self) -> &DatabaseConnection {
        &self.pools.write
    }

    /// Connections for reading.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.pools.read
    }

    /// Begins a transaction that only reads, and sees the database all the while as it was at one moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        // Every transaction of SQLite does.
        let isolation_level =
            (self.pools.read.get_database_backend() == DbBackend::Postgres).then_some(IsolationLevel::RepeatableRead);
        self.pools
            .read
            .begin_with_options(TransactionOptions { isolation_level, ..TransactionOptions::default() })
            .await
    }

    /// What the database is, and its version, such as `PostgreSQL 17.4`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn version(&self) -> Result<String, DbErr> {
        let backend = self.reader().get_database_backend();
        let (name, ask) = match backend {
            DbBackend::Postgres => ("PostgreSQL", "SELECT current_setting('server_version') AS version"),
            _ => ("SQLite", "SELECT sqlite_version() AS version"),
        };
        let row = self.reader().query_one_raw(Statement::from_string(backend, ask)).await?;
        let version: String = row.map_or(Ok(String::new()), |row| row.try_get("", "version"))?;
        Ok(format!("{name} {version}"))
    }

    /// How this server stands with its database.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.claim.database.as_ref().map_or(Standing::Ours, |watch| watch.standing().borrow().clone())
    }

    /// Returns when the database stands so with this server; an embedded one always stands as at the beginning.
    pub async fn stands(&self, so: impl Fn(&Standing) -> bool) {
        if let Some(watch) = &self.claim.database
            && watch.standing().wait_for(so).await.is_ok()
        {
            return;
        }
        std::future::pending().await
    }

    /// Closes all connections and gives the folder and the database back; SQLite's write-ahead log is folded into the file.
    pub async fn close(self) {
        for connection in [self.pools.read, self.pools.write] {
            // One that is in use meanwhile, or waits for a server that is away, is not waited for.
            match timeout(CLOSING, connection.close()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "a database connection did not close"),
                Err(_) => tracing::warn!("a database connection did not close in time"),
            }
        }
        self.claim.give_back().await;
    }
}

impl Claim {
    async fn give_back(self) {
        if let Some(watch) = self.database {
            watch.close().await;
        }
        if let Some(folder) = self.folder {
            folder.give_back();
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
