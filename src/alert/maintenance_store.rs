use super::entity::maintenance::{Column, Entity, Model};
use super::maintenance::{Target, Window, Windows};
use super::store::Settings;
use crate::domain::Reach;
use crate::platform::db::{Db, instrument_id};
use sea_orm::prelude::*;
use sea_orm::{FromQueryResult, IntoActiveModel, Statement, Value};
use std::sync::Arc;

/// The most windows of one answer.
const MOST: i64 = 1_000;

/// Those that have not ended.
pub(super) async fn load(db: &Db, now_ms: i64) -> Result<Windows, DbErr> {
    let rows = Entity::find().filter(Column::ToMs.gt(now_ms)).all(db.reader()).await?;
    Ok(Windows::new(rows.into_iter().map(Window::try_from).collect::<Result<_, _>>()?))
}

/// Those within reach that end after `ended_after_ms`, the first to begin first.
pub(super) async fn list(db: &Db, reach: &Reach, ended_after_ms: i64) -> Result<Vec<Window>, DbErr> {
    let mut values: Vec<Value> = vec![ended_after_ms.into(), MOST.into()];
    let condition = reach.condition("coalesce(u.path, v.path)", &mut values);
    let sql = format!(
        "SELECT m.* FROM maintenance m
        LEFT JOIN unit u ON u.id = m.unit_id
        LEFT JOIN instrument i ON i.id = m.instrument_id LEFT JOIN unit v ON v.id = i.unit_id
        WHERE m.to_ms > $1 AND {condition} ORDER BY m.from_ms, m.id LIMIT $2"
    );
    let db = db.reader();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Model::find_by_statement(statement).all(db).await?.into_iter().map(Window::try_from).collect()
}

pub(super) async fn one(db: &Db, id: &str) -> Result<Option<Window>, DbErr> {
    Entity::find_by_id(id).one(db.reader()).await?.map(Window::try_from).transpose()
}

pub(super) async fn add(db: &Db, settings: &Settings, window: Window, now_ms: i64) -> Result<(), DbErr> {
    let _turn = settings.turn.lock().await;
    Entity::insert(Model::from(&window).into_active_model()).exec_without_returning(db.writer()).await?;
    let mut windows = Windows::clone(&settings.windows.load());
    windows.forget_ended(now_ms);
    windows.add(window);
    settings.windows.store(Arc::new(windows));
    Ok(())
}

/// Removes it from what is planned.
pub(super) async fn remove(db: &Db, settings: &Settings, id: &str) -> Result<(), DbErr> {
    let _turn = settings.turn.lock().await;
    Entity::delete_by_id(id).exec(db.writer()).await?;
    let mut windows = Windows::clone(&settings.windows.load());
    windows.remove(id);
    settings.windows.store(Arc::new(windows));
    Ok(())
}

impl TryFrom<Model> for Window {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        let target = match (row.instrument_id, row.unit_id) {
            (Some(id), _) => Target::Instrument(instrument_id(&id)?),
            (None, Some(id)) => Target::Unit(id),
            (None, None) => return Err(DbErr::Type("planned work on nothing".into())),
        };
        let Model { id, from_ms, to_ms, reason, by_name, at_ms, .. } = row;
        Ok(Self { id, target, from_ms, to_ms, reason, by: by_name, at_ms })
    }
}

impl From<&Window> for Model {
    fn from(window: &Window) -> Self {
        let (instrument_id, unit_id) = match &window.target {
            Target::Instrument(id) => (Some(id.to_string()), None),
            Target::Unit(id) => (None, Some(id.clone())),
        };
        Self {
            id: window.id.clone(),
            instrument_id,
            unit_id,
            from_ms: window.from_ms,
            to_ms: window.to_ms,
            reason: window.reason.clone(),
            by_name: window.by.clone(),
            at_ms: window.at_ms,
        }
    }
}
