//! How the server is as a whole.

use super::outage;
use crate::domain::InstrumentState;
use crate::http::{self, Health};
use crate::influx;
use crate::instrument::Registry;
use crate::journal::Appender;
use crate::notify;
use crate::platform::db::Db;
use crate::platform::metrics;
use std::net::SocketAddr;

/// The parts that tell.
pub(super) struct Vitals {
    pub(super) journal: Appender,
    pub(super) influx: Option<influx::Handle>,
    pub(super) notify: notify::Handle,
    pub(super) db: Db,
    pub(super) registry: Registry,
    pub(super) mqtt: SocketAddr,
}

impl http::Vitals for Vitals {
    fn health(&self) -> Health {
        let mut problems = self.in_the_way();
        problems.extend(self.notify.problem());
        problems.extend(self.influx.iter().flat_map(influx::Handle::problems));
        Health {
            status: if problems.is_empty() { "ok" } else { "degraded" },
            problems,
            version: env!("CARGO_PKG_VERSION"),
            instruments: self.registry.len(),
            mqtt: self.mqtt,
        }
    }

    fn in_the_way(&self) -> Vec<String> {
        let refusing = self.journal.refusing().map(|why| format!("readings are not acknowledged: {why}"));
        refusing.into_iter().chain(outage::trouble(&self.db)).collect()
    }

    fn metrics(&self) -> String {
        for (state, count) in InstrumentState::ALL.iter().zip(self.registry.states()) {
            ::metrics::gauge!("dayi_instruments", "state" => state.name()).set(count as f64);
        }
        metrics::render()
    }
}
