//! A PostgreSQL database as a file and back, by PostgreSQL's own programs.

use super::postgres::{self, Address};
use super::{DbError, Place};
use crate::platform::config::Config;
use reqwest::Url;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// Why there is no dump, or nothing came of one.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// PostgreSQL's program is not there.
    #[error(
        "{program} cannot be started: {source}. It comes with PostgreSQL (Debian: apt-get install postgresql-client)"
    )]
    Program {
        /// Which.
        program: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// PostgreSQL's program did not do it.
    #[error("{program} ended with {status}: {said}")]
    Failed {
        /// Which.
        program: &'static str,
        /// How.
        status: std::process::ExitStatus,
        /// What it said.
        said: String,
    },
    /// There is something in the database already.
    #[error("the database {place} is not empty: restore into a new one")]
    NotEmpty {
        /// Which.
        place: String,
    },
}

/// Writes the database into the file `to`, as it is at one moment; to be called only where the configuration has an address.
///
/// # Errors
/// When there is no `pg_dump`, or it fails.
pub async fn dump(config: &Config, to: &Path) -> Result<(), DumpError> {
    let Some((address, password)) = libpq(config)? else { return Ok(()) };
    let file = [OsStr::new("--file"), to.as_os_str(), OsStr::new("--format=custom")];
    run("pg_dump", &address, password, &file).await
}

/// Fills the database, which has to be empty, from the file `from`; all or nothing.
///
/// # Errors
/// When the database cannot be used or is not empty, there is no `pg_restore`, or it fails.
pub async fn restore(config: &Config, from: &Path) -> Result<(), DumpError> {
    let Some((address, password)) = libpq(config)? else { return Ok(()) };
    ensure_empty(config).await?;
    let file = [OsStr::new("--single-transaction"), OsStr::new("--exit-on-error"), from.as_os_str()];
    run("pg_restore", &address, password, &file).await
}

/// Whether a dump could be restored here.
///
/// # Errors
/// When the database cannot be used or is not empty.
pub async fn ensure_empty(config: &Config) -> Result<(), DumpError> {
    let Place::Postgres(address) = Place::of(config)? else { return Ok(()) };
    let mut connection = address.connect().await?;
    let empty = postgres::is_empty(&mut connection).await;
    postgres::close(connection).await;
    match empty {
        Ok(true) => Ok(()),
        Ok(false) => Err(DumpError::NotEmpty { place: address.to_string() }),
        Err(error) => Err(DbError::Unreachable { place: address.to_string(), why: error.to_string() }.into()),
    }
}

/// The address for PostgreSQL's programs without the password, and the password: a command line can be read by everybody.
fn libpq(config: &Config) -> Result<Option<(String, Option<String>)>, DbError> {
    let Some(text) = &config.database.url else { return Ok(None) };
    text.parse::<Address>()?;
    let mut url = Url::parse(text).map_err(|error| DbError::Url(error.to_string()))?;
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut password = url.password().map(decoded);
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    url.set_query(None);
    for (key, value) in pairs {
        if key == "password" {
            password = Some(value);
        } else {
            url.query_pairs_mut().append_pair(&key, &value);
        }
    }
    // Refused only for an address without a host, which has no password either.
    let _ = url.set_password(None);
    Ok(Some((url.into(), password)))
}

async fn run(
    program: &'static str,
    address: &str,
    password: Option<String>,
    arguments: &[&OsStr],
) -> Result<(), DumpError> {
    let mut command = Command::new(program);
    command.args(["--no-owner", "--no-privileges", "--no-password", "--dbname", address]).args(arguments);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let ended = command.spawn().map_err(|source| DumpError::Program { program, source })?.wait_with_output().await;
    let ended = ended.map_err(|source| DumpError::Program { program, source })?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    Err(DumpError::Failed { program, status: ended.status, said })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_not_in_the_address() {
        for url in
            ["postgres://u:a%40b%25@h/d?sslmode=require", "postgres://u@%2Ftmp%2Fx/d?password=a%40b%25&sslmode=require"]
        {
            let mut config = Config::default();
            config.database.url = Some(url.into());
            let (address, password) = libpq(&config).unwrap().unwrap();
            assert_eq!(password.as_deref(), Some("a@b%"));
            assert!(!address.contains("a%40b") && address.contains("sslmode=require"), "{address}");
        }
    }
}
