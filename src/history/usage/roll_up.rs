use super::calendar::Zone;
use super::policy::{Rules, Stretch, Usage};
use super::rules::own_rules;
use crate::domain::{InstrumentId, InstrumentState};
use crate::history::entity::{state_interval, usage_day};
use crate::history::intervals::state_of;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{QueryOrder, QuerySelect};
use std::collections::BTreeMap;

/// Rows in one statement. Few, because the driver keeps the statements it has prepared, one a number of rows.
pub(in crate::history) const ROWS: usize = 100;

/// What is to be added to instruments' days, gathered so that it takes few statements.
#[derive(Default)]
pub(in crate::history) struct Days(BTreeMap<(i64, InstrumentId), Usage>);

impl Days {
    /// Adds a state's time to each day it touches.
    pub(in crate::history) fn add(&mut self, instrument: &InstrumentId, stretch: &Stretch, rules: &Rules, zone: Zone) {
        for day in zone.day_of(stretch.start_ms)..=zone.day_of(stretch.end_ms.saturating_sub(1)) {
            let usage = stretch.within(zone.start_of(day), zone.start_of(day + 1), rules);
            *self.0.entry((day, instrument.clone())).or_default() += usage;
        }
    }

    /// Adds it in the database.
    pub(in crate::history) async fn write(self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        use usage_day::Column::{
            Day, EffectiveMs, InstrumentId as Instrument, OffMs, OfflineMs, OnMs, StandbyMs, UnknownMs,
        };
        let sums = [UnknownMs, OfflineMs, OffMs, StandbyMs, OnMs, EffectiveMs];
        let added = Alias::new("excluded");
        let mut add = OnConflict::columns([Day, Instrument]);
        add.values(sums.map(|sum| {
            let sum_and_added = Expr::col((usage_day::Entity, sum)).add(Expr::col((added.clone(), sum)));
            (sum, sum_and_added)
        }));
        let mut rows = self.0.into_iter().map(|((day, instrument), usage)| row(day, &instrument, &usage)).peekable();
        while rows.peek().is_some() {
            let part = rows.by_ref().take(ROWS);
            usage_day::Entity::insert_many(part).on_conflict(add.clone()).exec_without_returning(db).await?;
        }
        Ok(())
    }
}

fn row(day: i64, instrument: &InstrumentId, usage: &Usage) -> usage_day::ActiveModel {
    usage_day::ActiveModel {
        day: Set(day),
        instrument_id: Set(instrument.to_string()),
        unknown_ms: Set(usage.of(InstrumentState::Unknown)),
        offline_ms: Set(usage.of(InstrumentState::Offline)),
        off_ms: Set(usage.of(InstrumentState::Off)),
        standby_ms: Set(usage.of(InstrumentState::Standby)),
        on_ms: Set(usage.of(InstrumentState::On)),
        effective_ms: Set(usage.effective_ms),
    }
}

/// Counts an instrument's days anew from its intervals. In a transaction that writes, of which there is one at a time:
/// what the recorder adds is added before or after. Days whose intervals have been deleted stay as they were counted.
pub(in crate::history) async fn recount(
    db: &impl ConnectionTrait,
    instrument: &InstrumentId,
    zone: Zone,
) -> Result<(), DbErr> {
    use state_interval::Column::{EndMs, InstrumentId as Instrument, Seq, StartMs, State};
    let rules = own_rules(db, instrument).await?.rules();
    let intervals: Vec<(i64, i16, i64, Option<i64>)> = state_interval::Entity::find()
        .select_only()
        .columns([Seq, State, StartMs, EndMs])
        .filter(Instrument.eq(instrument.as_str()))
        .order_by_asc(Seq)
        .into_tuple()
        .all(db)
        .await?;
    let from_day = match intervals.first() {
        // What was before the first that is left is not known any more.
        Some((seq, _, _, end_ms)) if *seq > 1 => end_ms.map_or(i64::MAX, |end_ms| zone.day_of(end_ms) + 1),
        _ => i64::MIN,
    };
    let mut days = Days::default();
    for (n, (_, state, start_ms, end_ms)) in intervals.iter().enumerate() {
        // What lasts is added when it ends.
        let Some(end_ms) = *end_ms else { continue };
        let neighbour =
            |at: Option<usize>| at.and_then(|at| intervals.get(at)).map(|(_, state, ..)| state_of(*state)).transpose();
        let (before, after) = (neighbour(n.checked_sub(1))?, neighbour(n.checked_add(1))?);
        let stretch = Stretch { state: state_of(*state)?, start_ms: *start_ms, end_ms, before, after };
        days.add(instrument, &stretch, &rules, zone);
    }
    days.0.retain(|(day, _), _| *day >= from_day);
    usage_day::Entity::delete_many()
        .filter(usage_day::Column::InstrumentId.eq(instrument.as_str()))
        .filter(usage_day::Column::Day.gte(from_day))
        .exec(db)
        .await?;
    days.write(db).await
}
