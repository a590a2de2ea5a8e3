//! What is kept of alerts: written by one task, in one transaction with how far it is in the log of state changes.

use super::engine::Pending;
use super::entity::{alert, alert_cursor, alert_event, alert_watch};
use super::lifecycle::SAME_MS;
use super::maintenance::Windows;
use super::model::Watch;
use super::rules::RuleBook;
use crate::domain::{Acknowledged, Alert, AlertEvent, AlertKind, InstrumentId, InstrumentState, Severity, Silenced};
use crate::platform::db::{Db, instrument_id};
use arc_swap::ArcSwap;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, IntoActiveModel, QuerySelect};
use std::collections::HashMap;
use tokio::sync::Mutex;

/// Rows in one statement. Few, because the driver keeps the statements it has prepared, one a number of rows.
const ROWS: usize = 100;

/// What instruments are judged by and people set, as it holds now.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) rules: ArcSwap<RuleBook>,
    pub(super) windows: ArcSwap<Windows>,
    /// Whose turn it is to change them: what is read holds until it is written.
    pub(super) turn: Mutex<()>,
}

/// Where it was left.
pub(super) struct Left {
    pub(super) cursor: i64,
    pub(super) watches: Vec<(InstrumentId, Watch)>,
    /// Those that are open, or may come back.
    pub(super) alerts: Vec<Alert>,
}

pub(super) async fn load(db: &Db, now_ms: i64) -> Result<Left, DbErr> {
    let moment = db.snapshot().await?;
    let cursor = alert_cursor::Entity::find_by_id(1_i16).one(&moment).await?.map_or(0, |row| row.number);
    let watches = alert_watch::Entity::find().all(&moment).await?.into_iter().map(watch).collect::<Result<_, _>>()?;
    let may_come_back = alert::Column::ClearedMs.gte(now_ms.saturating_sub(SAME_MS));
    let wanted = Condition::any().add(alert::Column::ClearedMs.is_null()).add(may_come_back);
    let rows = alert::Entity::find().filter(wanted).all(&moment).await?;
    let alerts = rows.into_iter().map(Alert::try_from).collect::<Result<_, _>>()?;
    moment.commit().await?;
    Ok(Left { cursor, watches, alerts })
}

/// Keeps it all, or nothing; gives the entries of the log.
pub(super) async fn keep(db: &Db, pending: Pending) -> Result<Vec<AlertEvent>, DbErr> {
    let Pending { cursor, watches, steps } = pending;
    let transaction = db.begin().await?;
    let mut number = last_number(&transaction).await?;
    let mut events = Vec::with_capacity(steps.len());
    for (at_ms, (step, alert)) in steps {
        number += 1;
        events.push(AlertEvent { number, step, at_ms, alert });
    }
    // Each alert as it is in the end, in the order in which they were first touched: one that ended makes room for the next.
    let mut order: Vec<alert::Model> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for event in &events {
        let row = alert::Model::from(&event.alert);
        match places.get(&*event.alert.id) {
            Some(at) => order[*at] = row,
            None => {
                places.insert(&event.alert.id, order.len());
                order.push(row);
            }
        }
    }
    for part in order.chunks(ROWS) {
        let rows = part.iter().cloned().map(IntoActiveModel::<alert::ActiveModel>::into_active_model);
        alert::Entity::insert_many(rows).on_conflict(replace_alert()).exec_without_returning(&transaction).await?;
    }
    for part in events.chunks(ROWS) {
        let rows = part.iter().map(event_row).collect::<Result<Vec<_>, _>>()?;
        alert_event::Entity::insert_many(rows).exec_without_returning(&transaction).await?;
    }
    keep_watches(&transaction, watches.into_iter().collect()).await?;
    let row = alert_cursor::Model { id: 1, number: cursor }.into_active_model();
    let move_on = OnConflict::column(alert_cursor::Column::Id).update_column(alert_cursor::Column::Number).to_owned();
    alert_cursor::Entity::insert(row).on_conflict(move_on).exec_without_returning(&transaction).await?;
    transaction.commit().await?;
    Ok(events)
}

