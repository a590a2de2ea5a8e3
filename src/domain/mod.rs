//! The words everything else is written in: identifiers, readings, states, transitions, time.
//!
//! Pure values: `std` and `serde` only, nothing of ours is imported here. The rules behind the words are in
//! `docs/glossary.md`.

mod access;
mod alert;
mod clock;
mod code;
mod day;
mod dialect;
mod event;
mod id;
mod level;
mod opening;
mod place;
mod reading;
mod state;

pub use access::{Caller, Grant, Permission, Reach, Role};
pub use alert::{Acknowledged, Alert, AlertEvent, AlertKind, AlertStep, Severity, Silenced};
pub use clock::{Clock, ManualClock, SystemClock};
pub use code::{DayiCode, InvalidCode};
pub use day::{InvalidDay, LocalDay};
pub use dialect::DialectKind;
pub use event::{Event, Record};
pub use id::{InstrumentId, InvalidId};
pub use level::LevelName;
pub use opening::{InvalidOpening, OpenSpan, OpeningHours, Openings};
pub use place::{Place, Places, UnitPath};
pub use reading::{InvalidReading, Reading, TimeSource};
pub use state::{Cause, CurrentState, InstrumentState, Interval, Transition};
