use sea_orm::{DbErr, sqlx};
use std::io;
use std::path::PathBuf;

/// Why the database cannot be used. Each message says what to do.
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
        source: io::Error,
    },
    /// Another server has the folder. Two would count one instrument's transitions twice.
    #[error("the data folder {path} is in use by another dayi: stop that one, or name another with data_dir or --data")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A restore into the folder was begun and not finished.
    #[error("a restore into the data folder {path} was not finished: remove what is in it and restore again")]
    Unfinished {
        /// The folder.
        path: PathBuf,
    },
    /// Another server has the PostgreSQL database.
    #[error("the database {place} is in use by another dayi: stop that one, or name another with [database] url")]
    Claimed {
        /// Which.
        place: String,
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
        source: sqlx::Error,
    },
    /// The address is none.
    #[error("[database] url cannot be used: {0}. It looks like postgres://user:password@host:5432/database")]
    Url(String),
    /// The server does not answer.
    #[error(
        "the database {place} does not answer: {why}. See whether the PostgreSQL server runs and [database] url names it"
    )]
    Unreachable {
        /// Which.
        place: String,
        /// What was said.
        why: String,
    },
    /// The server does not let this user in.
    #[error(
        "the database {place} does not let the user {user} in: {source}. See the user and the password in [database] url, and the server's pg_hba.conf"
    )]
    Login {
        /// Which.
        place: String,
        /// Whom.
        user: String,
        /// What the server said.
        source: Box<sqlx::Error>,
    },
    /// There is no TLS as asked for.
    #[error(
        "the database {place} cannot be reached over TLS: {source}. See sslmode and sslrootcert in [database] url, and ssl in the server's postgresql.conf"
    )]
    Tls {
        /// Which.
        place: String,
        /// What went wrong.
        source: Box<sqlx::Error>,
    },
    /// The server has no such database.
    #[error(
        "there is no database {place}: create it with CREATE DATABASE \"{database}\" ENCODING 'UTF8' TEMPLATE template0, or name another with [database] url"
    )]
    Missing {
        /// Which, and where.
        place: String,
        /// Its name.
        database: String,
    },
    /// The server or its database is none for dayi.
    #[error("the database {place} cannot be used: {why}")]
    Unsuitable {
        /// Which.
        place: String,
        /// Why, and what would do.
        why: String,
    },
    /// The tables are those of a later version.
    #[error(
        "the database {place} is from a newer version of dayi ({versions}): update dayi, or restore a backup from before"
    )]
    Newer {
        /// Which.
        place: String,
        /// The versions of the tables that this program does not know.
        versions: String,
    },
    /// The tables could not be brought up to date.
    #[error("the database {place} could not be brought up to this version: {source}")]
    Migrate {
        /// Which.
        place: String,
        /// What went wrong.
        source: DbErr,
    },
}
