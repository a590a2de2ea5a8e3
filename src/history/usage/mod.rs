//! Measured hours: how long instruments were in which state, day by day, and what of it is effective.
//!
//! The recorder adds what has ended to its days in the transaction that ends it ([`Days`]); what lasts is added when
//! somebody asks ([`Hours`]). [`policy`] says what counts, [`calendar`] what a day is. [`Count`] counts the days anew that
//! were never counted or were cut in another zone.

mod api;
mod calendar;
mod count;
mod csv;
mod hours;
mod lasting;
mod policy;
mod roll_up;
mod rules;
mod rules_api;

pub(super) use api::routes;
pub use calendar::Zone;
pub use count::Count;
pub use hours::Hours;
pub(super) use lasting::{COLUMNS, JOINS, Lasting};
#[cfg(test)]
pub(super) use roll_up::recount;
pub(super) use roll_up::{Days, ROWS};
pub(super) use rules::own_rules;
