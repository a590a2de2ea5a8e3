use super::entity::{learned_model, server_run, state_interval};
use crate::domain::{Cause, CurrentState, InstrumentId, InstrumentState, Interval};
use crate::platform::db::{Db, instrument_id};
use sea_orm::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// The most intervals one answer holds.
pub(super) const MOST_INTERVALS: u64 = 10_000;

/// Answers questions about states that were.
#[derive(Clone)]
pub struct Intervals {
    db: Db,
}

/// What the actors start from.
#[derive(Default)]
pub struct LastStates {
    /// When the server that ran before was last alive, UTC milliseconds; `None` on a new database.
    pub last_alive_ms: Option<i64>,
    /// Each instrument's last recorded state, and how far in the journal it accounts for readings.
    pub states: HashMap<InstrumentId, (CurrentState, u64)>,
    /// What was learned of each instrument, as JSON.
    pub learned: HashMap<InstrumentId, String>,
}

impl Intervals {
    /// Reads from `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The intervals of one instrument that touch `[from_ms, to_ms)`, oldest first, at most 10,000.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of(&self, instrument: &InstrumentId, from_ms: i64, to_ms: i64) -> Result<Vec<Interval>, DbErr> {
        let still_there = Condition::any()
            .add(state_interval::Column::EndMs.is_null())
            .add(state_interval::Column::EndMs.gt(from_ms));
        let rows = state_interval::Entity::find()
            .filter(state_interval::Column::InstrumentId.eq(instrument.as_str()))
            .filter(state_interval::Column::StartMs.lt(to_ms))
            .filter(still_there)
            .order_by_asc(state_interval::Column::Seq)
            .limit(MOST_INTERVALS)
            .all(self.db.reader())
            .await?;
        rows.into_iter().map(interval).collect()
    }

    /// Everything the actors start from.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn last_states(&self) -> Result<LastStates, DbErr> {
        let db = self.db.reader();
        let last_alive_ms = server_run::Entity::find_by_id(1_i16).one(db).await?.map(|row| row.last_alive_ms);
        let open = state_interval::Entity::find().filter(state_interval::Column::EndMs.is_null()).all(db).await?;
        let mut states = HashMap::with_capacity(open.len());
        for row in open {
            let id = instrument_id(&row.instrument_id)?;
            let position = row.position.cast_unsigned();
            let interval = interval(row)?;
            let current = CurrentState {
                state: interval.state,
                since_ms: interval.start_ms,
                seq: interval.seq,
                confidence: interval.confidence,
                cause: interval.cause,
                model: interval.model,
            };
            states.insert(id, (current, position));
        }
        let mut learned = HashMap::new();
        for row in learned_model::Entity::find().all(db).await? {
            learned.insert(instrument_id(&row.instrument_id)?, row.model);
        }
        Ok(LastStates { last_alive_ms, states, learned })
    }
}

/// The state of a code in the database.
pub(super) fn state_of(code: i16) -> Result<InstrumentState, DbErr> {
    let state = u8::try_from(code).ok().and_then(InstrumentState::from_code);
    state.ok_or_else(|| DbErr::Type(format!("a state that cannot be: {code}")))
}

pub(super) fn interval(row: state_interval::Model) -> Result<Interval, DbErr> {
    let strange = || DbErr::Type(format!("an interval that cannot be: {} {}", row.instrument_id, row.seq));
    let state = state_of(row.state)?;
    let cause = u8::try_from(row.cause).ok().and_then(Cause::from_code).ok_or_else(strange)?;
    #[expect(clippy::cast_possible_truncation, reason = "it was an f32 before")]
    let confidence = row.confidence as f32;
    Ok(Interval {
        seq: u64::try_from(row.seq).map_err(|_| strange())?,
        state,
        start_ms: row.start_ms,
        end_ms: row.end_ms,
        decided_ms: row.decided_ms,
        confidence,
        cause,
        model: row.model.into(),
    })
}
