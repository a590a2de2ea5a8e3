//! Lists of alerts, as the database has them.

use super::entity::alert;
use super::store::{kind_of, severity_code, severity_of};
use crate::domain::{Alert, AlertKind, InstrumentId, Reach, Severity, UnitPath};
use crate::platform::db::Db;
use sea_orm::prelude::*;
use sea_orm::{FromQueryResult, Statement, Value};
use std::collections::BTreeMap;

/// An alert with its instrument, and the instrument with its unit.
const FROM: &str = "alert a JOIN instrument i ON i.id = a.instrument_id LEFT JOIN unit u ON u.id = i.unit_id";

/// Which alerts.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) reach: Reach,
    /// Only those that have not ended.
    pub(super) open: bool,
    /// Of any kind where empty.
    pub(super) kinds: Vec<AlertKind>,
    pub(super) least: Option<Severity>,
    pub(super) unit: Option<UnitPath>,
    pub(super) class: Option<String>,
    pub(super) instrument: Option<InstrumentId>,
    pub(super) acknowledged: Option<bool>,
    pub(super) silenced: Option<bool>,
    /// Raised from then on, UTC milliseconds.
    pub(super) since_ms: Option<i64>,
    /// Raised before, UTC milliseconds.
    pub(super) until_ms: Option<i64>,
}

/// An alert, and what its instrument is called.
pub(super) struct Listed {
    pub(super) alert: Alert,
    pub(super) name: String,
    pub(super) name_en: String,
    pub(super) class: String,
    pub(super) unit: UnitPath,
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    alert: alert::Model,
    name: String,
    name_en: String,
    class: String,
    path: Option<String>,
}

#[derive(FromQueryResult)]
struct CountRow {
    kind: String,
    severity: i16,
    count: i64,
}

/// How many there are of each kind and severity.
pub(super) type Counts = BTreeMap<(AlertKind, Severity), i64>;

impl Filter {
    fn condition(&self, values: &mut Vec<Value>) -> String {
        let mut parts = vec![self.reach.condition("u.path", values)];
        if self.open {
            parts.push("a.cleared_ms IS NULL".into());
        }
        if !self.kinds.is_empty() {
            let names: Vec<String> = self.kinds.iter().map(|kind| format!("'{}'", kind.name())).collect();
            parts.push(format!("a.kind IN ({})", names.join(", ")));
        }
        if let Some(least) = self.least {
            parts.push(format!("a.severity >= {}", severity_code(least)));
        }
        if let Some(unit) = &self.unit {
            parts.push(Reach::Within(vec![unit.clone()]).condition("u.path", values));
        }
        for (column, value) in
            [("i.class", self.class.as_deref()), ("i.id", self.instrument.as_ref().map(InstrumentId::as_str))]
        {
            if let Some(value) = value {
                values.push(value.into());
                parts.push(format!("{column} = ${}", values.len()));
            }
        }
        for (column, there) in [("a.acknowledged_ms", self.acknowledged), ("a.silenced_ms", self.silenced)] {
            match there {
                Some(true) => parts.push(format!("{column} IS NOT NULL")),
                Some(false) => parts.push(format!("{column} IS NULL")),
                None => {}
            }
        }
        if let Some(since_ms) = self.since_ms {
            parts.push(format!("a.raised_ms >= {since_ms}"));
        }
        if let Some(until_ms) = self.until_ms {
            parts.push(format!("a.raised_ms < {until_ms}"));
        }
        parts.join(" AND ")
    }
}

const COLUMNS: &str = "a.*, i.name, i.name_en, i.class, u.path";

/// A page of them.
pub(super) async fn page(
    db: &Db,
    filter: &Filter,
    most_severe_first: bool,
    (limit, offset): (usize, usize),
) -> Result<Vec<Listed>, DbErr> {
    let mut values = Vec::new();
    let condition = filter.condition(&mut values);
    let severe = if most_severe_first { "a.severity DESC, " } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE {condition}
        ORDER BY {severe}a.raised_ms DESC, a.id DESC LIMIT {limit} OFFSET {offset}"
    );
    rows(db, sql, values).await
}

/// How many there are, by kind and severity.
pub(super) async fn counts(db: &Db, filter: &Filter) -> Result<Counts, DbErr> {
    let mut values = Vec::new();
    let condition = filter.condition(&mut values);
    let sql = format!("SELECT a.kind, a.severity, COUNT(*) AS count FROM {FROM} WHERE {condition} GROUP BY 1, 2");
    let db = db.reader();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = CountRow::find_by_statement(statement).all(db).await?;
    rows.into_iter().map(|row| Ok(((kind_of(&row.kind)?, severity_of(row.severity)?), row.count))).collect()
}

/// Those of these ids.
pub(super) async fn named(db: &Db, ids: &[String]) -> Result<Vec<Listed>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (1..=ids.len()).map(|n| format!("${n}")).collect();
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE a.id IN ({})", places.join(", "));
    rows(db, sql, ids.iter().map(Value::from).collect()).await
}

async fn rows(db: &Db, sql: String, values: Vec<Value>) -> Result<Vec<Listed>, DbErr> {
    let db = db.reader();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let listed = Row::find_by_statement(statement).all(db).await?.into_iter().map(|row| {
        Ok(Listed {
            alert: row.alert.try_into()?,
            name: row.name,
            name_en: row.name_en,
            class: row.class,
            unit: row.path.map_or_else(UnitPath::root, |path| UnitPath::stored(&path)),
        })
    });
    listed.collect()
}
