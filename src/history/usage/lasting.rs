use super::policy::Stretch;
use super::rules::OwnRules;
use crate::domain::InstrumentState;
use crate::history::intervals::state_of;
use sea_orm::FromQueryResult;
use sea_orm::prelude::*;

/// What decides how much of a state that lasts counts.
#[derive(FromQueryResult)]
pub(in crate::history) struct Lasting {
    pub(in crate::history) state: i16,
    pub(in crate::history) start_ms: i64,
    pub(in crate::history) state_before: Option<i16>,
    #[sea_orm(nested)]
    pub(in crate::history) rules: OwnRules,
}

/// Its columns, where `o` is the interval that lasts and [`JOINS`] follow it.
pub(in crate::history) const COLUMNS: &str =
    "o.state, o.start_ms, b.state AS state_before, r.gap_min, r.preparation_min, r.post_processing_min";
/// What is before it, and its instrument's rules.
pub(in crate::history) const JOINS: &str =
    "LEFT JOIN state_interval b ON b.instrument_id = o.instrument_id AND b.seq = o.seq - 1
    LEFT JOIN hours_rule r ON r.instrument_id = o.instrument_id";

impl Lasting {
    /// It up to `end_ms`, when `after` came, or nobody knows yet what will.
    pub(in crate::history) fn until(&self, end_ms: i64, after: Option<InstrumentState>) -> Result<Stretch, DbErr> {
        Ok(Stretch {
            state: state_of(self.state)?,
            start_ms: self.start_ms,
            end_ms,
            before: self.state_before.map(state_of).transpose()?,
            after,
        })
    }
}
