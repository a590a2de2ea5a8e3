//! What became of the fleet's readings.

use hdrhistogram::Histogram;
use serde::Serialize;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One minute in microseconds: the longest acknowledgement told apart.
const LONGEST_US: u64 = 60_000_000;

/// Counted by all sensors at once.
pub(super) struct Counters {
    pub(super) connects: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) missed: AtomicU64,
    pub(super) acknowledged: AtomicU64,
    latency_us: Mutex<Histogram<u64>>,
}

/// What became of the fleet's readings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Totals {
    /// Sensors.
    pub devices: usize,
    /// Connections made, also those made again.
    pub connects: u64,
    /// Sensors that gave up because the server refuses them for good.
    pub refused: u64,
    /// Connections that the server or the network ended.
    pub lost_connections: u64,
    /// Readings published.
    pub sent: u64,
    /// Readings that could not be published, for want of a connection or of room in it.
    pub missed: u64,
    /// Readings acknowledged.
    pub acknowledged: u64,
    /// Milliseconds from PUBLISH to PUBACK: median.
    pub puback_p50_ms: f64,
    /// The same: 99th percentile.
    pub puback_p99_ms: f64,
    /// The same: the longest.
    pub puback_max_ms: f64,
    /// Seconds the fleet ran.
    pub elapsed_s: f64,
}

impl Counters {
    /// Nothing counted yet.
    ///
    /// # Errors
    /// Never for the bounds used here.
    pub(super) fn new() -> Result<Self, hdrhistogram::CreationError> {
        let zero = AtomicU64::default;
        Ok(Self {
            connects: zero(),
            refused: zero(),
            lost: zero(),
            sent: zero(),
            missed: zero(),
            acknowledged: zero(),
            latency_us: Mutex::new(Histogram::new_with_bounds(1, LONGEST_US, 3)?),
        })
    }

    pub(super) fn acknowledge(&self, after: Duration) {
        count(&self.acknowledged);
        let us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        self.latency_us.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(us);
    }

    pub(super) fn totals(&self, devices: usize, elapsed: Duration) -> Totals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let latency = self.latency_us.lock().unwrap_or_else(PoisonError::into_inner);
        let ms = |us: u64| us as f64 / 1e3;
        Totals {
            devices,
            connects: read(&self.connects),
            refused: read(&self.refused),
            lost_connections: read(&self.lost),
            sent: read(&self.sent),
            missed: read(&self.missed),
            acknowledged: read(&self.acknowledged),
            puback_p50_ms: ms(latency.value_at_quantile(0.5)),
            puback_p99_ms: ms(latency.value_at_quantile(0.99)),
            puback_max_ms: ms(latency.max()),
            elapsed_s: elapsed.as_secs_f64(),
        }
    }
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} sensors in {:.0} s: {} readings sent, {} acknowledged, {} missed; PUBACK after {:.1} ms (median), {:.1} ms \
             (p99), {:.0} ms (longest); {} connections made, {} lost, {} refused",
            self.devices,
            self.elapsed_s,
            self.sent,
            self.acknowledged,
            self.missed,
            self.puback_p50_ms,
            self.puback_p99_ms,
            self.puback_max_ms,
            self.connects,
            self.lost_connections,
            self.refused
        )
    }
}
