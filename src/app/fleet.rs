//! The running fleet as the slices see it: each declares the port it needs, and this fills them.

use crate::bus::LatestWins;
use crate::catalog::{Catalog, FleetPort, Institution, Instrument, LiveStatus};
use crate::domain::{CurrentState, Event, InstrumentId, LevelName, Places, Reach, UnitPath};
use crate::export::{self, Which};
use crate::history::Readings;
use crate::ingest::{Publisher, States};
use crate::instrument::{Registry, Restored, Trained};
use crate::labels::LevelsPort;
use crate::live::{Card, Fleet, InstitutionView, Row};
use crate::training::{ModelPort, Served};
use bytes::Bytes;
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How much of what was measured before is shown to a model that begins to serve, in milliseconds: as far back as its
/// features reach.
pub(super) const LEAD_MS: i64 = 3_600_000;

/// Instruments and their actors.
pub(super) struct LiveFleet {
    catalog: Catalog,
    registry: Registry,
    readings: Readings,
}

impl LiveFleet {
    pub(super) fn new(catalog: Catalog, registry: Registry, readings: Readings) -> Self {
        Self { catalog, registry, readings }
    }

    fn state(&self, instrument: &InstrumentId) -> Arc<CurrentState> {
        let status = self.registry.status(instrument);
        status.map_or_else(|| Arc::new(CurrentState::unknown()), |status| status.state())
    }

    /// What the instrument measured before now, for a model that begins to serve: by the sensor's own time.
    async fn lead(&self, instrument: &InstrumentId) -> Vec<(i64, f32)> {
        let status = self.registry.status(instrument);
        let Some((last_ms, _)) = status.and_then(|status| status.last_reading()) else { return Vec::new() };
        let lead = self.readings.range(instrument.clone(), last_ms - LEAD_MS, last_ms).await;
        lead.unwrap_or_else(|error| {
            tracing::warn!(%instrument, %error, "a model begins to serve without the readings before it");
            Vec::new()
        })
    }

    fn row_of(&self, instrument: &Instrument) -> Row {
        let institution = self.catalog.institution(instrument);
        let unit = self.catalog.place(&instrument.id).map_or_else(UnitPath::root, |place| place.unit);
        let (id, details) = (&instrument.id, &instrument.details);
        let words = [id.as_str(), &details.name, &details.name_en, &institution.name, &institution.name_en].join("\n");
        let Institution { id: institution, name, name_en, city, city_en } = institution;
        let card = Card {
            id: id.clone(),
            name: details.name.clone(),
            name_en: details.name_en.clone(),
            institution: InstitutionView { id: institution, name, name_en, city, city_en },
            unit,
            class: details.class.clone(),
            words: words.to_lowercase(),
        };
        Row { card: Arc::new(card), state: CurrentState::clone(&self.state(&instrument.id)) }
    }
}

impl FleetPort for LiveFleet {
    fn status(&self, instrument: &InstrumentId) -> LiveStatus {
        let status = self.registry.status(instrument);
        LiveStatus { state: self.state(instrument), last_reading: status.and_then(|status| status.last_reading()) }
    }

    fn added(&self, instrument: &Instrument) {
        self.registry.start(Restored {
            id: instrument.id.clone(),
            rated_a: instrument.details.rated_current_a,
            current: CurrentState::unknown(),
            decided_to: 0,
            snapshot: None,
            learned: None,
            names: Vec::new(),
            trained: None,
        });
    }

    fn removed(&self, instrument: &InstrumentId) {
        self.registry.remove(instrument);
    }
}

impl LevelsPort for LiveFleet {
    fn knows(&self, instrument: &InstrumentId) -> bool {
        self.catalog.get(instrument).is_some()
    }

    fn name_levels<'a>(&'a self, instrument: &'a InstrumentId, names: Vec<LevelName>) -> BoxFuture<'a, ()> {
        Box::pin(self.registry.name_levels(instrument, names))
    }
}

impl export::Fleet for LiveFleet {
    fn knows(&self, instrument: &InstrumentId, reach: &Reach) -> bool {
        self.catalog.holds(reach, instrument)
    }

