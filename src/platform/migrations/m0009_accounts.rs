//! People and programs that sign in, what they may, and who changed what.
//!
//! Plain SQL that SQLite and PostgreSQL both take. Times are UTC milliseconds. Of tokens there are only their SHA-256.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0009_accounts"
    }
}

const UP: [&str; 9] = [
    // `login` in lower case. `password` is an Argon2id hash in PHC form; none until one is chosen.
    "CREATE TABLE account (
        id TEXT PRIMARY KEY,
        login TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        email TEXT,
        language TEXT NOT NULL,
        password TEXT,
        oidc_subject TEXT UNIQUE,
        disabled_ms BIGINT,
        created_ms BIGINT NOT NULL,
        signed_in_ms BIGINT
    )",
    "CREATE TABLE account_grant (
        account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        unit_id TEXT NOT NULL REFERENCES unit (id) ON DELETE CASCADE,
        PRIMARY KEY (account_id, role, unit_id)
    )",
    "CREATE TABLE session (
        id TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        token_sha256 TEXT NOT NULL UNIQUE,
        created_ms BIGINT NOT NULL,
        expires_ms BIGINT NOT NULL,
        agent TEXT NOT NULL,
        address TEXT NOT NULL
    )",
    // `permissions` is a JSON array; without one the token may what its account may.
    "CREATE TABLE api_token (
        id TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        token_sha256 TEXT NOT NULL UNIQUE,
        permissions TEXT,
        created_ms BIGINT NOT NULL,
        expires_ms BIGINT NOT NULL,
        used_ms BIGINT
    )",
    // Opens once, for the first sign-in or instead of a forgotten password.
    "CREATE TABLE sign_in_link (
        token_sha256 TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        expires_ms BIGINT NOT NULL
    )",
    "CREATE INDEX session_account ON session (account_id)",
    "CREATE INDEX api_token_account ON api_token (account_id)",
    // No reference to the account: what was done stays, whoever goes. `status` is empty until the answer is known.
    "CREATE TABLE audit (
        number BIGINT PRIMARY KEY,
        at_ms BIGINT NOT NULL,
        account_id TEXT NOT NULL,
        account_name TEXT NOT NULL,
        address TEXT NOT NULL,
        operation TEXT NOT NULL,
        method TEXT NOT NULL,
        path TEXT NOT NULL,
        unit_path TEXT NOT NULL,
        request TEXT NOT NULL,
        status SMALLINT,
        before_json TEXT,
        after_json TEXT
    )",
    "CREATE INDEX audit_at ON audit (at_ms)",
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
