//! A fleet of sensors that are alive: one MQTT connection each, a reading at every interval, losses, and a way back.
//!
//! [`read_devices`] takes the sensors from a stream of JSON lines, [`run`] keeps them going until it is told to stop
//! and returns the [`Totals`]. What a sensor says and when it is lost is in its [`Signal`](crate::signal::Signal), so
//! the same seed plays the same fleet.

mod device;
mod fleet;
mod payload;
mod sensor;
mod totals;

pub use device::{Device, DevicesError, Dialect, read_devices};
pub use fleet::{SimulatorConfig, run};
pub use totals::Totals;

#[cfg(test)]
mod tests;
