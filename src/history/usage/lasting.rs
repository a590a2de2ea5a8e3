use super::policy::Stretch;
use super::rules::OwnRules;
use crate::domain::InstrumentState;
use crate::history::entity::state_interval;
use crate::history::intervals::state_of;
use sea_orm::prelude::*;
use sea_orm::{FromQueryResult, Statement, Value};

/// A state that lasts, with what decides how much of it counts.
#[derive(FromQueryResult)]
pub(in crate::history) struct Lasting {
    #[sea_orm(nested)]
    pub(in crate::history) interval: state_interval::Model,
    pub(in crate::history) state_before: Option<i16>,
    #[sea_orm(nested)]
    pub(in crate::history) rules: OwnRules,
}

/// Its columns, where `o` is the interval that lasts and [`JOINS`] follow it.
pub(in crate::history) const COLUMNS: &str =
    "o.*, b.state AS state_before, r.gap_min, r.preparation_min, r.post_processing_min";
/// What is before it, and its instrument's rules.
pub(in crate::history) const JOINS: &str =
    "LEFT JOIN state_interval b ON b.instrument_id = o.instrument_id AND b.seq = o.seq - 1
    LEFT JOIN hours_rule r ON r.instrument_id = o.instrument_id";

impl Lasting {
    /// The states that last of some instruments.
    pub(in crate::history) async fn of(db: &impl ConnectionTrait, instruments: &[&str]) -> Result<Vec<Self>, DbErr> {
        let places: Vec<String> = (1..=instruments.len()).map(|n| format!("${n}")).collect();
        let sql = format!(
            "SELECT {COLUMNS} FROM state_interval o {JOINS} WHERE o.end_ms IS NULL AND o.instrument_id IN ({})",
            places.join(", ")
        );
        let values = instruments.iter().map(|id| Value::from(*id));
        Self::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).all(db).await
    }

    /// It up to `end_ms`, when `after` came, or nobody knows yet what will.
    pub(in crate::history) fn until(&self, end_ms: i64, after: Option<InstrumentState>) -> Result<Stretch, DbErr> {
        Ok(Stretch {
            state: state_of(self.interval.state)?,
            start_ms: self.interval.start_ms,
            end_ms,
            before: self.state_before.map(state_of).transpose()?,
            after,
        })
    }
}
