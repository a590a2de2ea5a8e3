//! A PostgreSQL server behind the same code.
//!
//! Writers keep SQLite's order: a transaction that writes holds one advisory lock ([`lock_for_writing`]), so what is
//! read in it and written after stays right, whichever process writes.

use super::{DbError, Pools};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::{self, ConnectOptions, Connection, PgConnection};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// The oldest server that is tried and supported.
const OLDEST: i32 = 15;
/// Connections for reading.
const READERS: u32 = 8;
/// Connections for writing: one writes, the others do what needs no transaction, or make up for one that hangs.
const WRITERS: u32 = 4;
/// How long a new connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long who reads waits for a connection before it is told that the database is away.
const READER_WAITS: Duration = Duration::from_secs(3);
/// How long who writes waits for one.
const WRITER_WAITS: Duration = Duration::from_secs(10);

/// The first half of the keys of all advisory locks here: "dayi".
const FAMILY: i32 = 0x6461_7969;
/// The second half: the server that has the database.
const CLAIM: i32 = 1;
/// The second half: the transaction that writes.
const WRITING: i32 = 2;

/// What every connection asks the server for: a lock that is held by somebody is waited for no longer than SQLite's, and a
/// session whose program or machine is gone ends within about a minute, with its locks.
const SESSION: [(&str, &str); 6] = [
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "60s"),
    ("tcp_keepalives_idle", "20"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "60000"),
];

/// A database on a server. Says where it is without the password.
#[derive(Clone, Debug)]
pub(super) struct Address(Arc<PgConnectOptions>);

impl FromStr for Address {
    type Err = DbError;

    fn from_str(url: &str) -> Result<Self, DbError> {
        if !(url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            return Err(DbError::Url("it begins with another scheme".into()));
        }
        let options = PgConnectOptions::from_str(url).map_err(|error| DbError::Url(error.to_string()))?;
        if options.get_database().is_none() {
            return Err(DbError::Url("it names no database".into()));
        }
        Ok(Self(Arc::new(options.application_name("dayi").options(SESSION))))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (options, database) = (&self.0, self.0.get_database().unwrap_or_default());
        match options.get_socket() {
            Some(socket) => write!(f, "{database} behind {}", socket.display()),
            None => write!(f, "{database} on {}:{}", options.get_host(), options.get_port()),
        }
    }
}

impl Address {
    /// One connection of its own to a server that can be used.
    pub(super) async fn connect(&self) -> Result<PgConnection, DbError> {
        let connected = tokio::time::timeout(CONNECT, self.0.connect()).await;
        let mut connection = match connected {
            Ok(connected) => connected.map_err(|source| self.refused(source))?,
            Err(_) => return Err(DbError::Unreachable { place: self.to_string(), why: "it took too long".into() }),
        };
        self.check(&mut connection).await?;
        Ok(connection)
    }

    /// Connections that are opened when they are needed, and again when they were lost.
    pub(super) fn pools(&self) -> Pools {
        let pool = |connections, waits| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(waits)
                .connect_lazy_with(self.0.as_ref().clone())
        };
        Pools { write: pool(WRITERS, WRITER_WAITS).into(), read: pool(READERS, READER_WAITS).into() }
    }

    async fn check(&self, connection: &mut PgConnection) -> Result<(), DbError> {
        let ask = "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding'), pg_is_in_recovery()";
        let (version, encoding, replica): (i32, String, bool) =
            sqlx::query_as(ask).fetch_one(connection).await.map_err(|source| self.refused(source))?;
        let unsuitable = |why| Err(DbError::Unsuitable { place: self.to_string(), why });
        if version < OLDEST {
            return unsuitable(format!("its server is PostgreSQL {version}; dayi needs {OLDEST} or later"));
        }
        if encoding != "UTF8" {
            return unsuitable(format!(
                "its encoding is {encoding}; dayi needs UTF8: create it with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
            ));
        }
        if replica {
            return unsuitable("its server is a replica, which takes no writes: name the primary".into());
        }
        Ok(())
    }

    /// What stopped a connection, in words that say what to do.
    fn refused(&self, source: sqlx::Error) -> DbError {
        let place = self.to_string();
        let code = source.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
        match (code.as_deref(), &source) {
            // A wrong password; no such user, or none that may come from here.
            (Some("28P01" | "28000"), _) => {
                DbError::Login { place, user: self.0.get_username().to_owned(), source: source.into() }
            }
            (Some("3D000"), _) => {
                DbError::Missing { place, database: self.0.get_database().unwrap_or_default().to_owned() }
            }
            (_, sqlx::Error::Tls(_)) => DbError::Tls { place, source: source.into() },
            // A certificate that does not hold comes this way.
            (_, sqlx::Error::Io(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
                DbError::Tls { place, source: source.into() }
            }
            _ => DbError::Unreachable { place, why: source.to_string() },
        }
    }
}

/// Takes the one lock of writers; it is given back with the end of the transaction.
pub(super) async fn lock_for_writing(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({FAMILY}, {WRITING})")).await.map(drop)
}

/// Takes the database for this server, for as long as the connection lives; whether nobody else has it. Waits a moment: the
/// session of a server that was killed ends a little after it.
pub(super) async fn claim(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query("SET lock_timeout = '2s'").execute(&mut *connection).await?;
    let lock = sqlx::query("SELECT pg_advisory_lock($1, $2)").bind(FAMILY).bind(CLAIM);
    match lock.execute(connection).await {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether there are no tables where ours would be.
pub(super) async fn is_empty(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let ask = "SELECT NOT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema())";
    sqlx::query_scalar(ask).fetch_one(connection).await
}

/// Ends a connection, whether the server hears of it or not.
pub(super) async fn close(connection: PgConnection) {
    let _ = tokio::time::timeout(Duration::from_secs(1), connection.close()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_and_not_the_password() {
        let address: Address = "postgres://dayi:se%20cret@db.example:6000/states?sslmode=require".parse().unwrap();
        assert_eq!(address.to_string(), "states on db.example:6000");
        for wrong in ["mysql://a/b", "postgres://", "nonsense", "postgres://u:secret@[::1/x"] {
            let error = wrong.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("[database] url") && !error.contains("secret"), "{error}");
        }
    }
}
