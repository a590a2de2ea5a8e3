//! What happened: state intervals, kept in the database before anybody hears of them.
//!
//! [`Recorder`] takes the actors' records in batches, one transaction each, and only then announces the transitions.
//! [`Intervals`] answers questions about the past, [`Drifts`] tells what models saw change. [`Changes`] is the log of all state
//! changes, for whoever has to miss none. [`Writer`] keeps every reading in compressed chunks, [`Readings`] reads them.

mod api;
mod changes;
mod drifts;
mod entity;
mod expiry;
mod intervals;
mod readings;
mod readings_api;
mod recorder;

pub use api::{ApiState, router};
pub use changes::{Change, Changes};
pub use drifts::{Drift, Drifts};
pub use expiry::forget_intervals;
pub use intervals::{Intervals, LastStates};
pub use readings::{Bin, Chart, Keeping, MOST_BINS, Point, Readings, ReadingsError, Unwritten, Upkeep, Writer};
pub use recorder::{Announce, Recorder};
