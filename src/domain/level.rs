use super::InstrumentState;
use serde::{Deserialize, Serialize};

/// What a person calls a level of an instrument's current.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LevelName {
    /// The level's usual current, in ampere.
    pub typical_a: f32,
    /// `off`, `standby` or `on`.
    pub state: InstrumentState,
}
