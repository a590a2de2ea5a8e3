//! The tree that instruments stand in: province, city, county, institution, laboratory; and departments beside it.
//!
//! `model` holds it in memory, `policy` says what may stand where, `store` writes it, `api` has the routes.

mod api;
mod model;
mod policy;
mod store;

pub(super) use api::routes;
pub use model::{PROVINCE, Unit, UnitKind, Units};
pub use policy::WrongUnit;
pub(super) use policy::{Founded, for_instruments, found};
pub use store::UnitChange;
pub(super) use store::{refuse_used, row, stored_opening};
