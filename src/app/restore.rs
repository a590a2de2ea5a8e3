//! Starting an actor for every instrument from what the database knows of it.

use super::fleet::LEAD_MS;
use crate::catalog::Store;
use crate::domain::{Clock, CurrentState, InstrumentId, LevelName, Record};
use crate::history::{LastStates, Readings};
use crate::instrument::{Registry, Restored, Trained, after_restart};
use crate::platform::config::Config;
use crate::training::Served;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What the database knows of the instruments.
pub(super) struct Known {
    /// Their states, and what was learned of them.
    pub(super) last: LastStates,
    /// What people call their levels.
    pub(super) names: HashMap<InstrumentId, Vec<LevelName>>,
    /// The trained models that serve.
    pub(super) serving: HashMap<InstrumentId, Served>,
}

/// Starts an actor an instrument.
pub(super) async fn start_actors(
    store: &Store,
    mut known: Known,
    registry: &Registry,
    records: &mpsc::Sender<Record>,
    clock: &dyn Clock,
    config: &Config,
    readings: &Readings,
) {
    let now_ms = clock.now_ms();
    let mut trained = unpack(std::mem::take(&mut known.serving));
    trained = show_last_hour(trained, readings.clone(), now_ms).await;
    for instrument in store.catalog().all() {
        let id = instrument.id.clone();
        let mut current = known.last.states.remove(&id).unwrap_or_else(CurrentState::unknown);
        let alive_ms = known.last.last_alive_ms.unwrap_or(now_ms);
        let hole = after_restart(&id, &current, alive_ms, now_ms, &config.states).map(Arc::new);
        if let Some(hole) = &hole {
            current = hole.as_ref().into();
        }
        registry.start(Restored {
            rated_a: instrument.rated_current_a,
            current,
            learned: known.last.learned.remove(&id).and_then(|json| learned(&id, &json)),
            names: known.names.remove(&id).unwrap_or_default(),
            trained: trained.remove(&id),
            id,
        });
        if let Some(hole) = hole {
            // The recorder ends only after the actors, so it takes this.
            let _ = records.send(Record::Transition(hole)).await;
        }
    }
}

fn learned<T: DeserializeOwned>(id: &InstrumentId, json: &str) -> Option<T> {
    serde_json::from_str(json)
        .inspect_err(|error| {
            tracing::warn!(instrument = %id, %error, "what was learned of an instrument could not be read; it is learned again");
        })
        .ok()
}

fn unpack(serving: HashMap<InstrumentId, Served>) -> HashMap<InstrumentId, Box<Trained>> {
    let mut trained = HashMap::with_capacity(serving.len());
    for (id, (version, artifact)) in serving {
        match Trained::unpack(&artifact, &id, version) {
            Ok(model) => {
                trained.insert(id, Box::new(model));
            }
            Err(why) => {
                metrics::counter!("dayi_model_refusals_total").increment(1);
                tracing::error!(instrument = %id, version, why, "the promoted model cannot serve; the instrument runs on its own calibration");
            }
        }
    }
    trained
}

/// Shows the models what their instruments measured before the server started, so that they do not start blind.
async fn show_last_hour(
    trained: HashMap<InstrumentId, Box<Trained>>,
    readings: Readings,
    now_ms: i64,
) -> HashMap<InstrumentId, Box<Trained>> {
    let shown = tokio::task::spawn_blocking(move || {
        let mut trained = trained;
        let ids: Vec<InstrumentId> = trained.keys().cloned().collect();
        let read = readings.each_blocking(ids, now_ms - LEAD_MS, i64::MAX, |id, points| {
            if let Some(model) = trained.get_mut(&id) {
                model.show(&points);
            }
        });
        if let Err(error) = read {
            tracing::warn!(%error, "trained models start without the readings before them");
        }
        trained
    });
    // A panic while reading costs the trained models, not the start.
    shown.await.unwrap_or_default()
}
