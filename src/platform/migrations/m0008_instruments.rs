//! What else is known of instruments: codes, value, dates, place, opening hours, contacts; classes; files of instruments that
//! were imported.
//!
//! Plain SQL that SQLite and PostgreSQL both take. Times are UTC milliseconds, days are text.

use crate::domain::DayiCode;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, Statement, Value};
use std::collections::HashSet;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0008_instruments"
    }
}

const UP: [&str; 17] = [
    "ALTER TABLE instrument ADD COLUMN serial TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE instrument ADD COLUMN value_yuan BIGINT",
    "ALTER TABLE instrument ADD COLUMN imported BOOLEAN",
    "ALTER TABLE instrument ADD COLUMN purchased_on TEXT",
    "ALTER TABLE instrument ADD COLUMN commissioned_on TEXT",
    "ALTER TABLE instrument ADD COLUMN building TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE instrument ADD COLUMN room TEXT NOT NULL DEFAULT ''",
    // As JSON.
    "ALTER TABLE instrument ADD COLUMN opening TEXT",
    "ALTER TABLE instrument ADD COLUMN contacts TEXT NOT NULL DEFAULT '[]'",
    // Counts the changes, so that two people who change the same do not overwrite each other.
    "ALTER TABLE instrument ADD COLUMN version BIGINT NOT NULL DEFAULT 1",
    "ALTER TABLE instrument ADD COLUMN retired_ms BIGINT",
    "CREATE TABLE instrument_code (
        scheme TEXT NOT NULL,
        value TEXT NOT NULL,
        instrument_id TEXT NOT NULL REFERENCES instrument (id) ON DELETE CASCADE,
        PRIMARY KEY (scheme, value)
    )",
    "CREATE UNIQUE INDEX instrument_code_of ON instrument_code (instrument_id, scheme)",
    "CREATE TABLE instrument_class (
        code TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        name_en TEXT NOT NULL
    )",
    "CREATE TABLE catalog_import (
        id TEXT PRIMARY KEY,
        created_ms BIGINT NOT NULL,
        account TEXT NOT NULL,
        account_name TEXT NOT NULL,
        file TEXT NOT NULL,
        status TEXT NOT NULL,
        applied_ms BIGINT,
        undone_ms BIGINT
    )",
    // What each row wants, as JSON; once it is written, what the instrument was before (nothing for one that was added) and the
    // version it has after it.
    "CREATE TABLE catalog_import_row (
        import_id TEXT NOT NULL REFERENCES catalog_import (id) ON DELETE CASCADE,
        line BIGINT NOT NULL,
        instrument_id TEXT NOT NULL,
        wanted TEXT NOT NULL,
        before TEXT,
        written_version BIGINT,
        PRIMARY KEY (import_id, line)
    )",
    "CREATE INDEX catalog_import_time ON catalog_import (created_ms)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for statement in UP {
            db.execute_unprepared(statement).await?;
        }
        let backend = db.get_database_backend();
        let mut given = HashSet::new();
        let ids = db.query_all_raw(Statement::from_string(backend, "SELECT id FROM instrument ORDER BY id")).await?;
        for id in ids {
            let id: String = id.try_get("", "id")?;
            let code = loop {
                match DayiCode::from_number(rand::random()) {
                    Some(code) if given.insert(code.clone()) => break code,
                    _ => {}
                }
            };
            let values = [Value::from(code.as_str()), Value::from(id)];
            let insert = "INSERT INTO instrument_code VALUES ('dayi', $1, $2)";
            db.execute_raw(Statement::from_sql_and_values(backend, insert, values)).await?;
        }
        Ok(())
    }
}
