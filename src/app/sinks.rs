//! What is sent on to other programs.

use super::StartError;
use super::spine::Spine;
use crate::bus::Bus;
use crate::catalog::Catalog;
use crate::domain::{Clock, InstrumentId};
use crate::history::Changes;
use crate::influx::{self, Sink, SinkStore, TagPort, Tags};
use crate::journal::Position;
use crate::platform::config::InfluxConfig;
use crate::platform::db::Db;
use std::sync::Arc;

impl TagPort for Catalog {
    fn tags(&self, instrument: &InstrumentId) -> Tags {
        self.get(instrument).map_or_else(Tags::default, |instrument| {
            let institution = self.institution(&instrument);
            Tags { institution: institution.id, city: institution.city, class: instrument.details.class.clone() }
        })
    }

    fn instruments(&self) -> Vec<InstrumentId> {
        self.all().iter().map(|instrument| instrument.id.clone()).collect()
    }
}

/// The way to InfluxDB, before it is known whether the rest starts.
pub(super) struct ToInflux {
    config: InfluxConfig,
    pub(super) store: SinkStore,
    /// Where in the journal readings are read on for it; the journal must not begin anew before that.
    pub(super) from: Option<Position>,
}

impl ToInflux {
    pub(super) async fn read(config: &InfluxConfig, db: &Db) -> Result<Self, StartError> {
        let store = SinkStore::new(db.clone());
        let from = store.position().await?;
        Ok(Self { config: config.clone(), store, from })
    }

    /// The sink, ready to run; `None` where there is no server.
    pub(super) async fn sink(
        &self,
        db: &Db,
        bus: &Bus,
        spine: &Spine,
        catalog: &Catalog,
        clock: &Arc<dyn Clock>,
    ) -> Result<Option<Sink>, StartError> {
        if self.config.url.is_none() {
            return Ok(None);
        }
        let measured = self.config.readings.then(|| (spine.sink_reader("influx", self.from), spine.readings.clone()));
        let parts = influx::Parts {
            config: self.config.clone(),
            store: self.store.clone(),
            changes: Changes::new(db.clone()),
            events: bus.latest_wins(),
            measured,
            tags: Arc::new(catalog.clone()),
            clock: clock.clone(),
        };
        Ok(Some(Sink::new(parts).await?))
    }
}
