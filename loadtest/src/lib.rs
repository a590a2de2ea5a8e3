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
//! And in the order of a measurement, which is the program `dayi-loadtest`:
//!
//! 7. [`target`] starts what is measured, a dayi server or Mosquitto, or reaches one that runs.
//! 8. [`load`] is sensors that keep a ledger of what they sent, [`flood`] others that only go as fast as they can.
//! 9. [`live`] listens to what the server tells its pages.
//! 10. [`verdict`] holds the ledgers and what was heard against what the server has.
//! 11. [`measure`] puts these together, and [`bench`], [`crash`] and [`fanout`] are what is measured with them.
//! 12. [`report`] says it: text, JSON, and one page with plots; [`cli`] is the program's commands.
//!
//! The same seed gives the same fleet and the same currents, so that a measurement can be repeated. Nothing here knows
//! dayi's inside: it sees the server's ports alone.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking"))]

pub mod bench;
pub mod cli;
pub mod crash;
mod dialect;
pub mod fanout;
pub mod fleet;
pub mod flood;
pub mod live;
pub mod load;
pub mod measure;
pub mod mqtt;
pub mod replay;
pub mod report;
mod seed;
pub mod signal;
pub mod simulator;
pub mod target;
pub mod verdict;
