//! A number over all state changes, in the order in which they were recorded, and who has followed them how far.
//!
//! Plain SQL that SQLite and PostgreSQL both take. Times are UTC milliseconds.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_change_numbers"
    }
}

const UP: [&str; 5] = [
    "ALTER TABLE state_interval ADD COLUMN number BIGINT NOT NULL DEFAULT 0",
    // In which order they were recorded is not known any more: the order in which they happened comes nearest.
    "UPDATE state_interval SET number = numbered.number
        FROM (
            SELECT instrument_id, seq, row_number() OVER (ORDER BY start_ms, instrument_id, seq) AS number
            FROM state_interval
        ) AS numbered
        WHERE state_interval.instrument_id = numbered.instrument_id AND state_interval.seq = numbered.seq",
    "CREATE UNIQUE INDEX state_interval_number ON state_interval (number)",
    // How far a sink is: a change's number, or a place in the journal; and the time of what stands there.
    "CREATE TABLE sink_cursor (
        sink TEXT PRIMARY KEY,
        at BIGINT NOT NULL,
        at_ms BIGINT NOT NULL
    )",
    // What InfluxDB refused, with its reason.
    "CREATE TABLE influx_set_aside (
        id TEXT PRIMARY KEY,
        at_ms BIGINT NOT NULL,
        stream TEXT NOT NULL,
        reason TEXT NOT NULL,
        line TEXT NOT NULL
    )",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in UP {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
