//! The days of standby, and what is not in them yet.

use super::entity::{idle_cursor, idle_day, idle_last_run};
use super::model::{Idle, Span};
use crate::domain::{InstrumentId, InstrumentState};
use crate::platform::db::{Db, instrument_id};
use sea_orm::prelude::*;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{FromQueryResult, IntoActiveModel, Statement};
use std::collections::BTreeMap;

/// Rows in one statement. Few, because the driver keeps the statements it has prepared, one a number of rows.
const ROWS: usize = 100;

/// A state that has ended.
#[derive(FromQueryResult)]
struct EndedRow {
    instrument_id: String,
    state: i16,
    start_ms: i64,
    end_ms: i64,
}

/// What ended behind a place in the log of state changes.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) standbys: Vec<Span>,
    /// When the last run of each instrument ended.
    pub(super) runs: BTreeMap<InstrumentId, i64>,
    /// The place that it accounts for.
    pub(super) number: i64,
    /// Whether that is the end of the log.
    pub(super) all: bool,
}

/// A run or a standby that the change of a number ended.
const ENDED: &str = "
    SELECT c.instrument_id, e.state, e.start_ms, c.start_ms AS end_ms
    FROM state_interval c JOIN state_interval e ON e.instrument_id = c.instrument_id AND e.seq = c.seq - 1
    WHERE c.number > $1 AND c.number <= $2 ORDER BY c.number";

#[derive(FromQueryResult)]
struct LastRow {
    number: Option<i64>,
}

/// Runs and standbys that ended behind the change of this number; `most` changes are looked at.
pub(super) async fn ended(db: &impl ConnectionTrait, number: i64, most: i64) -> Result<Ended, DbErr> {
    let backend = db.get_database_backend();
    let last = Statement::from_string(backend, "SELECT MAX(number) AS number FROM state_interval");
    let last = LastRow::find_by_statement(last).one(db).await?.and_then(|row| row.number).unwrap_or(0);
    let to = Ord::max(number, Ord::min(last, number.saturating_add(most)));
    let mut ended = Ended { number: to, all: to >= last, ..Ended::default() };
    if to == number {
        return Ok(ended);
    }
    let statement = Statement::from_sql_and_values(backend, ENDED, [number.into(), to.into()]);
    for row in EndedRow::find_by_statement(statement).all(db).await? {
        let EndedRow { instrument_id: id, state, start_ms, end_ms } = row;
        if state == i16::from(InstrumentState::On.code()) {
            ended.runs.insert(instrument_id(&id)?, end_ms);
        } else if state == i16::from(InstrumentState::Standby.code()) && start_ms < end_ms {
            ended.standbys.push(Span { instrument: instrument_id(&id)?, start_ms, end_ms });
        }
    }
    Ok(ended)
}

/// How far it is counted. Days that were cut in another zone are forgotten: they are counted anew.
pub(super) async fn cursor(db: &Db, zone_minutes: i32) -> Result<i64, DbErr> {
    let row = idle_cursor::Entity::find_by_id(1_i16).one(db.writer()).await?;
    match row {
        Some(row) if row.zone_minutes == i64::from(zone_minutes) => Ok(row.number),
        _ => {
            let transaction = db.begin().await?;
            idle_day::Entity::delete_many().exec(&transaction).await?;
            move_cursor(&transaction, 0, zone_minutes).await?;
            transaction.commit().await?;
            Ok(0)
        }
    }
}

async fn move_cursor(db: &impl ConnectionTrait, number: i64, zone_minutes: i32) -> Result<(), DbErr> {
    let row = idle_cursor::Model { id: 1, number, zone_minutes: zone_minutes.into() }.into_active_model();
    let replace = OnConflict::column(idle_cursor::Column::Id)
        .update_columns([idle_cursor::Column::Number, idle_cursor::Column::ZoneMinutes])
        .to_owned();
    idle_cursor::Entity::insert(row).on_conflict(replace).exec_without_returning(db).await.map(drop)
}

/// Adds to the days, and moves the place that they account for, in one transaction.
pub(super) async fn add(
    db: &Db,
    days: &BTreeMap<(i64, InstrumentId), Idle>,
    runs: &BTreeMap<InstrumentId, i64>,
    number: i64,
    zone_minutes: i32,
) -> Result<(), DbErr> {
    use idle_day::Column::{AmpereMs, Day, InstrumentId as Instrument, MeasuredMs, OpenMs, StandbyMs};
    let transaction = db.begin().await?;
    let added = Alias::new("excluded");
    let mut add = OnConflict::columns([Day, Instrument]);
    add.values(
        [StandbyMs, OpenMs, MeasuredMs, AmpereMs]
            .map(|sum| (sum, Expr::col((idle_day::Entity, sum)).add(Expr::col((added.clone(), sum))))),
    );
    let rows: Vec<_> = days.iter().map(|((day, instrument), idle)| day_row(*day, instrument, idle)).collect();
    for part in rows.chunks(ROWS) {
        let insert = idle_day::Entity::insert_many(part.to_vec());
        insert.on_conflict(add.clone()).exec_without_returning(&transaction).await?;
    }
    let replace = OnConflict::column(idle_last_run::Column::InstrumentId)
        .update_column(idle_last_run::Column::EndedMs)
        .to_owned();
    let rows: Vec<idle_last_run::ActiveModel> = runs
        .iter()
        .map(|(id, ended_ms)| {
            idle_last_run::Model { instrument_id: id.to_string(), ended_ms: *ended_ms }.into_active_model()
        })
        .collect();
    for part in rows.chunks(ROWS) {
        let insert = idle_last_run::Entity::insert_many(part.to_vec());
        insert.on_conflict(replace.clone()).exec_without_returning(&transaction).await?;
    }
    move_cursor(&transaction, number, zone_minutes).await?;
    transaction.commit().await
}

fn day_row(day: i64, instrument: &InstrumentId, idle: &Idle) -> idle_day::ActiveModel {
    idle_day::Model {
        day,
        instrument_id: instrument.to_string(),
        standby_ms: idle.standby_ms,
        open_ms: idle.open_ms,
        measured_ms: idle.measured_ms,
        ampere_ms: idle.ampere_ms,
    }
    .into_active_model()
}
