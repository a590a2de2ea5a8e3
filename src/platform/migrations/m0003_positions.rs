//! Where the journal stood when a state was decided.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_positions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = "ALTER TABLE state_interval ADD COLUMN position BIGINT NOT NULL DEFAULT 0";
        manager.get_connection().execute_unprepared(add).await.map(drop)
    }
}
