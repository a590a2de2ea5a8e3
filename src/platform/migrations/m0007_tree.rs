//! The tree of units, from the province down to laboratories, and where each instrument stands in it.
//!
//! Plain SQL that SQLite and PostgreSQL both take.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_tree"
    }
}

const UP: [&str; 8] = [
    // `path` is the ids from the root down, each followed by a slash: what is below a unit begins with its path.
    "CREATE TABLE unit (
        id TEXT PRIMARY KEY,
        parent_id TEXT REFERENCES unit (id),
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        name_en TEXT NOT NULL,
        path TEXT NOT NULL UNIQUE
    )",
    "CREATE INDEX unit_parent ON unit (parent_id)",
    "INSERT INTO unit VALUES ('province', NULL, 'province', '全省', 'Province', 'province/')",
    "INSERT INTO unit
        SELECT id, 'province', 'city', city, city_en, 'province/' || id || '/'
        FROM (
            SELECT min(city) AS city, min(city_en) AS city_en,
                'city-' || lower(replace(replace(CASE city_en WHEN '' THEN city ELSE city_en END, ' ', '-'), '/', '-')) AS id
            FROM institution GROUP BY 3
        ) AS cities",
    "INSERT INTO unit
        SELECT id, city_id, 'institution', name, name_en, 'province/' || city_id || '/' || id || '/'
        FROM (
            SELECT replace(id, '/', '-') AS id, name, name_en,
                'city-' || lower(replace(replace(CASE city_en WHEN '' THEN city ELSE city_en END, ' ', '-'), '/', '-')) AS city_id
            FROM institution
        ) AS placed",
    "ALTER TABLE instrument ADD COLUMN unit_id TEXT REFERENCES unit (id)",
    "UPDATE instrument SET unit_id = replace(institution_id, '/', '-')",
    "CREATE INDEX instrument_unit ON instrument (unit_id)",
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
