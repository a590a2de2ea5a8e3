//! Who is idle, for how long, and what it costs.
//!
//! [`Counter`] follows the log of state changes: of every standby that has ended it keeps, day by day, how long it was, how much of
//! it lay within opening hours, and what was measured meanwhile ([`policy`] says how). [`question`] answers from these days,
//! from what was not counted yet, and from what lasts.

mod api;
mod counter;
mod csv;
mod entity;
mod grouping;
mod model;
mod policy;
mod question;
mod row;
mod store;

pub use api::{ApiState, router};
pub use counter::{Counter, Parts};
pub use model::{Now, NowPort};
