//! The tree of units, from the province down to laboratories, and where each instrument stands in it. It takes the place of
//! the institutions.
//!
//! Plain SQL that SQLite and PostgreSQL both take, between which the ids are made that fit.

use crate::domain::UnitPath;
use crate::platform::fitting_id::{city_id, fitting_id};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use std::collections::HashMap;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_tree"
    }
}

const MAKE: [&str; 6] = [
    // `path` is the ids from the root down, each followed by a slash: what is below a unit begins with its path.
    "CREATE TABLE unit (
        id TEXT PRIMARY KEY,
        parent_id TEXT REFERENCES unit (id),
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        name_en TEXT NOT NULL,
        path TEXT NOT NULL UNIQUE,
        opening TEXT,
        version BIGINT NOT NULL
    )",
    "CREATE INDEX unit_parent ON unit (parent_id)",
    // What a department sees besides where it stands.
    "CREATE TABLE department_view (
        department_id TEXT NOT NULL REFERENCES unit (id) ON DELETE CASCADE,
        unit_id TEXT NOT NULL REFERENCES unit (id),
        PRIMARY KEY (department_id, unit_id)
    )",
    "INSERT INTO unit VALUES ('province', NULL, 'province', '全省', 'Province', 'province/', NULL, 1)",
    "ALTER TABLE instrument ADD COLUMN unit_id TEXT REFERENCES unit (id)",
    "CREATE INDEX instrument_unit ON instrument (unit_id)",
];

const TAKE_AWAY: [&str; 2] = ["ALTER TABLE instrument DROP COLUMN institution_id", "DROP TABLE institution"];

#[derive(FromQueryResult)]
struct Institution {
    id: String,
    name: String,
    name_en: String,
    city: String,
    city_en: String,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for statement in MAKE {
            db.execute_unprepared(statement).await?;
        }
        let statement =
            |sql: &str, values: Vec<Value>| Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let institutions =
            statement("SELECT id, name, name_en, city, city_en FROM institution ORDER BY id", Vec::new());
        let mut paths: HashMap<String, UnitPath> = HashMap::new();
        let province = UnitPath::root().child("province");
        paths.insert(province.id().to_owned(), province.clone());
        for Institution { id, name, name_en, city, city_en } in
            Institution::find_by_statement(institutions).all(db).await?
        {
            let above = city_id(&city, &city_en);
            let above_path = paths.entry(above.clone()).or_insert_with(|| province.child(&above)).clone();
            let insert = "INSERT INTO unit VALUES ($1, $2, $3, $4, $5, $6, NULL, 1) ON CONFLICT DO NOTHING";
            let row = |path: &UnitPath, parent: &str, kind: &str, name: &str, name_en: &str| {
                let values = [path.id(), parent, kind, name, name_en, path.as_str()];
                statement(insert, values.map(Value::from).to_vec())
            };
            db.execute_raw(row(&above_path, province.id(), "city", &city, &city_en)).await?;
            let mut own = fitting_id(&id);
            // A city or the province has it.
            while paths.contains_key(&own) {
                own = fitting_id(&format!("{own} {id}"));
            }
            let path = above_path.child(&own);
            db.execute_raw(row(&path, &above, "institution", &name, &name_en)).await?;
            paths.insert(own.clone(), path);
            let values = vec![Value::from(own), Value::from(id)];
            db.execute_raw(statement("UPDATE instrument SET unit_id = $1 WHERE institution_id = $2", values)).await?;
        }
        for statement in TAKE_AWAY {
            db.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
