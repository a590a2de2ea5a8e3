use super::InstrumentId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What an instrument does, as far as its current tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum InstrumentState {
    /// 未知: before the first verdict, or over a span when the server itself was down. Never counted as offline.
    Unknown = 0,
    /// 离线: no fresh reading. Says nothing about the instrument.
    Offline = 1,
    /// 关机: the sensor reports, the instrument draws (nearly) nothing.
    Off = 2,
    /// 待机: powered, not working.
    Standby = 3,
    /// 开机: powered and working.
    On = 4,
}

impl InstrumentState {
    /// Every state, in the order of its code.
    pub const ALL: [Self; 5] = [Self::Unknown, Self::Offline, Self::Off, Self::Standby, Self::On];

    /// The state's code on the wire and in the database.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The state of a code, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The name used in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Offline => "offline",
            Self::Off => "off",
            Self::Standby => "standby",
            Self::On => "on",
        }
    }
}

impl fmt::Display for InstrumentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What made a state change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Cause {
    /// The classifier's verdict.
    Model = 0,
    /// The sensor was silent past its deadline.
    Deadline = 1,
    /// The sensor's last will, and silence for the grace after it.
    LastWill = 2,
    /// The server was down.
    Restart = 3,
    /// A person.
    Manual = 4,
}

impl Cause {
    const ALL: [Self; 5] = [Self::Model, Self::Deadline, Self::LastWill, Self::Restart, Self::Manual];

    /// The cause's code in the database.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The name used in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Deadline => "deadline",
            Self::LastWill => "last-will",
            Self::Restart => "restart",
            Self::Manual => "manual",
        }
    }

    /// The cause of a code, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

/// An instrument went from one state to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// Whose.
    pub instrument: InstrumentId,
    /// Counts the instrument's transitions from 1, without a gap. `(instrument, seq)` names the event everywhere.
    pub seq: u64,
    /// The state that ended.
    pub from: InstrumentState,
    /// The state that began.
    pub to: InstrumentState,
    /// When it began, UTC milliseconds. Always after the previous transition's.
    pub at_ms: i64,
    /// The time of the reading, or of the deadline, that decided it: a model needs some readings to be sure, so it is
    /// later than `at_ms` by the model's delay. UTC milliseconds.
    pub decided_ms: i64,
    /// 0 to 1: how sure the verdict was.
    pub confidence: f32,
    /// What made it change.
    pub cause: Cause,
    /// The model that decided, such as `threshold-v1`.
    pub model: Arc<str>,
    /// Where the journal holds the last reading that was worked through when it was decided: what stands before it is
    /// accounted for.
    pub position: u64,
}

/// A state that held over `[start, end)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// The sequence number of the transition that began it.
    pub seq: u64,
    /// The state.
    pub state: InstrumentState,
    /// UTC milliseconds, inclusive.
    pub start_ms: i64,
    /// UTC milliseconds, exclusive; `None` while it lasts.
    pub end_ms: Option<i64>,
    /// When it was decided, UTC milliseconds; see [`Transition::decided_ms`].
    pub decided_ms: i64,
    /// 0 to 1, at its beginning.
    pub confidence: f32,
    /// What began it.
    pub cause: Cause,
    /// The model that decided.
    pub model: Arc<str>,
}

/// The state an instrument is in.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentState {
    /// The state.
    pub state: InstrumentState,
    /// Since when, UTC milliseconds; 0 before the first verdict.
    pub since_ms: i64,
    /// The sequence number of the transition that began it; 0 before the first.
    pub seq: u64,
    /// 0 to 1, at its beginning.
    pub confidence: f32,
    /// What began it.
    pub cause: Cause,
    /// The model that decided; empty before the first verdict.
    pub model: Arc<str>,
}

impl CurrentState {
    /// The state of an instrument nobody has heard of yet.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            state: InstrumentState::Unknown,
            since_ms: 0,
            seq: 0,
            confidence: 0.0,
            cause: Cause::Restart,
            model: "".into(),
        }
    }
}

impl From<&Transition> for CurrentState {
    fn from(transition: &Transition) -> Self {
        Self {
            state: transition.to,
            since_ms: transition.at_ms,
            seq: transition.seq,
            confidence: transition.confidence,
            cause: transition.cause,
            model: transition.model.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_go_round() {
        for state in InstrumentState::ALL {
            assert_eq!(InstrumentState::from_code(state.code()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        for cause in Cause::ALL {
            assert_eq!(Cause::from_code(cause.code()), Some(cause));
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.name());
        }
        assert_eq!(InstrumentState::from_code(5), None);
    }
}
