use hdrhistogram::{CreationError, Histogram};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One minute in microseconds: the longest time told apart.
const LONGEST_US: u64 = 60_000_000;

/// A histogram of times in microseconds, to three digits.
///
/// # Errors
/// Never for these bounds.
pub(crate) fn times() -> Result<Histogram<u64>, CreationError> {
    Histogram::new_with_bounds(1, LONGEST_US, 3)
}

/// Notes a time.
pub(crate) fn record(times: &mut Histogram<u64>, time: Duration) {
    times.saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
}

/// What all connections count.
#[derive(Debug)]
pub struct LoadCounters {
    pub(super) connected: AtomicU64,
    pub(super) connects: AtomicU64,
    pub(super) failed_connects: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) lost_connections: AtomicU64,
    pub(super) published: AtomicU64,
    pub(super) missed: AtomicU64,
    pub(super) acknowledged: AtomicU64,
    pub(super) stalled: AtomicU64,
    /// Since it was last taken.
    puback_us: Mutex<Histogram<u64>>,
    return_us: Mutex<Histogram<u64>>,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct LoadCounts {
    /// Clients connected now.
    pub connected: u64,
    /// Connections made.
    pub connects: u64,
    /// Attempts that failed.
    pub failed_connects: u64,
    /// Clients that the server refuses for good.
    pub refused: u64,
    /// Connections that the server or the network ended.
    pub lost_connections: u64,
    /// Readings published.
    pub published: u64,
    /// Readings that were due and could not be published, for want of a connection or of room in it.
    pub missed: u64,
    /// Readings acknowledged.
    pub acknowledged: u64,
    /// Stalls.
    pub stalled: u64,
}

impl LoadCounters {
    /// Nothing counted yet.
    ///
    /// # Errors
    /// Never for the bounds used here.
    pub fn new() -> Result<Self, CreationError> {
        let zero = AtomicU64::default;
        Ok(Self {
            connected: zero(),
            connects: zero(),
            failed_connects: zero(),
            refused: zero(),
            lost_connections: zero(),
            published: zero(),
            missed: zero(),
            acknowledged: zero(),
            stalled: zero(),
            puback_us: Mutex::new(times()?),
            return_us: Mutex::new(times()?),
        })
    }

    /// The counts now.
    #[must_use]
    pub fn now(&self) -> LoadCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LoadCounts {
            connected: read(&self.connected),
            connects: read(&self.connects),
            failed_connects: read(&self.failed_connects),
            refused: read(&self.refused),
            lost_connections: read(&self.lost_connections),
            published: read(&self.published),
            missed: read(&self.missed),
            acknowledged: read(&self.acknowledged),
            stalled: read(&self.stalled),
        }
    }

    pub(super) fn puback(&self, after: Duration) {
        record(&mut self.puback_us.lock().unwrap_or_else(PoisonError::into_inner), after);
    }

    /// A client came back so long after it was told to drop its connection.
    pub(super) fn returned(&self, after: Duration) {
        record(&mut self.return_us.lock().unwrap_or_else(PoisonError::into_inner), after);
    }

    /// Adds the times from PUBLISH to PUBACK since the last call to `total`, and returns them.
    pub fn take_pubacks(&self, total: &mut Histogram<u64>) -> Option<Histogram<u64>> {
        let fresh = times().ok()?;
        let mut times = self.puback_us.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::replace(&mut *times, fresh);
        drop(times);
        // Equal bounds always fit.
        total.add(&taken).ok()?;
        Some(taken)
    }

    /// The times from a storm to each client's return.
    #[must_use]
    pub fn returns(&self) -> Histogram<u64> {
        self.return_us.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub(super) fn up(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

pub(super) fn down(counter: &AtomicU64) {
    counter.fetch_sub(1, Ordering::Relaxed);
}
