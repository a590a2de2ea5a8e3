//! A recording through MQTT, as the sensor that made it would have sent it.

mod config;
mod player;

pub use config::{ReplayConfig, ReplayError, Sent};
pub use player::replay;

#[cfg(test)]
mod tests;
