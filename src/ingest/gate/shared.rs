use super::exchange::Exchange;
use super::lease::Leases;
use crate::ingest::config::FrontConfig;
use crate::ingest::port::Ports;
use crate::ingest::refusal::{Reason, Refusal, Refusals};
use jiff::tz::Offset;
use std::sync::Arc;
use std::time::Duration;

/// What all sessions share.
pub(in crate::ingest) struct Gate {
    pub(super) config: FrontConfig,
    pub(super) ports: Ports,
    pub(super) refusals: Refusals,
    pub(super) leases: Leases,
    pub(super) exchange: Arc<Exchange>,
    pub(super) zone: Offset,
    pub(super) received: metrics::Counter,
}

impl Gate {
    pub(in crate::ingest) fn new(config: FrontConfig, ports: Ports) -> Self {
        let zone = Offset::from_seconds(config.sensor_zone_minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
        let received = metrics::counter!("dayi_readings_received_total");
        let (refusals, leases, exchange) = Default::default();
        Self { config, ports, refusals, leases, exchange, zone, received }
    }

    pub(in crate::ingest) fn config(&self) -> &FrontConfig {
        &self.config
    }

    pub(in crate::ingest) fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    pub(in crate::ingest) fn sessions(&self) -> usize {
        self.leases.len()
    }

    /// A refusal of now.
    pub(in crate::ingest) fn refusal(&self, reason: Reason, detail: impl Into<String>) -> Refusal {
        Refusal::new(self.ports.clock.now_ms(), reason, detail)
    }

    pub(super) fn drain_timeout(&self) -> Duration {
        Duration::from_millis(self.config.drain_timeout_ms)
    }
}
