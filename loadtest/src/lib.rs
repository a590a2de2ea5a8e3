//! Load for dayi that behaves like a province: a seeded fleet, its currents, and sensors that are real MQTT clients.
//!
//! In the order in which a simulated reading comes about:
//!
//! 1. [`fleet`] makes a believable province from a seed: cities, institutions, instruments.
//! 2. [`signal`] is each instrument's current over time: working days, runs, warm-up, compressors, standby, noise,
//!    spikes, drift, and the times at which its sensor is lost.
//! 3. [`mqtt`] is a light MQTT 3.1.1 client: one socket, no task of its own.
//! 4. `dialect` puts a reading into the words of dayi's own sensors or of a plug with Tasmota.
//! 5. [`simulator`] keeps ten thousand sensors going at once and counts what became of their readings.
//! 6. [`replay`] sends a recording instead, as its sensor would have.
//!
//! The same seed gives the same fleet and the same currents, so that a measurement can be repeated. Nothing here knows
//! dayi's inside: it sees the MQTT port alone.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

mod dialect;
pub mod fleet;
pub mod mqtt;
pub mod replay;
mod seed;
pub mod signal;
pub mod simulator;
