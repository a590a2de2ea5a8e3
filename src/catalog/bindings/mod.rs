//! Which client's which value is an instrument's current, changed by people: one at a time, or many as CSV.
//!
//! `sight` is what of it somebody sees, `policy` says what is wrong with what somebody wants, `store` writes it, all or nothing, `api` and `csv` are the routes
//! of bindings, `clients` those of the clients that report.

mod api;
mod clients;
mod csv;
mod policy;
mod sight;
mod store;

pub use api::SessionPort;
pub(super) use api::routes;
pub use policy::{Wanted, Wrong};
pub use store::{Change, Outcome};
