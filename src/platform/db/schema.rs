//! The tables' versions.

use super::DbError;
use crate::platform::migrations::Migrator;
use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use sea_orm_migration::{MigratorTrait, SchemaManager};
use std::collections::BTreeSet;

/// Where the migrations keep what was done.
const DONE: &str = "seaql_migrations";

/// Which versions of the tables a database has seen, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Those that were done.
    pub done: Vec<String>,
    /// Those that are to be done.
    pub pending: Vec<String>,
}

impl Schema {
    /// Reads and changes nothing. A database that a later version has changed is refused.
    pub(super) async fn read(db: &DatabaseConnection, place: &str) -> Result<Self, DbError> {
        let mut found = done(db).await.map_err(|source| DbError::Migrate { place: place.to_owned(), source })?;
        let known = Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
        let (done, pending) = known.partition(|name| found.remove(name));
        if found.is_empty() {
            return Ok(Self { done, pending });
        }
        let versions = found.into_iter().collect::<Vec<_>>().join(", ");
        Err(DbError::Newer { place: place.to_owned(), versions })
    }
}

async fn done(db: &DatabaseConnection) -> Result<BTreeSet<String>, DbErr> {
    if !SchemaManager::new(db).has_table(DONE).await? {
        return Ok(BTreeSet::new());
    }
    let select = Query::select().column("version").from(DONE).to_owned();
    db.query_all(&select).await?.into_iter().map(|row| row.try_get("", "version")).collect()
}

/// Does what is pending, and returns how it was before.
pub(super) async fn bring_up_to_date(db: &DatabaseConnection, place: &str) -> Result<Schema, DbError> {
    let before = Schema::read(db, place).await?;
    Migrator::up(db, None).await.map_err(|source| DbError::Migrate { place: place.to_owned(), source })?;
    Ok(before)
}
