//! The running fleet as the slices see it: each declares the port it needs, and this fills them.

use crate::bus::LatestWins;
use crate::catalog::{Catalog, Credentials, FleetPort, Instrument, LiveStatus};
use crate::domain::{CurrentState, Event, InstrumentId};
use crate::ingest::{
    Binding, DialectKind, Directory, Identity, Publisher, Refused, Rights, StateMessage, States,
};
use crate::instrument::{Registry, Restored};
use crate::live::{Fleet, InstitutionView, Row};
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Instruments and their actors.
pub struct LiveFleet {
    catalog: Catalog,
    registry: Registry,
}

impl LiveFleet {
    pub(super) fn new(catalog: Catalog, registry: Registry) -> Self {
        Self { catalog, registry }
    }

    fn state(&self, instrument: &InstrumentId) -> Arc<CurrentState> {
        let status = self.registry.status(instrument);
        status.map_or_else(|| Arc::new(CurrentState::unknown()), |status| status.state())
    }

    fn row_of(&self, instrument: &Instrument) -> Row {
        let institution = &instrument.institution;
        Row {
            id: instrument.id.clone(),
            name: instrument.name.clone(),
            name_en: instrument.name_en.clone(),
            institution: InstitutionView {
                id: institution.id.clone(),
                name: institution.name.clone(),
                name_en: institution.name_en.clone(),
                city: institution.city.clone(),
                city_en: institution.city_en.clone(),
            },
            state: CurrentState::clone(&self.state(&instrument.id)),
        }
    }
}

impl FleetPort for LiveFleet {
    fn status(&self, instrument: &InstrumentId) -> LiveStatus {
        let status = self.registry.status(instrument);
        LiveStatus {
            state: self.state(instrument),
            last_reading: status.and_then(|status| status.last_reading()),
        }
    }

    fn added(&self, instrument: &Instrument) {
        self.registry.start(Restored {
            id: instrument.id.clone(),
            rated_a: instrument.rated_current_a,
            current: CurrentState::unknown(),
            calibrated: None,
        });
    }
}

impl Fleet for LiveFleet {
    fn rows(&self) -> Vec<Row> {
        self.catalog.all().iter().map(|instrument| self.row_of(instrument)).collect()
    }

    fn row(&self, instrument: &InstrumentId) -> Option<Row> {
        self.catalog.get(instrument).map(|instrument| self.row_of(&instrument))
    }

    fn last_current(&self, instrument: &InstrumentId) -> Option<f32> {
        self.registry.status(instrument)?.last_reading().map(|reading| reading.1)
    }

    fn watch<'a>(&'a self, instrument: &'a InstrumentId, watcher: mpsc::Sender<(i64, f32)>) -> BoxFuture<'a, bool> {
        Box::pin(self.registry.watch(instrument, watcher))
    }
}
