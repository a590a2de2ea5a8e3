//! Planned work: nothing new is told of an instrument meanwhile.

use crate::domain::{InstrumentId, UnitPath};
use std::sync::Arc;

/// What work is planned on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Instrument(InstrumentId),
    /// A unit, by its id, and all below it.
    Unit(String),
}

/// A span of planned work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) id: String,
    pub(super) target: Target,
    /// UTC milliseconds, inclusive.
    pub(super) from_ms: i64,
    /// UTC milliseconds, exclusive.
    pub(super) to_ms: i64,
    pub(super) reason: String,
    /// Who planned it: the name to show.
    pub(super) by: String,
    /// When it was planned, UTC milliseconds.
    pub(super) at_ms: i64,
}

impl Window {
    /// Whether it concerns an instrument that stands there.
    pub(super) fn concerns(&self, instrument: &InstrumentId, unit: &UnitPath) -> bool {
        match &self.target {
            Target::Instrument(id) => id == instrument,
            Target::Unit(id) => unit.ids().any(|one| one == id),
        }
    }
}

/// All windows that have not ended. Few: those of the whole province that are planned or go on.
#[derive(Clone, Debug, Default)]
pub(super) struct Windows(Vec<Arc<Window>>);

impl Windows {
    pub(super) fn new(windows: Vec<Window>) -> Self {
        Self(windows.into_iter().map(Arc::new).collect())
    }

    pub(super) fn add(&mut self, window: Window) {
        self.0.push(Arc::new(window));
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Arc<Window>> {
        let at = self.0.iter().position(|window| window.id == id)?;
        Some(self.0.swap_remove(at))
    }

    /// The one that goes on at the instrument and ends last; and when the next begins.
    pub(super) fn at(
        &self,
        instrument: &InstrumentId,
        unit: &UnitPath,
        now_ms: i64,
    ) -> (Option<&Arc<Window>>, Option<i64>) {
        let mut going_on: Option<&Arc<Window>> = None;
        let mut next_ms: Option<i64> = None;
        for window in self.0.iter().filter(|window| window.to_ms > now_ms && window.concerns(instrument, unit)) {
            if window.from_ms > now_ms {
                next_ms = Some(next_ms.map_or(window.from_ms, |next| next.min(window.from_ms)));
            } else if going_on.is_none_or(|other| other.to_ms < window.to_ms) {
                going_on = Some(window);
            }
        }
        (going_on, next_ms)
    }

    /// Forgets those that have ended.
    pub(super) fn forget_ended(&mut self, now_ms: i64) {
        self.0.retain(|window| window.to_ms > now_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_windows_the_one_that_ends_last_counts() {
        let window = |id: &str, target, from_ms, to_ms| Window {
            id: id.into(),
            target,
            from_ms,
            to_ms,
            reason: String::new(),
            by: "A".into(),
            at_ms: 0,
        };
        let (one, other): (InstrumentId, InstrumentId) = ("a".parse().unwrap(), "b".parse().unwrap());
        let unit = UnitPath::root().child("zj").child("lab");
        let mut windows = Windows::new(vec![
            window("1", Target::Instrument(one.clone()), 10, 20),
            window("2", Target::Unit("zj".into()), 15, 40),
            window("3", Target::Unit("elsewhere".into()), 0, 90),
        ]);
        windows.add(window("4", Target::Unit("lab".into()), 60, 70));
        let at = |id: &InstrumentId, now_ms| {
            let (going_on, next_ms) = windows.at(id, &unit, now_ms);
            (going_on.map(|window| window.id.clone()), next_ms)
        };
        assert_eq!(at(&one, 9), (None, Some(10)));
        assert_eq!(at(&one, 10), (Some("1".into()), Some(15)));
        assert_eq!(at(&one, 15), (Some("2".into()), Some(60)));
        assert_eq!(at(&other, 12), (None, Some(15)));
        assert_eq!(at(&other, 40), (None, Some(60)));
        assert_eq!(at(&other, 70), (None, None));
    }
}
