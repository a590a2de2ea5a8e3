use super::InstrumentState;
use serde::{Deserialize, Serialize};

/// What a person calls a level of an instrument's current.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelName {
    /// The level's usual current, in ampere.
    pub typical_a: f32,
    /// What the rules took it for, `off`, `standby` or `on`: tells two levels apart that share a range. `None` is any.
    #[serde(default)]
    pub proposed: Option<InstrumentState>,
    /// `off`, `standby` or `on`.
    pub state: InstrumentState,
}
