//! What is told to people and to other programs.

use super::StartError;
use crate::account::Door;
use crate::alert;
use crate::bus::NeverDrop;
use crate::catalog::Catalog;
use crate::domain::{Alert, AlertEvent, Caller, Clock, Event, InstrumentId};
use crate::history::Changes;
use crate::ingest::Publisher;
use crate::notify::{AlertLog, Named, Names, Notifier, Owners, Parts};
use crate::platform::config::Config;
use crate::platform::db::Db;
use bytes::Bytes;
use sea_orm::DbErr;
use serde::Serialize;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

impl Names for Catalog {
    fn named(&self, instrument: &InstrumentId) -> Option<Named> {
        let instrument = self.get(instrument)?;
        let owner = self.institution(&instrument);
        Some(Named {
            name: instrument.details.name.clone(),
            name_en: instrument.details.name_en.clone(),
            institution: owner.name,
            institution_en: owner.name_en,
        })
    }
}

#[async_trait::async_trait]
impl AlertLog for alert::AlertLog {
    async fn after(&self, number: i64, limit: u32) -> Result<Vec<AlertEvent>, DbErr> {
        Self::after(self, number, limit).await
    }

    async fn last(&self) -> Result<i64, DbErr> {
        Self::last(self).await
    }
}

impl Owners for Door {
    fn caller(&self, account: &str) -> Option<Caller> {
        let configured = Caller::configured();
        if *configured.account == *account { Some(configured) } else { self.caller(account) }
    }
}

/// Ready to tell people and programs what happens.
pub(super) async fn notifier(
    config: &Config,
    db: &Db,
    catalog: &Catalog,
    door: &Door,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) -> Result<Notifier, StartError> {
    let parts = Parts {
        config: config.notify.clone(),
        zone_minutes: config.zone_minutes,
        public_url: config.http.public_url.clone(),
        db: db.clone(),
        alerts: Arc::new(alert::AlertLog::new(db.clone())),
        changes: Changes::new(db.clone()),
        owners: Arc::new(door.clone()),
        places: Arc::new(catalog.clone()),
        names: Arc::new(catalog.clone()),
        clock: clock.clone(),
    };
    Ok(Notifier::new(parts, stop.clone()).await?)
}

/// The payload of `dayi/v1/{instrument}/alert`.
#[derive(Serialize)]
struct AlertMessage<'a> {
    number: i64,
    step: &'a str,
    at: i64,
    id: &'a str,
    kind: &'a str,
    severity: &'a str,
    since: i64,
    raised: i64,
    cleared: Option<i64>,
    state: &'a str,
    acknowledged: bool,
    silenced_until: Option<i64>,
}

fn alert_message(event: &AlertEvent) -> Bytes {
    let Alert { id, kind, severity, since_ms, raised_ms, cleared_ms, state, acknowledged, silenced, .. } = &event.alert;
    let message = AlertMessage {
        number: event.number,
        step: event.step.name(),
        at: event.at_ms,
        id,
        kind: kind.name(),
        severity: severity.name(),
        since: *since_ms,
        raised: *raised_ms,
        cleared: *cleared_ms,
        state: state.name(),
        acknowledged: acknowledged.is_some(),
        silenced_until: silenced.as_ref().map(|silenced| silenced.until_ms),
    };
    serde_json::to_vec(&message).unwrap_or_default().into()
}

/// Tells MQTT subscribers of everything that happens to alerts, until `stop`.
pub async fn publish_alerts(mut events: NeverDrop, publisher: Publisher, stop: CancellationToken) {
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => break,
            event = events.recv() => event,
        };
        match event {
            Some(Event::AlertRaised(event) | Event::AlertUpdated(event) | Event::AlertCleared(event)) => {
                publisher.alert(&event.alert.instrument, alert_message(&event)).await;
            }
            Some(_) => {}
            None => break,
        }
    }
}
