//! What is to be sent, in the database: [`intake`] puts it there, [`parcels`] takes it out again message by message, [`log`]
//! shows what became of it.

mod intake;
mod log;
mod parcels;
mod state;

pub(super) use intake::{NewDelivery, Places as CursorPlaces};
pub(super) use log::{Attempted, Counts, Listed, Wanted};
pub(super) use parcels::{Batch, Line};
pub(super) use state::{Outbox, State};
