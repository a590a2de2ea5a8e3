//! How long each instrument was in each state, day by day; the rules of what of it counts; and an index for "which state
//! was it in at this time".
//!
//! Plain SQL that SQLite and PostgreSQL both take. Times are milliseconds; a day is counted from 1970 in local time.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_usage"
    }
}

const UP: [&str; 5] = [
    "CREATE INDEX state_interval_start ON state_interval (instrument_id, start_ms)",
    // The newest day's rows lie side by side, where the recorder writes them.
    "CREATE TABLE usage_day (
        day BIGINT NOT NULL,
        instrument_id TEXT NOT NULL,
        unknown_ms BIGINT NOT NULL DEFAULT 0,
        offline_ms BIGINT NOT NULL DEFAULT 0,
        off_ms BIGINT NOT NULL DEFAULT 0,
        standby_ms BIGINT NOT NULL DEFAULT 0,
        on_ms BIGINT NOT NULL DEFAULT 0,
        effective_ms BIGINT NOT NULL DEFAULT 0,
        PRIMARY KEY (day, instrument_id)
    )",
    "CREATE INDEX usage_day_instrument ON usage_day (instrument_id, day)",
    // What is null is inherited.
    "CREATE TABLE hours_rule (
        instrument_id TEXT PRIMARY KEY REFERENCES instrument (id) ON DELETE CASCADE,
        gap_min BIGINT,
        preparation_min BIGINT,
        post_processing_min BIGINT
    )",
    // The zone the days are cut in, and the last instrument whose days are counted anew; null when all are.
    "CREATE TABLE usage_count (
        id SMALLINT PRIMARY KEY,
        zone_minutes BIGINT NOT NULL,
        counted_to TEXT
    )",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in UP {
            let clustered =
                manager.get_database_backend() == DbBackend::Sqlite && statement.contains("TABLE usage_day");
            let tail = if clustered { " WITHOUT ROWID" } else { "" };
            manager.get_connection().execute_unprepared(&format!("{statement}{tail}")).await?;
        }
        Ok(())
    }
}
