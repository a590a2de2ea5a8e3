//! Starting an actor for every instrument from what the database knows of it.

use super::StartError;
use super::fleet::LEAD_MS;
use crate::catalog::Store;
use crate::domain::{CurrentState, InstrumentId, LevelName};
use crate::history::{LastStates, Readings};
use crate::instrument::{Registry, Restored, Snapshots, Trained};
use crate::journal::Position;
use crate::platform::config::StatesConfig;
use crate::training::Served;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// What the database knows of the instruments.
pub(super) struct Known {
    /// Their states, and what was learned of them.
    pub(super) last: LastStates,
    /// What people call their levels.
    pub(super) names: HashMap<InstrumentId, Vec<LevelName>>,
    /// The trained models that serve.
    pub(super) serving: HashMap<InstrumentId, Served>,
    /// The place in the journal up to which it was sent on.
    pub(super) sent_to: Position,
}

impl Known {
    /// The furthest place in the journal that is accounted for, by any state or where it was sent.
    pub(super) fn decided_to(&self) -> Position {
        self.last.states.values().map(|(_, decided_to)| *decided_to).max().unwrap_or(0).max(self.sent_to)
    }

    /// From when on the states are unknown because the server was down; `None` when that was too short to matter.
    pub(super) fn down_from_ms(&self, now_ms: i64, rules: &StatesConfig) -> Option<i64> {
        self.last.last_alive_ms.filter(|alive_ms| now_ms - alive_ms > i64::from(rules.restart_gap_s) * 1_000)
    }
}

/// Starts an actor an instrument.
pub(super) async fn start_actors(
    store: &Store,
    mut known: Known,
    registry: &Registry,
    snapshots: &Snapshots,
    readings: &Readings,
    now_ms: i64,
) -> Result<(), StartError> {
    let mut snapshots = snapshots.all()?;
    let mut trained = unpack(std::mem::take(&mut known.serving));
    // Who has a snapshot remembers.
    let (remembered, mut fresh): (HashMap<_, _>, HashMap<_, _>) =
        trained.drain().partition(|(id, _)| snapshots.contains_key(id.as_str()));
    fresh = show_last_hour(fresh, readings.clone(), now_ms).await;
    trained.extend(remembered);
    trained.extend(fresh);
    for instrument in store.catalog().all() {
        let id = instrument.id.clone();
        let (current, decided_to) = known.last.states.remove(&id).unwrap_or((CurrentState::unknown(), 0));
        registry.start(Restored {
            rated_a: instrument.details.rated_current_a,
            current,
            decided_to,
            snapshot: snapshots.remove(id.as_str()),
            learned: known.last.learned.remove(&id).and_then(|json| learned(&id, &json)),
            names: known.names.remove(&id).unwrap_or_default(),
            trained: trained.remove(&id),
            id,
        });
    }
    Ok(())
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
