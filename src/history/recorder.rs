use super::entity::{learned_model, model_drift, server_run};
use super::transitions;
use super::usage::Zone;
use crate::domain::{Clock, Event, Record};
use crate::platform::catch_up::{Asked, CatchUp};
use crate::platform::db::Db;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The most records in one transaction.
const BATCH: usize = 1_000;
/// How long to wait before a failed transaction is tried again: first, and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// How often the database is told that the server lives.
const ALIVE_EVERY: Duration = Duration::from_secs(5);

/// Called with what happened once it is kept, in order.
pub type Announce = Box<dyn Fn(Event) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The only writer of state intervals, and of what they add to the instruments' days.
///
/// A database that refuses is asked again until it takes the batch: meanwhile the actors' queue fills, they take no
/// more readings, and the sensors' publishes stay unacknowledged. Nothing is dropped.
pub struct Recorder {
    db: Db,
    clock: Arc<dyn Clock>,
    zone: Zone,
    announce: Announce,
    asked: Asked,
}

impl Recorder {
    /// A recorder into `db` that cuts days in `zone` and calls `announce` after each commit, and what tells how far it is.
    #[must_use]
    pub fn new(db: Db, clock: Arc<dyn Clock>, zone: Zone, announce: Announce) -> (Self, CatchUp) {
        let (settled, asked) = CatchUp::new();
        (Self { db, clock, zone, announce, asked }, settled)
    }

    /// Records until `stop`, then what still waits, and returns.
    pub async fn run(mut self, mut records: mpsc::Receiver<Record>, stop: CancellationToken) {
        // Not at once: only when it is recorded that the server was down may the database hear that it lives.
        let mut alive = tokio::time::interval_at(Instant::now() + ALIVE_EVERY, ALIVE_EVERY);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled(), if !records.is_closed() => records.close(),
                _ = alive.tick() => self.note_alive().await,
                taken = records.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        break;
                    }
                    self.keep_and_announce(&mut batch).await;
                }
                Some(done) = self.asked.recv() => {
                    while let Ok(record) = records.try_recv() {
                        batch.push(record);
                        if batch.len() == BATCH {
                            self.keep_and_announce(&mut batch).await;
                        }
                    }
                    self.keep_and_announce(&mut batch).await;
                    // Who asked may have gone meanwhile.
                    let _ = done.send(());
                }
            }
        }
        self.note_alive().await;
    }

    async fn keep_and_announce(&self, batch: &mut Vec<Record>) {
        if batch.is_empty() {
            return;
        }
        metrics::gauge!("dayi_queue_waiting", "queue" => "records").set(batch.len() as f64);
        for event in self.keep(batch).await {
            (self.announce)(event).await;
        }
        batch.clear();
    }

    /// Keeps the batch and returns what is to be announced.
    async fn keep(&self, batch: &[Record]) -> Vec<Event> {
        let mut wait = RETRY.0;
        let events = loop {
            let error = match self.try_keep(batch).await {
                Ok(events) => break events,
                Err(error) => error,
            };
            metrics::counter!("dayi_recorder_failures_total").increment(1);
            tracing::error!(%error, records = batch.len(), "the database refused a batch; it is tried again");
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(RETRY.1);
        };
        metrics::counter!("dayi_records_kept_total").increment(batch.len() as u64);
        events
    }

    async fn try_keep(&self, batch: &[Record]) -> Result<Vec<Event>, DbErr> {
        let mut events = Vec::with_capacity(batch.len());
        let mut transitions = Vec::with_capacity(batch.len());
        let transaction = self.db.begin().await?;
        for record in batch {
            match record {
                Record::Transition(transition) => {
                    transitions.push(&**transition);
                    events.push(Event::StateChanged(transition.clone()));
                }
                Record::Drifted { instrument, model, at_ms, details } => {
                    let row = model_drift::ActiveModel {
                        instrument_id: Set(instrument.to_string()),
                        model: Set(model.to_string()),
                        at_ms: Set(*at_ms),
                        details: Set(details.clone()),
                    };
                    let ignore = OnConflict::columns([model_drift::Column::InstrumentId, model_drift::Column::Model])
                        .do_nothing()
                        .to_owned();
                    let query = model_drift::Entity::insert(row).on_conflict(ignore);
                    // A model that starts anew after a restart may see the same again: that is no news.
                    if query.exec_without_returning(&transaction).await? > 0 {
                        events.push(Event::ModelDrifted { instrument: instrument.clone(), model: model.clone() });
                    }
                }
                Record::Learned { instrument, at_ms, model } => {
                    let row = learned_model::ActiveModel {
                        instrument_id: Set(instrument.to_string()),
                        at_ms: Set(*at_ms),
                        model: Set(model.clone()),
                    };
                    let replace = OnConflict::column(learned_model::Column::InstrumentId)
                        .update_columns([learned_model::Column::AtMs, learned_model::Column::Model])
                        .to_owned();
                    learned_model::Entity::insert(row)
                        .on_conflict(replace)
                        .exec_without_returning(&transaction)
                        .await?;
                }
            }
        }
        transitions::keep(&transaction, &transitions, self.zone).await?;
        transaction.commit().await?;
        Ok(events)
    }

    async fn note_alive(&self) {
        let row = server_run::ActiveModel { id: Set(1), last_alive_ms: Set(self.clock.now_ms()) };
        let replace =
            OnConflict::column(server_run::Column::Id).update_column(server_run::Column::LastAliveMs).to_owned();
        let kept = server_run::Entity::insert(row).on_conflict(replace).exec_without_returning(self.db.writer()).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "the database could not be told that the server lives");
        }
    }
}
