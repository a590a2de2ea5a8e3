//! How the server is as a whole.

use super::outage;
use crate::domain::InstrumentState;
use crate::http::{self, Disk, Health};
use crate::influx;
use crate::instrument::Registry;
use crate::journal::Appender;
use crate::notify;
use crate::platform::db::Db;
use crate::platform::metrics;
use futures::future::BoxFuture;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The parts that tell.
pub(super) struct Vitals {
    pub(super) journal: Appender,
    pub(super) influx: Option<influx::Handle>,
    pub(super) notify: notify::Handle,
    pub(super) db: Db,
    pub(super) registry: Registry,
    pub(super) mqtt: SocketAddr,
    pub(super) data_dir: PathBuf,
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

    fn database(&self) -> BoxFuture<'_, String> {
        Box::pin(async { self.db.version().await.unwrap_or_else(|error| error.to_string()) })
    }

    fn disk(&self) -> Disk {
        let space = rustix::fs::statvfs(&self.data_dir).ok();
        let space = space.as_ref();
        Disk {
            path: self.data_dir.display().to_string(),
            free_bytes: space.map(|space| space.f_bavail.saturating_mul(space.f_frsize)),
            total_bytes: space.map(|space| space.f_blocks.saturating_mul(space.f_frsize)),
        }
    }
}
