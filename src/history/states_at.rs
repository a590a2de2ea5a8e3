use super::entity::state_interval;
use super::intervals::interval;
use super::scope::{Conditions, INSTRUMENTS, Scope};
use crate::domain::Interval;
use crate::platform::db::Db;
use sea_orm::prelude::*;
use sea_orm::{FromQueryResult, Statement};

/// Answers which state every instrument was in at a time. Cheap to clone.
#[derive(Clone)]
pub struct StatesAt {
    db: Db,
}

/// An instrument at a time.
#[derive(FromQueryResult)]
struct Row {
    id: String,
    #[sea_orm(nested)]
    held: Option<state_interval::Model>,
}

#[derive(FromQueryResult)]
struct Total {
    total: i64,
}

impl StatesAt {
    /// Reads from `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// How many instruments there are, and a page of them in the order of their ids, each with the interval that `at_ms`
    /// lies in; `None` before its first.
    pub(super) async fn page(
        &self,
        scope: &Scope,
        at_ms: i64,
        (limit, offset): (usize, usize),
    ) -> Result<(i64, Vec<(String, Option<Interval>)>), DbErr> {
        let db = self.db.reader();
        let statement = |sql: String, values| Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let Conditions { sql, values } = scope.conditions();
        let total = statement(format!("SELECT COUNT(*) AS total FROM {INSTRUMENTS} WHERE {sql}"), values.clone());
        let total = Total::find_by_statement(total).one(db).await?.map_or(0, |row| row.total);
        let sql = format!(
            "SELECT w.id, s.* FROM
                (SELECT i.id FROM {INSTRUMENTS} WHERE {sql} ORDER BY i.id LIMIT {limit} OFFSET {offset}) w
            LEFT JOIN state_interval s ON s.instrument_id = w.id AND s.start_ms =
                (SELECT MAX(m.start_ms) FROM state_interval m WHERE m.instrument_id = w.id AND m.start_ms <= {at_ms})
            ORDER BY w.id"
        );
        let rows = Row::find_by_statement(statement(sql, values)).all(db).await?;
        let items = rows.into_iter().map(|row| Ok((row.id, row.held.map(interval).transpose()?)));
        Ok((total, items.collect::<Result<_, DbErr>>()?))
    }
}
