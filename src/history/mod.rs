//! What happened: state intervals, kept in the database before anybody hears of them.
//!
//! [`Recorder`] takes the actors' records in batches, one transaction each, and only then announces the transitions.
//! [`Intervals`] answers questions about the past of one instrument, [`StatesAt`] about all at a time, [`Hours`] how long they
//! were in which state. [`Drifts`] tells what models saw change. [`Writer`] keeps every reading in compressed chunks,
//! [`Readings`] reads them.

mod api;
mod drifts;
mod entity;
mod expiry;
mod intervals;
mod readings;
mod readings_api;
mod recorder;
mod scope;
mod states_at;
mod states_at_api;
mod transitions;
mod usage;

pub use api::{ApiState, router};
pub use drifts::{Drift, Drifts};
pub use expiry::forget_intervals;
pub use intervals::{Intervals, LastStates};
pub use readings::{
    Bin, Chart, FILE as READINGS_FILE, Keeping, MOST_BINS, Point, Readings, ReadingsError, Unwritten, Upkeep, Writer,
};
pub use recorder::{Announce, Recorder};
pub use states_at::StatesAt;
pub use usage::{Count, Hours, Zone};
