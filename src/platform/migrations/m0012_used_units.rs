//! Ids of units that were deleted: they are not given out again, because roles, rules and channels may still name them.
//!
//! Plain SQL that SQLite and PostgreSQL both take.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0012_used_units"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("CREATE TABLE used_unit (id TEXT PRIMARY KEY)").await?;
        Ok(())
    }
}
