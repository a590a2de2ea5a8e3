//! Alerts, everything that happened to them, what they are judged by, and planned work; and what standby was by day.
//!
//! Plain SQL that SQLite and PostgreSQL both take. Times are UTC milliseconds.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0010_alerts"
    }
}

const UP: [&str; 16] = [
    // `severity` is 0 for the lowest.
    "CREATE TABLE alert (
        id TEXT PRIMARY KEY,
        instrument_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        severity SMALLINT NOT NULL,
        since_ms BIGINT NOT NULL,
        raised_ms BIGINT NOT NULL,
        updated_ms BIGINT NOT NULL,
        cleared_ms BIGINT,
        reopened BIGINT NOT NULL,
        state SMALLINT NOT NULL,
        acknowledged_by TEXT,
        acknowledged_ms BIGINT,
        acknowledged_note TEXT,
        silenced_by TEXT,
        silenced_ms BIGINT,
        silenced_until_ms BIGINT,
        silenced_reason TEXT
    )",
    "CREATE UNIQUE INDEX alert_open ON alert (instrument_id, kind) WHERE cleared_ms IS NULL",
    "CREATE INDEX alert_instrument ON alert (instrument_id, raised_ms)",
    "CREATE INDEX alert_raised ON alert (raised_ms)",
    "CREATE INDEX alert_cleared ON alert (cleared_ms)",
    // `alert` is the alert after the step, as JSON.
    "CREATE TABLE alert_event (
        number BIGINT PRIMARY KEY,
        alert_id TEXT NOT NULL,
        step TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        alert TEXT NOT NULL
    )",
    "CREATE INDEX alert_event_alert ON alert_event (alert_id, number)",
    // The present state of every instrument and since when it was not on, as of the state change in `alert_cursor`.
    "CREATE TABLE alert_watch (
        instrument_id TEXT PRIMARY KEY,
        state SMALLINT NOT NULL,
        since_ms BIGINT NOT NULL,
        quiet_ms BIGINT NOT NULL,
        known_ms BIGINT NOT NULL
    )",
    "CREATE TABLE alert_cursor (
        id SMALLINT PRIMARY KEY,
        number BIGINT NOT NULL
    )",
    // `scope` is `unit` or `instrument`; without `after_min` it is never an alert; without a row it is inherited.
    "CREATE TABLE alert_rule (
        scope TEXT NOT NULL,
        scope_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        severity SMALLINT NOT NULL,
        after_min BIGINT,
        PRIMARY KEY (scope, scope_id, kind, severity)
    )",
    "CREATE TABLE maintenance (
        id TEXT PRIMARY KEY,
        instrument_id TEXT,
        unit_id TEXT,
        from_ms BIGINT NOT NULL,
        to_ms BIGINT NOT NULL,
        reason TEXT NOT NULL,
        by_name TEXT NOT NULL,
        at_ms BIGINT NOT NULL
    )",
    "CREATE INDEX maintenance_to ON maintenance (to_ms)",
    // Standby that has ended, by local day: of it within opening hours, with readings, and the current over these.
    "CREATE TABLE idle_day (
        day BIGINT NOT NULL,
        instrument_id TEXT NOT NULL,
        standby_ms BIGINT NOT NULL,
        open_ms BIGINT NOT NULL,
        measured_ms BIGINT NOT NULL,
        ampere_ms DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (day, instrument_id)
    )",
    "CREATE INDEX idle_day_instrument ON idle_day (instrument_id, day)",
    "CREATE TABLE idle_last_run (
        instrument_id TEXT PRIMARY KEY,
        ended_ms BIGINT NOT NULL
    )",
    // Up to which state change they are counted, and the zone the days are cut in.
    "CREATE TABLE idle_cursor (
        id SMALLINT PRIMARY KEY,
        number BIGINT NOT NULL,
        zone_minutes BIGINT NOT NULL
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
