//! A fleet of sensors that are alive: one MQTT connection each, a reading at every interval, losses, and a way back.
//!
//! [`read_devices`] takes the sensors from a stream of JSON lines; [`run`] keeps them going until it is told to stop
//! and returns the [`Totals`]. A [`Simulation`] is the same in two halves, for whoever wants to see the totals grow.
//! What a sensor says and when it is lost is in its [`Signal`](crate::signal::Signal), so the same seed plays the same
//! fleet.
//!
//! A sensor has no memory for what it could not publish, as the ones on the wall have none: such a reading is missed,
//! and counted. What it did publish at QoS 1 it keeps, and sends again on the next connection, until it is acknowledged.

mod config;
mod counters;
mod device;
mod sensor;
mod simulation;
mod totals;

pub use crate::dialect::Dialect;
pub use config::SimulatorConfig;
pub use device::{Device, DevicesError, read_devices};
pub use simulation::{Simulation, run};
pub use totals::Totals;

#[cfg(test)]
mod tests;
