//! A recording through MQTT, as the sensor that made it would have sent it.

mod player;

pub use player::{ReplayConfig, ReplayError, Sent, replay};

#[cfg(test)]
mod tests;
