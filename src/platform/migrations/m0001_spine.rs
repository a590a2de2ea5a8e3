//! Institutions, instruments, sensors and their bindings, state intervals, models, and when the server last lived.
//!
//! Plain SQL that SQLite and PostgreSQL both take. Times are UTC milliseconds.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_spine"
    }
}

const UP: [&str; 8] = [
    "CREATE TABLE institution (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        name_en TEXT NOT NULL,
        city TEXT NOT NULL,
        city_en TEXT NOT NULL
    )",
    "CREATE TABLE instrument (
        id TEXT PRIMARY KEY,
        institution_id TEXT NOT NULL REFERENCES institution (id),
        name TEXT NOT NULL,
        name_en TEXT NOT NULL,
        class TEXT NOT NULL,
        maker TEXT NOT NULL,
        model TEXT NOT NULL,
        rated_current_a DOUBLE PRECISION
    )",
    // What a sensor shows in CONNECT; the token only as its SHA-256.
    "CREATE TABLE sensor (
        client_id TEXT PRIMARY KEY,
        token_sha256 TEXT NOT NULL
    )",
    "CREATE TABLE binding (
        client_id TEXT NOT NULL REFERENCES sensor (client_id) ON DELETE CASCADE,
        prefix TEXT NOT NULL,
        dialect TEXT NOT NULL,
        channel SMALLINT NOT NULL,
        instrument_id TEXT NOT NULL REFERENCES instrument (id) ON DELETE CASCADE,
        volts DOUBLE PRECISION NOT NULL,
        power_factor DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (client_id, prefix)
    )",
    "CREATE TABLE state_interval (
        instrument_id TEXT NOT NULL,
        seq BIGINT NOT NULL,
        state SMALLINT NOT NULL,
        start_ms BIGINT NOT NULL,
        end_ms BIGINT,
        decided_ms BIGINT NOT NULL,
        confidence DOUBLE PRECISION NOT NULL,
        cause SMALLINT NOT NULL,
        model TEXT NOT NULL,
        PRIMARY KEY (instrument_id, seq)
    )",
    "CREATE UNIQUE INDEX state_interval_open ON state_interval (instrument_id) WHERE end_ms IS NULL",
    "CREATE TABLE learned_model (
        instrument_id TEXT PRIMARY KEY,
        at_ms BIGINT NOT NULL,
        model TEXT NOT NULL
    )",
    "CREATE TABLE server_run (
        id SMALLINT PRIMARY KEY,
        last_alive_ms BIGINT NOT NULL
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
