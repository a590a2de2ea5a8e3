use super::exchange::Exchange;
use super::kept::KeptSessions;
use super::lease::Leases;
use crate::ingest::config::FrontConfig;
use crate::ingest::port::Ports;
use crate::ingest::rate::{Bucket, Rate};
use crate::ingest::refusal::{Reason, Refusal, Refusals};
use jiff::tz::Offset;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What all sessions share.
pub(in crate::ingest) struct Gate {
    pub(super) config: FrontConfig,
    pub(super) ports: Ports,
    pub(super) refusals: Refusals,
    pub(super) leases: Leases,
    pub(super) exchange: Arc<Exchange>,
    pub(super) kept: KeptSessions,
    pub(super) zone: Offset,
    pub(super) received: metrics::Counter,
    failed_logins: (Rate, Mutex<Bucket>),
}

impl Gate {
    pub(in crate::ingest) fn new(config: FrontConfig, ports: Ports) -> Self {
        let zone = Offset::from_seconds(config.sensor_zone_minutes.saturating_mul(60)).unwrap_or(Offset::UTC);
        let received = metrics::counter!("dayi_readings_received_total");
        let (refusals, leases) = Default::default();
        let exchange = Arc::new(Exchange::new(&config));
        let kept = KeptSessions::new(config.max_sessions_kept);
        let rate = Rate { per_s: config.failed_logins_per_s, burst: config.failed_logins_burst };
        let failed_logins = (rate, Mutex::new(Bucket::full(rate, Instant::now())));
        Self { config, ports, refusals, leases, exchange, kept, zone, received, failed_logins }
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

    /// Whether one more login may fail and be answered with the reason.
    pub(super) fn may_fail(&self) -> bool {
        let (rate, bucket) = &self.failed_logins;
        bucket.lock().unwrap_or_else(PoisonError::into_inner).take(*rate, Instant::now())
    }

    /// A refusal of now.
    pub(in crate::ingest) fn refusal(&self, reason: Reason, detail: impl Into<String>) -> Refusal {
        Refusal::new(self.ports.clock.now_ms(), reason, detail)
    }

    pub(super) fn drain_timeout(&self) -> Duration {
        Duration::from_millis(self.config.drain_timeout_ms)
    }
}