    fn of(&self, which: &Which, reach: &Reach) -> Vec<InstrumentId> {
        let is =
            |wanted: &Option<String>, names: &[&String]| wanted.as_ref().is_none_or(|wanted| names.contains(&wanted));
        let part = which.unit.as_deref().map(|unit| self.catalog.unit(unit));
        let inside = |path: &UnitPath| match &part {
            None => true,
            Some(part) => part.as_ref().is_some_and(|part| part.holds(path)),
        };
        let mut all = self.catalog.all();
        all.retain(|instrument| {
            let (path, owner) = (self.catalog.path(instrument), self.catalog.institution(instrument));
            reach.holds(&path)
                && inside(&path)
                && is(&which.institution, &[&owner.id])
                && is(&which.city, &[&owner.city, &owner.city_en])
                && is(&which.class, &[&instrument.details.class])
        });
        all.into_iter().map(|instrument| instrument.id.clone()).collect()
    }
}

impl ModelPort for LiveFleet {
    fn knows(&self, instrument: &InstrumentId) -> bool {
        self.catalog.get(instrument).is_some()
    }

    fn check(&self, instrument: &InstrumentId, artifact: &[u8]) -> Result<Value, String> {
        Trained::manifest(artifact, instrument)
    }

    fn serve<'a>(&'a self, instrument: &'a InstrumentId, model: Option<Served>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let model = match model {
                Some((version, artifact)) => {
                    let mut model = Trained::unpack(&artifact, instrument, version)?;
                    model.show(&self.lead(instrument).await);
                    Some(Box::new(model))
                }
                None => None,
            };
            match self.registry.serve(instrument, model).await {
                true => Ok(()),
                false => Err("the instrument does not run".into()),
            }
        })
    }
}

impl Fleet for LiveFleet {
    fn rows(&self) -> Vec<Row> {
        self.catalog.in_service().iter().map(|instrument| self.row_of(instrument)).collect()
    }

    fn row(&self, instrument: &InstrumentId) -> Option<Row> {
        let instrument = self.catalog.get(instrument).filter(|instrument| instrument.retired_ms.is_none());
        instrument.map(|instrument| self.row_of(&instrument))
    }

    fn unit(&self, id: &str) -> Option<UnitPath> {
        self.catalog.unit(id)
    }

    fn last_current(&self, instrument: &InstrumentId) -> Option<f32> {
        self.registry.status(instrument)?.last_reading().map(|reading| reading.1)
    }

    fn watch<'a>(&'a self, instrument: &'a InstrumentId, watcher: mpsc::Sender<(i64, f32)>) -> BoxFuture<'a, bool> {
        Box::pin(self.registry.watch(instrument, watcher))
    }
}

impl States for LiveFleet {
    fn instruments(&self) -> Vec<InstrumentId> {
        self.catalog.all().iter().map(|instrument| instrument.id.clone()).collect()
    }

    fn state(&self, instrument: &InstrumentId) -> Option<Bytes> {
        self.registry.status(instrument).map(|status| state_message(&status.state()))
    }
}

/// The payload of `dayi/v1/{instrument}/state`.
#[derive(Serialize)]
struct StateMessage<'a> {
    state: &'a str,
    since: i64,
    seq: u64,
    confidence: f32,
    cause: crate::domain::Cause,
    model: &'a str,
}

fn state_message(state: &CurrentState) -> Bytes {
    let message = StateMessage {
        state: state.state.name(),
        since: state.since_ms,
        seq: state.seq,
        confidence: state.confidence,
        cause: state.cause,
        model: &state.model,
    };
    serde_json::to_vec(&message).unwrap_or_default().into()
}

/// Tells MQTT subscribers of each new state until `stop`.
pub(super) async fn publish_states(mut changes: LatestWins, publisher: Publisher, stop: CancellationToken) {
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => break,
            event = changes.next() => event,
        };
        if let Event::StateChanged(transition) = event {
            let state = CurrentState::from(&*transition);
            publisher.state(&transition.instrument, state_message(&state)).await;
        }
    }
}
