use super::{AlertEvent, InstrumentId, Transition};
use std::sync::Arc;

/// Something that happened and that others react to. It is announced only after it is on the disk.
#[derive(Clone, Debug)]
pub enum Event {
    /// An instrument changed its state.
    StateChanged(Arc<Transition>),
    /// An instrument was added to the catalogue.
    InstrumentAdded(InstrumentId),
    /// What the catalogue says of an instrument was changed.
    InstrumentChanged(InstrumentId),
    /// An alert began, or came back.
    AlertRaised(Arc<AlertEvent>),
    /// An alert concerns more people, or somebody has seen or silenced it.
    AlertUpdated(Arc<AlertEvent>),
    /// An alert ended.
    AlertCleared(Arc<AlertEvent>),
    /// A model saw its instrument's readings change since it was trained.
    ModelDrifted {
        /// Whose.
        instrument: InstrumentId,
        /// Which model, with its version.
        model: Arc<str>,
    },
}

impl Event {
    /// Whose event it is.
    #[must_use]
    pub fn instrument(&self) -> &InstrumentId {
        match self {
            Self::StateChanged(transition) => &transition.instrument,
            Self::InstrumentAdded(instrument)
            | Self::InstrumentChanged(instrument)
            | Self::ModelDrifted { instrument, .. } => instrument,
            Self::AlertRaised(event) | Self::AlertUpdated(event) | Self::AlertCleared(event) => &event.alert.instrument,
        }
    }
}

/// What an actor wants on the disk before anybody hears of it.
#[derive(Clone, Debug)]
pub enum Record {
    /// A state change; announced once it is durable.
    Transition(Arc<Transition>),
    /// What an instrument's model learned of it.
    Learned {
        /// Whose.
        instrument: InstrumentId,
        /// When, UTC milliseconds.
        at_ms: i64,
        /// As JSON.
        model: String,
    },
    /// A model saw its instrument's readings change since it was trained; announced once for a model.
    Drifted {
        /// Whose.
        instrument: InstrumentId,
        /// Which model, with its version.
        model: Arc<str>,
        /// When, UTC milliseconds.
        at_ms: i64,
        /// What changed, as JSON.
        details: String,
    },
}
