//! Who changed what: every write, written down before it is done and again when it is known how it went.
//!
//! The guard before all routes ([`crate::http`]) writes; this folder keeps and answers. An entry whose status is missing is of
//! a write that the server did not live to finish.

mod api;
mod entity;
mod expiry;
mod model;
mod policy;
mod store;

pub use api::{ApiState, router};
pub use expiry::forget_old;
pub use model::{Entry, Write};
pub use policy::recorded;
pub use store::Log;
