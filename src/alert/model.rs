use crate::domain::{AlertKind, InstrumentId, InstrumentState};
use futures::future::BoxFuture;

/// Something that is wrong with a sensor or a model, and shows in no state.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    /// Whose.
    pub instrument: InstrumentId,
    /// `sensor-frozen`, `clock-skew` or `model-drift`.
    pub kind: AlertKind,
    /// Since when, UTC milliseconds; `None` where that is not known.
    pub since_ms: Option<i64>,
}

/// Knows what is wrong with sensors and models; `app` fills it.
pub trait Signs: Send + Sync + 'static {
    /// Everything that is wrong now; `None` while it cannot be told.
    fn now(&self) -> BoxFuture<'_, Option<Vec<Sign>>>;
}

/// What is watched of an instrument: its present state, and how long it was not on before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Watch {
    pub(super) state: InstrumentState,
    /// Since when, UTC milliseconds.
    pub(super) since_ms: i64,
    /// Since when it was not seen on: the end of its last run, or its first state. UTC milliseconds.
    pub(super) quiet_ms: i64,
    /// For how long since then it is known to have been off or on standby, before the present state.
    pub(super) known_ms: i64,
}

impl Watch {
    /// From an instrument's first state on.
    pub(super) fn first(state: InstrumentState, since_ms: i64) -> Self {
        Self { state, since_ms, quiet_ms: since_ms, known_ms: 0 }
    }

    /// It went into another state.
    pub(super) fn change(&mut self, to: InstrumentState, at_ms: i64) {
        match self.state {
            InstrumentState::On => (self.quiet_ms, self.known_ms) = (at_ms, 0),
            InstrumentState::Off | InstrumentState::Standby => {
                self.known_ms = self.known_ms.saturating_add(at_ms.saturating_sub(self.since_ms).max(0));
            }
            InstrumentState::Unknown | InstrumentState::Offline => {}
        }
        (self.state, self.since_ms) = (to, at_ms);
    }
}

/// What signs say of one instrument: since when it is so, or that it is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signals {
    pub(super) frozen_ms: Option<i64>,
    pub(super) skewed_ms: Option<i64>,
    pub(super) drifted_ms: Option<i64>,
}

impl Signals {
    /// Since when there is what this kind is about.
    pub(super) fn of(&self, kind: AlertKind) -> Option<i64> {
        match kind {
            AlertKind::SensorFrozen => self.frozen_ms,
            AlertKind::ClockSkew => self.skewed_ms,
            AlertKind::ModelDrift => self.drifted_ms,
            _ => None,
        }
    }

    pub(super) fn set(&mut self, kind: AlertKind, since_ms: i64) {
        match kind {
            AlertKind::SensorFrozen => self.frozen_ms = Some(since_ms),
            AlertKind::ClockSkew => self.skewed_ms = Some(since_ms),
            AlertKind::ModelDrift => self.drifted_ms = Some(since_ms),
            _ => {}
        }
    }
}
