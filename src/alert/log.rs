use super::entity::alert_event;
use super::store::last_number;
use crate::domain::{AlertEvent, AlertStep};
use crate::platform::db::Db;
use sea_orm::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use serde::Deserialize;
use serde::de::value::{Error as NotAWord, StrDeserializer};

/// Everything that happened to alerts, for whoever must miss none of it. Cheap to clone.
///
/// The one task that writes alerts numbers every entry in the transaction that keeps it. A reader keeps the number that it has
/// come to, takes an event on the bus as no more than a nudge, and reads on from here.
#[derive(Clone)]
pub struct AlertLog {
    db: Db,
}

impl AlertLog {
    /// Reads from `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The entries after the one of this number (0: all), oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn after(&self, number: i64, limit: u32) -> Result<Vec<AlertEvent>, DbErr> {
        let rows = alert_event::Entity::find().filter(alert_event::Column::Number.gt(number));
        let rows = rows.order_by_asc(alert_event::Column::Number).limit(u64::from(limit));
        rows.all(self.db.reader()).await?.into_iter().map(event).collect()
    }

    /// The number of the newest entry; 0 before there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last(&self) -> Result<i64, DbErr> {
        last_number(self.db.reader()).await
    }

    /// What happened to one alert, oldest first.
    pub(super) async fn of(&self, alert: &str) -> Result<Vec<AlertEvent>, DbErr> {
        let rows = alert_event::Entity::find().filter(alert_event::Column::AlertId.eq(alert));
        let rows = rows.order_by_asc(alert_event::Column::Number).limit(MOST_STEPS);
        rows.all(self.db.reader()).await?.into_iter().map(event).collect()
    }
}

/// The most steps of one alert that are answered.
const MOST_STEPS: u64 = 1_000;

fn event(row: alert_event::Model) -> Result<AlertEvent, DbErr> {
    let word: StrDeserializer<'_, NotAWord> = serde::de::IntoDeserializer::into_deserializer(row.step.as_str());
    let step = AlertStep::deserialize(word).map_err(|error| DbErr::Type(error.to_string()))?;
    let alert = serde_json::from_str(&row.alert).map_err(|error| DbErr::Type(error.to_string()))?;
    Ok(AlertEvent { number: row.number, step, at_ms: row.at_ms, alert })
}
