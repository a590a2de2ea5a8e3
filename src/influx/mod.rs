//! States, and readings if they are wanted, for InfluxDB or whatever else takes its lines: a sink that may fail.
//!
//! Two streams ([`stream`]) send lines ([`line`]) of what is kept elsewhere anyway: state changes from their log
//! ([`states`]), readings from the journal ([`measured`]), and what the journal had to drop during a long outage from the
//! history ([`refill`]). A stream keeps nothing but its place ([`unproven`], [`store`]): an outage costs no memory and loses
//! nothing. What follows from an answer is decided in [`policy`]; lines that the server refuses are found one by one
//! ([`delivery`]) and set aside with its reason. [`status`] says in words what is wrong.

mod api;
mod client;
mod delivery;
mod entity;
mod handle;
mod line;
mod measured;
mod policy;
mod port;
mod refill;
mod sink;
mod states;
mod status;
mod store;
mod stream;
mod unproven;

pub use api::{ApiState, router};
pub use client::{InfluxError, check};
pub use handle::Handle;
pub use line::{Measurement, READING, STATE};
pub use port::{TagPort, Tags};
pub use sink::{Parts, Sink};
pub use store::SinkStore;
