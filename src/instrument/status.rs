use crate::domain::CurrentState;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What everybody may read of an instrument without asking its actor.
///
/// The state is the *announced* one: it changes only after the transition is on the disk.
#[derive(Debug)]
pub struct Status {
    announced: Mutex<Arc<CurrentState>>,
    last_ts_ms: AtomicI64,
    last_current_bits: AtomicU32,
}

/// The newest reading of an instrument: UTC milliseconds and ampere.
pub type LastReading = (i64, f32);

impl Status {
    pub(crate) fn new(state: CurrentState) -> Self {
        Self {
            announced: Mutex::new(Arc::new(state)),
            last_ts_ms: AtomicI64::new(i64::MIN),
            last_current_bits: AtomicU32::new(0),
        }
    }

    /// The announced state.
    #[must_use]
    pub fn state(&self) -> Arc<CurrentState> {
        self.announced.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the announced state; called when the transition is on the disk.
    pub(crate) fn announce(&self, state: CurrentState) {
        *self.announced.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
    }

    /// The newest reading, if there was one since the server started.
    #[must_use]
    pub fn last_reading(&self) -> Option<LastReading> {
        let ts_ms = self.last_ts_ms.load(Ordering::Acquire);
        (ts_ms != i64::MIN).then(|| (ts_ms, f32::from_bits(self.last_current_bits.load(Ordering::Acquire))))
    }

    /// Notes the newest reading. Only the instrument's actor calls this.
    pub(crate) fn note_reading(&self, ts_ms: i64, current_a: f32) {
        self.last_current_bits.store(current_a.to_bits(), Ordering::Release);
        self.last_ts_ms.store(ts_ms, Ordering::Release);
    }
}
