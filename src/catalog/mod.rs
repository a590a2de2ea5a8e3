//! Which instruments there are, whose they are and where in the tree they stand, and which sensors report for them.
//!
//! Everything is held in memory (`memory`; 10,000 instruments are some megabytes) and written through to the database first
//! (`store`, `change`). `details` is what people say of an instrument, `codes` what it is numbered by. `units` is the tree,
//! `bindings` says whose sensor is whose, `import` takes instruments from spreadsheets, `classes` names kinds of them.

mod addition;
mod api;
mod batch_api;
mod bindings;
mod change;
mod change_api;
mod classes;
mod codes;
mod credentials;
mod details;
mod entity;
mod import;
mod memory;
mod model;
mod problems;
mod rows;
mod store;
mod units;
mod views;

pub use api::{ApiState, FleetPort, LiveStatus, router};
pub use bindings::{Change, Outcome, SessionPort, Wanted, Wrong};
pub use credentials::{Credentials, NewToken};
pub use details::{Contact, Details};
pub use memory::Catalog;
pub use model::{Addition, Bound, Home, Institution, Instrument, NewSensor, SensorBinding};
pub use store::{Store, StoreError};
pub use units::{PROVINCE, Unit, UnitChange, UnitKind, Units, WrongUnit};
