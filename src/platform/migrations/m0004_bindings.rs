//! One binding an instrument; one client may have many of the same prefix, told apart by their channels, which are names.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_bindings"
    }
}

const UP: [&str; 4] = [
    "CREATE TABLE binding_of_instrument (
        instrument_id TEXT PRIMARY KEY REFERENCES instrument (id) ON DELETE CASCADE,
        client_id TEXT NOT NULL REFERENCES sensor (client_id) ON DELETE CASCADE,
        dialect TEXT NOT NULL,
        prefix TEXT NOT NULL,
        channel TEXT NOT NULL,
        volts DOUBLE PRECISION NOT NULL,
        power_factor DOUBLE PRECISION NOT NULL,
        UNIQUE (client_id, dialect, prefix, channel)
    )",
    "INSERT INTO binding_of_instrument
        SELECT instrument_id, client_id, dialect, prefix,
            CASE WHEN channel = 0 THEN '' ELSE CAST(channel AS TEXT) END, volts, power_factor
        FROM binding",
    "DROP TABLE binding",
    "ALTER TABLE binding_of_instrument RENAME TO binding",
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
