use crate::domain::{AlertEvent, AlertStep, InstrumentId, InstrumentState, Severity};
use crate::history::Change;
use serde::{Deserialize, Serialize};

/// Something that people may want to be told: an entry of one of the two logs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Notice {
    /// What happened to an alert.
    Alert(AlertEvent),
    /// An instrument changed its state.
    State(StateChange),
}

/// An instrument changed its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StateChange {
    /// Its number in the log of changes.
    pub(super) number: i64,
    pub(super) instrument: InstrumentId,
    /// Counts the instrument's changes.
    pub(super) seq: u64,
    pub(super) from: InstrumentState,
    pub(super) to: InstrumentState,
    /// UTC milliseconds.
    pub(super) at_ms: i64,
}

/// Which log an entry is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Alerts.
    Alerts,
    /// State changes.
    States,
}

impl Source {
    /// As in the database.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Alerts => "alert",
            Self::States => "state",
        }
    }

    /// What the place in this log is kept under.
    pub(super) const fn cursor(self) -> &'static str {
        match self {
            Self::Alerts => "notify.alerts",
            Self::States => "notify.states",
        }
    }
}

impl Notice {
    pub(super) fn source(&self) -> Source {
        match self {
            Self::Alert(_) => Source::Alerts,
            Self::State(_) => Source::States,
        }
    }

    pub(super) fn number(&self) -> i64 {
        match self {
            Self::Alert(event) => event.number,
            Self::State(change) => change.number,
        }
    }

    pub(super) fn instrument(&self) -> &InstrumentId {
        match self {
            Self::Alert(event) => &event.alert.instrument,
            Self::State(change) => &change.instrument,
        }
    }

    /// UTC milliseconds.
    pub(super) fn at_ms(&self) -> i64 {
        match self {
            Self::Alert(event) => event.at_ms,
            Self::State(change) => change.at_ms,
        }
    }

    pub(super) fn alert_id(&self) -> Option<&str> {
        match self {
            Self::Alert(event) => Some(&event.alert.id),
            Self::State(_) => None,
        }
    }

    /// A state change concerns nobody in particular.
    pub(super) fn severity(&self) -> Option<Severity> {
        match self {
            Self::Alert(event) => Some(event.alert.severity),
            Self::State(_) => None,
        }
    }

    /// Its name for programs, such as `alert.raised`.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Alert(event) => format!("alert.{}", event.step.name()),
            Self::State(_) => "state.changed".into(),
        }
    }

    /// Whether it says that nobody is to be told of its alert any more.
    pub(super) fn hushes(&self) -> bool {
        matches!(self, Self::Alert(event) if matches!(event.step, AlertStep::Acknowledged | AlertStep::Silenced))
    }

    /// Whether somebody has seen its alert, or wants nobody to be told of it.
    pub(super) fn is_hushed(&self) -> bool {
        let Self::Alert(event) = self else { return false };
        let silenced = event.alert.silenced.as_ref().is_some_and(|silenced| silenced.until_ms > event.at_ms);
        silenced || event.alert.acknowledged.is_some()
    }
}

impl From<Change> for Notice {
    fn from(Change { number, transition }: Change) -> Self {
        Self::State(StateChange {
            number,
            instrument: transition.instrument,
            seq: transition.seq,
            from: transition.from,
            to: transition.to,
            at_ms: transition.at_ms,
        })
    }
}
