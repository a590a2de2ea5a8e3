//! What the sensors count, all at once.

use super::totals::Totals;
use hdrhistogram::Histogram;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One minute in microseconds: the longest acknowledgement told apart.
const LONGEST_US: u64 = 60_000_000;

pub(super) struct Counters {
    connected: AtomicU64,
    connected_ever: AtomicU64,
    connects: AtomicU64,
    failed_connects: AtomicU64,
    refused: AtomicU64,
    lost: AtomicU64,
    published: AtomicU64,
    missed: AtomicU64,
    acknowledged: AtomicU64,
    unacknowledged: AtomicU64,
    latency_us: Mutex<Histogram<u64>>,
}

impl Counters {
    /// Nothing counted yet.
    ///
    /// # Errors
    /// Never for the bounds used here.
    pub(super) fn new() -> Result<Self, hdrhistogram::CreationError> {
        let zero = AtomicU64::default;
        Ok(Self {
            connected: zero(),
            connected_ever: zero(),
            connects: zero(),
            failed_connects: zero(),
            refused: zero(),
            lost: zero(),
            published: zero(),
            missed: zero(),
            acknowledged: zero(),
            unacknowledged: zero(),
            latency_us: Mutex::new(Histogram::new_with_bounds(1, LONGEST_US, 3)?),
        })
    }

    pub(super) fn connected(&self, first_time: bool) {
        up(&self.connected);
        up(&self.connects);
        if first_time {
            up(&self.connected_ever);
        }
    }

    pub(super) fn failed_to_connect(&self) {
        up(&self.failed_connects);
    }

    pub(super) fn refused(&self) {
        up(&self.refused);
    }

    /// The server or the network ended a connection.
    pub(super) fn lost(&self) {
        down(&self.connected);
        up(&self.lost);
    }

    /// The sensor itself broke its connection.
    pub(super) fn dropped(&self) {
        down(&self.connected);
    }

    pub(super) fn missed(&self) {
        up(&self.missed);
    }

    pub(super) fn published(&self, to_be_acknowledged: bool) {
        up(&self.published);
        if to_be_acknowledged {
            up(&self.unacknowledged);
        }
    }

    /// `after` is `None` where the time says nothing about the server.
    pub(super) fn acknowledged(&self, after: Option<Duration>) {
        up(&self.acknowledged);
        down(&self.unacknowledged);
        if let Some(after) = after {
            let us = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
            self.latency_us.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(us);
        }
    }

    pub(super) fn totals(&self, devices: usize, elapsed: Duration) -> Totals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (published, missed) = (read(&self.published), read(&self.missed));
        let latency = self.latency_us.lock().unwrap_or_else(PoisonError::into_inner);
        let ms = |us: u64| us as f64 / 1e3;
        Totals {
            devices,
            connected: read(&self.connected),
            connected_ever: read(&self.connected_ever),
            connects: read(&self.connects),
            failed_connects: read(&self.failed_connects),
            refused: read(&self.refused),
            lost_connections: read(&self.lost),
            made: published + missed,
            published,
            missed,
            acknowledged: read(&self.acknowledged),
            unacknowledged: read(&self.unacknowledged),
            puback_p50_ms: ms(latency.value_at_quantile(0.5)),
            puback_p99_ms: ms(latency.value_at_quantile(0.99)),
            puback_max_ms: ms(latency.max()),
            elapsed_s: elapsed.as_secs_f64(),
        }
    }
}

fn up(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn down(counter: &AtomicU64) {
    counter.fetch_sub(1, Ordering::Relaxed);
}
