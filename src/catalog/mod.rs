//! Which instruments there are, whose they are, and which sensors report for them.
//!
//! Everything is held in memory (10,000 instruments are some megabytes) and written through to the database first.

mod api;
mod batch_api;
mod bindings;
mod credentials;
mod entity;
mod model;
mod store;

pub use api::{ApiState, FleetPort, LiveStatus, router};
pub use bindings::{Change, Outcome, SessionPort, Wanted, Wrong};
pub use credentials::{Credentials, NewToken};
pub use model::{Bound, Catalog, Institution, Instrument, NewSensor, SensorBinding};
pub use store::{Store, StoreError};
