//! The tables' versions.

use super::DbError;
use crate::platform::migrations::Migrator;
use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use sea_orm_migration::{MigratorTrait, SchemaManager};
use std::collections::HashSet;

/// Where the migrations keep what was done.
const DONE: &str = "seaql_migrations";

/// Which versions of the tables a database has seen, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Those that were done and are known.
    pub done: Vec<String>,
    /// Those that are to be done.
    pub pending: Vec<String>,
    /// Those that a later version of dayi did.
    pub unknown: Vec<String>,
}

impl Schema {
    /// Reads and changes nothing.
    pub(super) async fn read(db: &DatabaseConnection) -> Result<Self, DbErr> {
        let mut found = HashSet::new();
        if SchemaManager::new(db).has_table(DONE).await? {
            let select = Query::select().column("version").from(DONE).to_owned();
            for row in db.query_all(&select).await? {
                found.insert(row.try_get::<String>("", "version")?);
            }
        }
        let known = Migrator::migrations().into_iter().map(|migration| migration.name().to_owned());
        let (done, pending) = known.partition(|name| found.remove(name));
        let mut unknown: Vec<String> = found.into_iter().collect();
        unknown.sort_unstable();
        Ok(Self { done, pending, unknown })
    }
}

/// Does what is pending, and returns how it was before.
pub(super) async fn bring_up_to_date(db: &DatabaseConnection, place: &str) -> Result<Schema, DbError> {
    let failed = |source| DbError::Migrate { place: place.to_owned(), source };
    let before = Schema::read(db).await.map_err(failed)?;
    if !before.unknown.is_empty() {
        return Err(DbError::Newer { place: place.to_owned(), versions: before.unknown.join(", ") });
    }
    Migrator::up(db, None).await.map_err(failed)?;
    Ok(before)
}
