//! What people say of the readings, and the models that learn from it.
//!
//! Plain SQL that SQLite and PostgreSQL both take. Times are UTC milliseconds; states by their code.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_learning"
    }
}

/// `BLOB` stands for the backend's type of bytes.
const UP: [&str; 7] = [
    // Every stroke of the brush, in the order painted; what holds at a time is the newest that was not undone.
    "CREATE TABLE label_edit (
        instrument_id TEXT NOT NULL,
        number BIGINT NOT NULL,
        start_ms BIGINT NOT NULL,
        end_ms BIGINT NOT NULL,
        state SMALLINT,
        author TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        undone_by TEXT,
        undone_ms BIGINT,
        PRIMARY KEY (instrument_id, number)
    )",
    // What a person calls the levels that an instrument's calibration found, as JSON.
    "CREATE TABLE level_names (
        instrument_id TEXT PRIMARY KEY,
        names TEXT NOT NULL,
        author TEXT NOT NULL,
        at_ms BIGINT NOT NULL
    )",
    "CREATE TABLE model_version (
        instrument_id TEXT NOT NULL,
        version BIGINT NOT NULL,
        at_ms BIGINT NOT NULL,
        artifact BLOB NOT NULL,
        manifest TEXT NOT NULL,
        verdict TEXT NOT NULL,
        PRIMARY KEY (instrument_id, version)
    )",
    // What served from when on, by whose hand; a null version is the instrument's own calibration. The newest serves.
    "CREATE TABLE promotion (
        instrument_id TEXT NOT NULL,
        number BIGINT NOT NULL,
        version BIGINT,
        author TEXT NOT NULL,
        reason TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        PRIMARY KEY (instrument_id, number)
    )",
    "CREATE TABLE model_drift (
        instrument_id TEXT NOT NULL,
        model TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        details TEXT NOT NULL,
        PRIMARY KEY (instrument_id, model)
    )",
    "CREATE TABLE training_job (
        id TEXT PRIMARY KEY,
        selection TEXT NOT NULL,
        author TEXT NOT NULL,
        state TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        started_ms BIGINT,
        ended_ms BIGINT,
        total BIGINT NOT NULL,
        done BIGINT NOT NULL,
        promoted BIGINT NOT NULL,
        kept_back BIGINT NOT NULL,
        failed BIGINT NOT NULL
    )",
    "CREATE TABLE training_log (
        job_id TEXT NOT NULL,
        number BIGINT NOT NULL,
        at_ms BIGINT NOT NULL,
        line TEXT NOT NULL,
        PRIMARY KEY (job_id, number)
    )",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let bytes = match manager.get_database_backend() {
            DbBackend::Postgres => "BYTEA",
            _ => "BLOB",
        };
        for statement in UP {
            manager.get_connection().execute_unprepared(&statement.replace("BLOB", bytes)).await?;
        }
        Ok(())
    }
}
