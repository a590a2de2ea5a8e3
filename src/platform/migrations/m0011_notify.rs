//! Who is told of what, by which way, and what became of each message.
//!
//! Plain SQL that SQLite and PostgreSQL both take. Times are UTC milliseconds.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0011_notify"
    }
}

const UP: [&str; 14] = [
    // `unit` is there for a channel that others in the unit may use. `target` is JSON, with the secrets.
    "CREATE TABLE notify_channel (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        unit TEXT,
        name TEXT NOT NULL,
        target TEXT NOT NULL,
        created_ms BIGINT NOT NULL
    )",
    // Without a channel, its owner's list on the page. Entries of the logs up to `…_from` are none of its business.
    "CREATE TABLE notify_subscription (
        id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        channel_id TEXT REFERENCES notify_channel (id),
        settings TEXT NOT NULL,
        stopped TEXT,
        alerts_from BIGINT NOT NULL,
        states_from BIGINT NOT NULL,
        created_ms BIGINT NOT NULL
    )",
    // The outbox: one row an entry of a log that a subscription is to hear of. Rows of one `message_id` are sent together.
    "CREATE TABLE notify_delivery (
        id BIGINT PRIMARY KEY,
        subscription_id TEXT NOT NULL,
        source TEXT NOT NULL,
        number BIGINT NOT NULL,
        alert_id TEXT,
        notice TEXT NOT NULL,
        held BOOLEAN NOT NULL,
        state TEXT NOT NULL,
        message_id TEXT,
        attempts INTEGER NOT NULL,
        due_ms BIGINT NOT NULL,
        created_ms BIGINT NOT NULL,
        first_ms BIGINT,
        done_ms BIGINT,
        why TEXT,
        UNIQUE (subscription_id, source, number)
    )",
    "CREATE INDEX notify_delivery_in_order ON notify_delivery (subscription_id, state, id)",
    "CREATE INDEX notify_delivery_due ON notify_delivery (subscription_id, state, due_ms)",
    "CREATE INDEX notify_delivery_state ON notify_delivery (state, created_ms)",
    "CREATE INDEX notify_delivery_alert ON notify_delivery (alert_id, state)",
    "CREATE INDEX notify_delivery_message ON notify_delivery (message_id)",
    "CREATE INDEX notify_delivery_done ON notify_delivery (done_ms)",
    "CREATE TABLE notify_attempt (
        id TEXT PRIMARY KEY,
        message_id TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        outcome TEXT NOT NULL,
        status INTEGER,
        answer TEXT NOT NULL,
        took_ms BIGINT NOT NULL
    )",
    "CREATE INDEX notify_attempt_message ON notify_attempt (message_id)",
    "CREATE INDEX notify_attempt_at ON notify_attempt (at_ms)",
    // What pages show: one row a delivery.
    "CREATE TABLE notification (
        number BIGINT PRIMARY KEY,
        account TEXT NOT NULL,
        delivery_id BIGINT NOT NULL UNIQUE,
        at_ms BIGINT NOT NULL,
        body TEXT NOT NULL
    )",
    "CREATE INDEX notification_account ON notification (account, number)",
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