async fn keep_watches(db: &impl ConnectionTrait, watches: Vec<(InstrumentId, Watch)>) -> Result<(), DbErr> {
    use alert_watch::Column::{InstrumentId as Instrument, KnownMs, QuietMs, SinceMs, State};
    let replace = OnConflict::column(Instrument).update_columns([State, SinceMs, QuietMs, KnownMs]).to_owned();
    for part in watches.chunks(ROWS) {
        let rows = part.iter().map(|(id, watch)| {
            let Watch { state, since_ms, quiet_ms, known_ms } = *watch;
            let state = state.code().into();
            alert_watch::Model { instrument_id: id.to_string(), state, since_ms, quiet_ms, known_ms }
                .into_active_model()
        });
        alert_watch::Entity::insert_many(rows).on_conflict(replace.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The number of the newest entry of the log; 0 before there is one.
pub(super) async fn last_number(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let query = alert_event::Entity::find().select_only().column_as(alert_event::Column::Number.max(), "number");
    Ok(query.into_tuple::<Option<i64>>().one(db).await?.flatten().unwrap_or(0))
}

fn replace_alert() -> OnConflict {
    use alert::Column::{
        AcknowledgedBy, AcknowledgedMs, AcknowledgedNote, ClearedMs, Id, Reopened, Severity, SilencedBy, SilencedMs,
        SilencedReason, SilencedUntilMs, SinceMs, State, UpdatedMs,
    };
    OnConflict::column(Id)
        .update_columns([
            Severity,
            SinceMs,
            UpdatedMs,
            ClearedMs,
            Reopened,
            State,
            AcknowledgedBy,
            AcknowledgedMs,
            AcknowledgedNote,
            SilencedBy,
            SilencedMs,
            SilencedUntilMs,
            SilencedReason,
        ])
        .to_owned()
}

fn event_row(event: &AlertEvent) -> Result<alert_event::ActiveModel, DbErr> {
    let alert = serde_json::to_string(&event.alert).map_err(|error| DbErr::Type(error.to_string()))?;
    let row = alert_event::Model {
        number: event.number,
        alert_id: event.alert.id.to_string(),
        step: event.step.name().into(),
        at_ms: event.at_ms,
        alert,
    };
    Ok(row.into_active_model())
}

fn watch(row: alert_watch::Model) -> Result<(InstrumentId, Watch), DbErr> {
    let alert_watch::Model { instrument_id: id, state, since_ms, quiet_ms, known_ms } = row;
    Ok((instrument_id(&id)?, Watch { state: state_of(state)?, since_ms, quiet_ms, known_ms }))
}

pub(super) fn state_of(code: i16) -> Result<InstrumentState, DbErr> {
    let state = u8::try_from(code).ok().and_then(InstrumentState::from_code);
    state.ok_or_else(|| DbErr::Type(format!("{code} is the code of no state")))
}

pub(super) fn kind_of(name: &str) -> Result<AlertKind, DbErr> {
    AlertKind::named(name).ok_or_else(|| DbErr::Type(format!("{name:?} is no kind of alert")))
}

/// As it is stored, the lowest 0.
pub(super) fn severity_code(severity: Severity) -> i16 {
    severity as i16
}

pub(super) fn severity_of(code: i16) -> Result<Severity, DbErr> {
    let severity = usize::try_from(code).ok().and_then(|code| Severity::ALL.get(code)).copied();
    severity.ok_or_else(|| DbErr::Type(format!("{code} is the code of no severity")))
}

impl From<&Alert> for alert::Model {
    fn from(alert: &Alert) -> Self {
        let acknowledged = alert.acknowledged.clone();
        let silenced = alert.silenced.clone();
        Self {
            id: alert.id.to_string(),
            instrument_id: alert.instrument.to_string(),
            kind: alert.kind.name().into(),
            severity: severity_code(alert.severity),
            since_ms: alert.since_ms,
            raised_ms: alert.raised_ms,
            updated_ms: alert.updated_ms,
            cleared_ms: alert.cleared_ms,
            reopened: alert.reopened.into(),
            state: alert.state.code().into(),
            acknowledged_ms: acknowledged.as_ref().map(|one| one.at_ms),
            acknowledged_note: acknowledged.as_ref().map(|one| one.note.clone()),
            acknowledged_by: acknowledged.map(|one| one.by),
            silenced_ms: silenced.as_ref().map(|one| one.at_ms),
            silenced_until_ms: silenced.as_ref().map(|one| one.until_ms),
            silenced_reason: silenced.as_ref().map(|one| one.reason.clone()),
            silenced_by: silenced.map(|one| one.by),
        }
    }
}

impl TryFrom<alert::Model> for Alert {
    type Error = DbErr;

    fn try_from(row: alert::Model) -> Result<Self, DbErr> {
        let acknowledged = row.acknowledged_by.map(|by| Acknowledged {
            by,
            at_ms: row.acknowledged_ms.unwrap_or(0),
            note: row.acknowledged_note.unwrap_or_default(),
        });
        let silenced = row.silenced_by.map(|by| Silenced {
            by,
            at_ms: row.silenced_ms.unwrap_or(0),
            until_ms: row.silenced_until_ms.unwrap_or(0),
            reason: row.silenced_reason.unwrap_or_default(),
        });
        Ok(Self {
            id: row.id.into(),
            instrument: instrument_id(&row.instrument_id)?,
            kind: kind_of(&row.kind)?,
            severity: severity_of(row.severity)?,
            since_ms: row.since_ms,
            raised_ms: row.raised_ms,
            updated_ms: row.updated_ms,
            cleared_ms: row.cleared_ms,
            reopened: u32::try_from(row.reopened).unwrap_or(u32::MAX),
            state: state_of(row.state)?,
            acknowledged,
            silenced,
        })
    }
}
