//! Alerts: what about an instrument somebody should look at, from when on, and who has seen it.
//!
//! [`policy`] says what is to be told of an instrument as it is now, [`lifecycle`] what follows for the alert there is, [`rules`]
//! from when on it is one; all three are pure. [`engine`] holds what is watched of every instrument in memory with the next
//! time at which something can change, and [`actor`] is the one task that works it: it follows the log of state changes, and
//! writes what follows together with how far it is ([`store`]). [`AlertLog`] is everything that happened, for whoever has to
//! miss none of it.

mod actions_api;
mod actor;
mod api;
#[cfg(test)]
mod bench;
mod csv;
mod engine;
mod entity;
mod lifecycle;
mod list;
mod log;
mod maintenance;
mod maintenance_api;
mod maintenance_store;
mod model;
mod policy;
mod rules;
mod rules_api;
mod rules_store;
mod store;
#[cfg(test)]
mod tests;

pub use actor::{Alerting, Handle, Parts};
pub use api::{ApiState, router};
pub use log::AlertLog;
pub use model::{Sign, Signs};
